import { expect, it } from 'vitest';
import { keptOf } from './kept-objects.ts';

const metadata = {
  ...{ namespace: 'kube-system', name: 'x', uid: 'u', labels: { a: 'b' }, finalizers: ['f'] },
  ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'pu' }],
};
const large = { annotations: { text: 'x' }, managedFields: [{ manager: 'm' }] };
const object = (kind: string, more: object, apiVersion = 'v1') => ({
  ...{ apiVersion, kind, data: { a: 'b' } },
  ...more,
  metadata: { ...metadata, ...large, ...('metadata' in more ? (more.metadata as object) : {}) },
});

it('keeps of most ConfigMaps and Secrets what the garbage collector and quotas ask for', () => {
  expect(keptOf(object('ConfigMap', {}))).toEqual({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
  });
  expect(keptOf(object('Secret', { type: 'Opaque' }))).toEqual({
    ...{ apiVersion: 'v1', kind: 'Secret', metadata },
  });
});

it.each([
  object('ConfigMap', { metadata: { name: 'kube-root-ca.crt' } }),
  object('ConfigMap', { metadata: { name: 'cluster-info' } }),
  object('ConfigMap', { metadata: { name: 'wherry-controllers' } }),
  object('Secret', { type: 'bootstrap.kubernetes.io/token' }),
  object('Secret', { type: 'kubernetes.io/service-account-token' }),
  object('Pod', {}),
  object('ConfigMap', {}, 'example.com/v1'),
])('keeps whole what some controller reads: $kind $metadata.name', (whole) => {
  expect(keptOf(whole)).toBe(whole);
});
