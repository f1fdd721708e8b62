import { describe, expect, it } from 'vitest';
import type { ConfigMap, Namespace } from '../../api/types/core-v1.ts';
import { planCa } from './plan.ts';

const kind = { apiVersion: 'v1', kind: 'Namespace', spec: {} };
const namespace: Namespace = { ...kind, metadata: { name: 'web' } };
const leaving: Namespace = {
  ...kind,
  metadata: { name: 'web', deletionTimestamp: '2026-01-01T00:00:00Z' },
};
const description: unknown = expect.stringMatching(/^Contains a CA bundle that can be used to/);
const map = (ca: string, annotations: Record<string, string> = {}): ConfigMap => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap' },
  metadata: { namespace: 'web', name: 'kube-root-ca.crt', resourceVersion: '7', annotations },
  data: { 'ca.crt': ca },
});
const described = { 'kubernetes.io/description': 'as somebody wrote it' };

describe('the CA of a namespace', () => {
  it('is published with a description', () => {
    expect(planCa({ namespace, map: undefined }, 'PEM')).toEqual({
      create: {
        metadata: {
          ...{ namespace: 'web', name: 'kube-root-ca.crt' },
          annotations: { 'kubernetes.io/description': description },
        },
        data: { 'ca.crt': 'PEM' },
      },
    });
  });

  it.each([
    ['is another', map('OLD', described)],
    ['has lost its description', map('PEM', { own: 'kept' })],
    ['holds more', { ...map('PEM', described), data: { 'ca.crt': 'PEM', more: 'x' } }],
  ])('is put right, of that version, if it %s', (_, found) => {
    const { annotations } = found.metadata;
    expect(planCa({ namespace, map: found }, 'PEM')).toEqual({
      update: {
        ...{ apiVersion: 'v1', kind: 'ConfigMap' },
        metadata: {
          ...found.metadata,
          annotations: { ...annotations, 'kubernetes.io/description': description },
        },
        data: { 'ca.crt': 'PEM' },
      },
    });
  });

  it.each([
    ['it is there, whatever describes it', { namespace, map: map('PEM', described) }, 'PEM'],
    ['there is none to publish', { namespace, map: undefined }, ''],
    ['the namespace is being deleted', { namespace: leaving, map: undefined }, 'PEM'],
    ['the namespace is gone', { namespace: undefined, map: undefined }, 'PEM'],
  ])('is left alone if %s', (_, known, ca) => {
    expect(planCa(known, ca)).toBeUndefined();
  });
});
