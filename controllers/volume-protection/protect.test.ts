import { expect, it } from 'vitest';
import type { KubernetesObject } from '../../api/meta.ts';
import type { PersistentVolumeClaim, Pod } from '../../api/types/core-v1.ts';
import { planProtection, uses, withFinalizers } from './protect.ts';

const F = 'kubernetes.io/pvc-protection';

const object = (deleting: boolean, ...finalizers: string[]): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'c', finalizers, ...(deleting ? { deletionTimestamp: 'now' } : {}) },
});

it.each<[string, KubernetesObject, boolean, string]>([
  ['new', object(false), false, 'add'],
  ['protected', object(false, F), true, 'leave'],
  ['deleted and used', object(true, F), true, 'leave'],
  ['deleted and unused', object(true, F), false, 'remove'],
  ['deleted, never protected', object(true, 'other'), false, 'leave'],
])('an object that is %s', (_, ...[of, inUse, wanted]) => {
  expect(planProtection(of, F, inUse)).toBe(wanted);
});

it('keeps the finalizers of others', () => {
  expect(withFinalizers(object(false, 'a'), F, 'add').metadata.finalizers).toEqual(['a', F]);
  expect(withFinalizers(object(true, 'a', F), F, 'remove').metadata.finalizers).toEqual(['a']);
});

const mounted = { name: 'data', persistentVolumeClaim: { claimName: 'p-data' } };
const ephemeral = { name: 'data', ephemeral: {} };
const pod = (volume: object, { onNode = true, isShutDown = false } = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    ...{ name: 'p', uid: 'u1' },
    ...(isShutDown ? { deletionTimestamp: 'now', deletionGracePeriodSeconds: 0 } : {}),
  },
  spec: { containers: [], volumes: [volume as never], ...(onNode ? { nodeName: 'n' } : {}) },
});

it.each<[string, Pod, string, boolean]>([
  ['mounts it', pod(mounted), 'u2', true],
  ['mounts it, shut down', pod(mounted, { isShutDown: true }), 'u2', true],
  ['has no node', pod(mounted, { onNode: false }), 'u2', false],
  ['has it for an ephemeral volume', pod(ephemeral), 'u1', true],
  ['had it for an ephemeral volume', pod(ephemeral, { isShutDown: true }), 'u1', false],
  ['has a namesake', pod(ephemeral), 'u2', false],
])('a pod that %s', (_, ...[of, owner, wanted]) => {
  const claim: PersistentVolumeClaim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: 'p-data',
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: owner, controller: true }],
    },
    spec: {},
  };
  expect(uses(of, claim)).toBe(wanted);
});
