import { describe, expect, it } from 'vitest';
import { SELECTED_NODE, STORAGE_PROVISIONER } from '../../api/scheduling/volumes.ts';
import type { Node, PersistentVolumeClaim } from '../../api/types/core-v1.ts';
import type { StorageClass } from '../../api/types/storage-v1.ts';
import { PROVISIONER, volumeFor, wantedGrowth, wantsVolume } from './plan.ts';

const storageClass = (more: Partial<StorageClass> = {}): StorageClass => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'standard' },
  provisioner: PROVISIONER,
  reclaimPolicy: 'Delete',
  ...more,
});

const claim = (annotations: Record<string, string> = {}): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { namespace: 'd', name: 'data', uid: 'u', resourceVersion: '7', annotations },
  spec: {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '5Gi' } },
    storageClassName: 'standard',
    volumeMode: 'Filesystem',
  },
});
const asked = { [STORAGE_PROVISIONER]: PROVISIONER };

describe('a claim wants a volume', () => {
  const waits = storageClass({ volumeBindingMode: 'WaitForFirstConsumer' });
  it.each<[string, PersistentVolumeClaim, StorageClass, boolean]>([
    ['once the binder asks', claim(asked), storageClass(), true],
    ['not before', claim(), storageClass(), false],
    ['not from us', claim({ [STORAGE_PROVISIONER]: 'other' }), storageClass(), false],
    ['not before it has a node', claim(asked), waits, false],
    ['once it has a node', claim({ ...asked, [SELECTED_NODE]: 'n' }), waits, true],
    ['never twice', { ...claim(asked), spec: { volumeName: 'x' } }, storageClass(), false],
  ])('%s', (_, ...[of, by, wanted]) => {
    expect(wantsVolume(of, by)).toBe(wanted);
  });
});

describe('the volume', () => {
  it('is named after the claim and reserved for it', () => {
    const { metadata, spec } = volumeFor(
      claim(),
      storageClass({ mountOptions: ['ro'] }),
      undefined,
    );
    expect(metadata.name).toBe('pvc-u');
    expect(spec).toEqual({
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '5Gi' },
      claimRef: {
        ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', resourceVersion: '7' },
        ...{ namespace: 'd', name: 'data', uid: 'u' },
      },
      csi: { driver: PROVISIONER, volumeHandle: 'pvc-u' },
      mountOptions: ['ro'],
      persistentVolumeReclaimPolicy: 'Delete',
      storageClassName: 'standard',
      volumeMode: 'Filesystem',
    });
  });

  const zones = storageClass({
    allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: ['a', 'b'] }] }],
  });
  const node: Node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n', labels: { zone: 'b' } },
    spec: {},
  };
  it.each([
    ['where its node is', node, ['b']],
    ['in any allowed place', undefined, ['a', 'b']],
  ])('is %s', (_, of, values) => {
    expect(volumeFor(claim(), zones, of).spec.nodeAffinity?.required?.nodeSelectorTerms).toEqual([
      { matchExpressions: [{ key: 'zone', operator: 'In', values }] },
    ]);
  });
});

it.each([
  ['5Gi', '5Gi', undefined],
  ['5Gi', '5120Mi', undefined],
  ['5Gi', '6Gi', '6Gi'],
])('a claim that has %s and asks for %s grows to %s', (storage, wanted, growth) => {
  const bound = {
    ...claim(),
    spec: { resources: { requests: { storage: wanted } } },
    status: { phase: 'Bound', capacity: { storage } },
  };
  expect(wantedGrowth(bound)).toBe(growth);
});
