import { expect, it } from 'vitest';
import type { KubernetesObject } from '../../api/meta.ts';
import { planProtection, withFinalizers } from './protect.ts';

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
