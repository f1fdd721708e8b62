import { expect, it } from 'vitest';
import type { KubernetesObject } from '../../../api/meta.ts';
import { statusSubresource } from './status-subresource.ts';

const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' };
const stored = {
  metadata: { name: 'x', labels: { a: '1' }, annotations: { a: '1' } },
  spec: 'stored',
  status: 'stored',
};
const sent = {
  metadata: {
    name: 'x',
    labels: { a: '2' },
    annotations: { a: '2' },
    deletionTimestamp: '2020-01-01T00:00:00Z',
    ownerReferences: [owner],
  },
  spec: 'sent',
  status: 'sent',
};

it.each([
  [undefined, sent.metadata],
  ['labels', { ...sent.metadata, labels: stored.metadata.labels }],
  ['life', { ...sent.metadata, deletionTimestamp: undefined, ownerReferences: undefined }],
  ['metadata', stored.metadata],
] as const)('writes status and metadata, but %s', (keeps, metadata) => {
  const status = statusSubresource(keeps === undefined ? {} : { keeps });
  const [object, parent] = [sent, stored] as unknown as KubernetesObject[];
  expect(status.write(object!, parent!, {} as never)).toEqual({
    metadata,
    spec: 'stored',
    status: 'sent',
  });
});
