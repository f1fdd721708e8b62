import { describe, expect, it } from 'vitest';
import {
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  findVolume,
  PROVISIONED_BY,
  SELECTED_NODE,
} from '../../api/scheduling/volumes.ts';
import type {
  ObjectReference,
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  PersistentVolumeSpec,
} from '../../api/types/core-v1.ts';
import type { StorageClass } from '../../api/types/storage-v1.ts';
import { type ClaimPlan, type ClaimState, planClaim } from './plan-claim.ts';
import { planVolume, unboundReference } from './plan-volume.ts';

type Annotations = Readonly<Record<string, string>>;

const claim = (
  spec: PersistentVolumeClaimSpec = {},
  annotations: Annotations = {},
): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { namespace: 'd', name: 'data', uid: 'u', annotations },
  spec: {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '5Gi' } },
    storageClassName: 'slow',
    ...spec,
  },
  status: { phase: 'Pending' },
});

const volume = (
  name: string,
  spec: PersistentVolumeSpec = {},
  annotations: Annotations = {},
): PersistentVolume => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name, annotations, labels: { name } },
  spec: {
    accessModes: ['ReadWriteOnce', 'ReadOnlyMany'],
    capacity: { storage: '10Gi' },
    storageClassName: 'slow',
    ...spec,
  },
  status: { phase: 'Available' },
});

const reference = (uid?: string, name = 'data'): ObjectReference => ({
  namespace: 'd',
  name,
  ...(uid === undefined ? {} : { uid }),
});

const slow = (more: Partial<StorageClass> = {}): StorageClass => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'slow' },
  provisioner: 'p',
  ...more,
});

const state = (more: Partial<ClaimState>): ClaimState => ({
  claim: claim(),
  volume: undefined,
  candidates: () => [],
  storageClass: slow(),
  defaultClass: undefined,
  waitingPod: undefined,
  ...more,
});

/** "bind pv1", "Pending FailedBinding", … */
function shown(plan: ClaimPlan): string {
  switch (plan.do) {
    case 'bind':
      return `bind ${plan.volume.metadata.name}`;
    case 'assign-class':
      return `class ${plan.name}`;
    case 'provision':
      return `provision by ${plan.provisioner}: ${plan.event.reason}`;
    case 'mark':
      return [plan.phase, plan.event?.reason].filter(Boolean).join(' ');
  }
}

describe('the volume for a claim is', () => {
  it.each<[string, PersistentVolume[], string | undefined]>([
    [
      'the smallest that is large enough',
      [
        volume('b', { capacity: { storage: '20Gi' } }),
        volume('a'),
        volume('c', { capacity: { storage: '1Gi' } }),
      ],
      'a',
    ],
    ['the first of equals', [volume('b'), volume('a')], 'a'],
    ['of its class', [volume('a', { storageClassName: 'fast' })], undefined],
    ['with its access modes', [volume('a', { accessModes: ['ReadOnlyMany'] })], undefined],
    ['of its mode', [volume('a', { volumeMode: 'Block' })], undefined],
    ['not another claim’s', [volume('a', { claimRef: reference('x', 'other') })], undefined],
    ['not a namesake’s', [volume('a', { claimRef: reference('x') })], undefined],
    ['the one that names it', [volume('a'), volume('z', { claimRef: reference() })], 'z'],
    ['not one that is not ready', [{ ...volume('a'), status: { phase: 'Pending' } }], undefined],
  ])('%s', (_, volumes, wanted) => {
    const found = findVolume(
      claim(),
      volumes.toSorted((a) => (a.spec.claimRef ? -1 : 1)),
    );
    expect(found?.metadata.name).toBe(wanted);
  });

  it('chosen by labels, where the claim selects', () => {
    const selector = { matchLabels: { name: 'b' } };
    expect(findVolume(claim({ selector }), [volume('a'), volume('b')])?.metadata.name).toBe('b');
  });
});

describe('a claim without a volume', () => {
  const waits = slow({ volumeBindingMode: 'WaitForFirstConsumer' });
  it.each<[string, Partial<ClaimState>, string]>([
    ['is bound', { candidates: () => [volume('a')] }, 'bind a'],
    ['is provisioned', {}, 'provision by p: ExternalProvisioning'],
    ['waits for a class', { storageClass: undefined }, 'Pending ProvisioningFailed'],
    [
      'waits for a volume',
      { storageClass: slow({ provisioner: 'kubernetes.io/no-provisioner' }) },
      'Pending',
    ],
    ['has no class', { claim: claim({ storageClassName: '' }) }, 'Pending FailedBinding'],
    [
      'waits for a pod',
      { storageClass: waits, candidates: () => [volume('a')] },
      'Pending WaitForFirstConsumer',
    ],
    [
      'waits for a node',
      { storageClass: waits, waitingPod: 'web-0' },
      'Pending WaitForPodScheduled',
    ],
    [
      'has its node',
      { storageClass: waits, claim: claim({}, { [SELECTED_NODE]: 'n' }) },
      'provision by p: ExternalProvisioning',
    ],
    [
      'was given one by the scheduler',
      { storageClass: waits, candidates: () => [volume('a', { claimRef: reference('u') })] },
      'bind a',
    ],
  ])('%s', (_, more, wanted) => {
    expect(shown(planClaim(state(more)))).toBe(wanted);
  });

  it('and without a class gets the default', () => {
    const { storageClassName: _none, ...spec } = claim().spec;
    const unnamed = { ...claim(), spec };
    expect(shown(planClaim(state({ claim: unnamed, defaultClass: slow() })))).toBe('class slow');
    expect(shown(planClaim(state({ claim: unnamed })))).toBe('Pending FailedBinding');
  });
});

