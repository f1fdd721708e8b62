import { expect, it } from 'vitest';
import type { Namespace, ServiceAccount } from '../../api/types/core-v1.ts';
import { planAccount } from './plan.ts';

const kind = { apiVersion: 'v1', kind: 'Namespace', spec: {} };
const namespace: Namespace = { ...kind, metadata: { name: 'web' } };
const leaving: Namespace = {
  ...kind,
  metadata: { name: 'web', deletionTimestamp: '2026-01-01T00:00:00Z' },
};
const account: ServiceAccount = {
  ...{ apiVersion: 'v1', kind: 'ServiceAccount' },
  metadata: { namespace: 'web', name: 'default' },
};

it('makes the default account of a namespace that has none', () => {
  expect(planAccount({ namespace, account: undefined })).toEqual({
    metadata: { namespace: 'web', name: 'default' },
  });
});

it.each([
  ['that has one', { namespace, account }],
  ['that is being deleted', { namespace: leaving, account: undefined }],
  ['that is gone', { namespace: undefined, account: undefined }],
])('makes none in a namespace %s', (_, known) => {
  expect(planAccount(known)).toBeUndefined();
});
