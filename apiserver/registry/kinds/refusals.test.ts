/** Manifests that are wrong, and what a client is told: the message of kube-apiserver 1.34. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestApi } from '../../../test/support/api-core.ts';
import { collectionOf, refusals } from '../../../test/support/manifests.ts';
import { apiVersionOf } from '../../../api/resource.ts';
import { kinds } from './index.ts';

let api: TestApi;

beforeAll(async () => {
  api = new TestApi(kinds);
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'default' } } });
});

afterAll(() => api.stop());

describe('a wrong manifest is refused in the words of Kubernetes', () => {
  test.each(refusals.map((each) => [each.title, each] as const))('%s', async (_title, refusal) => {
    const { manifest, message } = refusal;
    const { code, body } = await api.call('POST', `${collectionOf(kinds, manifest)}?dryRun=All`, {
      body: manifest,
      groups: ['system:masters'],
    });
    expect(body.message).toBe(message);
    expect(code).toBe(422);
  });
});

const stored = kinds.filter(
  ({ verbs }) => verbs === undefined || (verbs.includes('create') && verbs.includes('get')),
);

test.each(stored.map(({ type }) => [apiVersionOf(type), type.kind]))(
  'two manifests or more of %s %s are here',
  (apiVersion, kind) => {
    const own = refusals.filter(
      ({ manifest }) => manifest.apiVersion === apiVersion && manifest.kind === kind,
    );
    expect(own.length).toBeGreaterThanOrEqual(2);
  },
);