describe('a claim that names a volume', () => {
  const named = claim({ volumeName: 'a' });
  it.each<[string, PersistentVolume | undefined, string]>([
    ['that is not there', undefined, 'Pending'],
    ['that is free', volume('a'), 'bind a'],
    ['that is too small', volume('a', { capacity: { storage: '1Gi' } }), 'Pending VolumeMismatch'],
    ['that is reserved for it', volume('a', { claimRef: reference() }), 'bind a'],
    ['of another claim', volume('a', { claimRef: reference('x') }), 'Pending FailedBinding'],
  ])('%s', (_, of, wanted) => {
    expect(shown(planClaim(state({ claim: named, volume: of })))).toBe(wanted);
  });
});

describe('a bound claim', () => {
  const bound = claim({ volumeName: 'a' }, { [BIND_COMPLETED]: 'yes' });
  it.each<[string, PersistentVolumeClaim, PersistentVolume | undefined, string]>([
    ['stays so', bound, volume('a', { claimRef: reference('u') }), 'bind a'],
    ['is lost with its volume', bound, undefined, 'Lost ClaimLost'],
    ['is lost without a name', claim({}, { [BIND_COMPLETED]: 'yes' }), undefined, 'Lost ClaimLost'],
    ['is lost to another', bound, volume('a', { claimRef: reference('x') }), 'Lost ClaimMisbound'],
  ])('%s', (_, ...[of, its, wanted]) => {
    expect(shown(planClaim(state({ claim: of, volume: its })))).toBe(wanted);
  });
});

describe('a volume', () => {
  const mine = { claimRef: reference('u') };
  const made = { [PROVISIONED_BY]: 'p' };
  const deleted = { persistentVolumeReclaimPolicy: 'Delete' };
  const boundTo = (volumeName: string): PersistentVolumeClaim => claim({ volumeName });
  it.each<[string, PersistentVolume, PersistentVolumeClaim | undefined, object]>([
    ['of nobody', volume('a'), undefined, { phase: 'Available' }],
    ['reserved', volume('a', { claimRef: reference() }), undefined, { phase: 'Available' }],
    ['of its claim', volume('a', mine), boundTo('a'), { phase: 'Bound' }],
    ['whose claim has not seen it', volume('a', mine), claim(), { lookAtClaim: true }],
    ['whose claim is gone', volume('a', mine), undefined, { phase: 'Released' }],
    [
      'whose claim is a namesake',
      volume('a', { claimRef: reference('x') }),
      claim(),
      { phase: 'Released' },
    ],
    [
      'to be deleted by its maker',
      volume('a', { ...mine, ...deleted }, made),
      undefined,
      { phase: 'Released' },
    ],
    [
      'to be deleted by nobody',
      volume('a', { ...mine, ...deleted }),
      undefined,
      { phase: 'Failed', event: { reason: 'VolumeFailedDelete' } },
    ],
    [
      'of a driver, to be deleted',
      volume('a', { ...mine, ...deleted, csi: { driver: 'p', volumeHandle: 'h' } }),
      undefined,
      { phase: 'Released' },
    ],
    [
      'that a driver took over, to be deleted',
      volume('a', { ...mine, ...deleted }, { 'pv.kubernetes.io/migrated-to': 'p' }),
      undefined,
      { phase: 'Released' },
    ],
    [
      'whose maker was a part of Kubernetes, to be deleted',
      volume('a', { ...mine, ...deleted }, { [PROVISIONED_BY]: 'kubernetes.io/gone' }),
      undefined,
      { phase: 'Failed', message: 'no volume plugin matched name: kubernetes.io/gone' },
    ],
    [
      'to be recycled',
      volume('a', { ...mine, persistentVolumeReclaimPolicy: 'Recycle' }),
      undefined,
      { phase: 'Failed', event: { reason: 'VolumeFailedRecycle' } },
    ],
    [
      'whose claim went elsewhere',
      volume('a', mine),
      boundTo('b'),
      { phase: 'Available', unbind: true },
    ],
    [
      'made for a claim that went elsewhere',
      volume('a', { ...mine, ...deleted }, made),
      boundTo('b'),
      { phase: 'Released' },
    ],
    [
      'of another mode',
      volume('a', { ...mine, volumeMode: 'Block' }),
      claim(),
      { event: { reason: 'VolumeMismatch' } },
    ],
  ])('%s', (_, ...[of, its, wanted]) => {
    expect(planVolume(of, its)).toMatchObject(wanted);
  });

  it('that is given back keeps what a user wrote', () => {
    const ours = volume('a', mine, { [BOUND_BY_CONTROLLER]: 'yes' });
    expect(unboundReference(ours).spec.claimRef).toBeUndefined();
    expect(unboundReference(volume('a', mine)).spec.claimRef).toEqual(reference());
  });
});
