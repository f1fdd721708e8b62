/**
 * The cases of `apply-cases.test.ts` played on a kube-apiserver too: each answer, and who owns
 * what after it, is the same. Needs etcd and kube-apiserver on the PATH.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestApi } from '../../test/support/api-core.ts';
import { applyCases, comparablePlayed, playCase } from '../../test/support/apply-cases.ts';
import { hasKubeApiserver, KubeApiserver, START_MS } from '../../test/support/kube-apiserver.ts';
import { kinds } from '../registry/kinds/index.ts';

type Json = Record<string, unknown>;

describe.skipIf(!hasKubeApiserver())('server-side apply beside kube-apiserver', () => {
  let beside: KubeApiserver;
  let api: TestApi;

  beforeAll(async () => {
    beside = await KubeApiserver.start();
    api = new TestApi(kinds);
    await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'default' } } });
  }, START_MS * 2);
  afterAll(async () => {
    await beside.stop();
    await api.stop();
  });

  test.each(applyCases.map((each) => [each.name, each] as const))('%s', async (_name, one) => {
    const theirs = await playCase(one, (method, path, call) => beside.call(method, path, call));
    const ours = await playCase(one, async (method, path, call) => {
      const { code, body } = await api.call(method, path, call);
      return { code, body: body as unknown as Json };
    });
    expect(ours.map(comparablePlayed)).toEqual(theirs.map(comparablePlayed));
  });
});
