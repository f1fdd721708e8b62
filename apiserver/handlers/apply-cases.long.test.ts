/**
 * The cases of `apply-cases.test.ts` played on a kube-apiserver too: each answer, and who owns
 * what after it, is the same. Needs etcd and kube-apiserver on the PATH.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestApi } from '../../test/support/api-core.ts';
import { applyCases, playCase, type Played } from '../../test/support/apply-cases.ts';
import { hasKubeApiserver, KubeApiserver, START_MS } from '../../test/support/kube-apiserver.ts';
import { kinds } from '../registry/kinds/index.ts';

type Json = Record<string, unknown>;

/** What a server makes up: in messages too. */
const made: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'NOW'],
  [/"resourceVersion":"\d+"/g, '"resourceVersion":"N"'],
  [/"clusterIPs?":(?:"[\d.]+"|\["[\d.]+"\])/g, '"clusterIP":"IP"'],
];

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** Entries of one second have no order that counts, nor have conflicts with several managers. */
function comparable({ code, body }: Played): unknown {
  let text = JSON.stringify(body);
  for (const [pattern, name] of made) text = text.replace(pattern, name);
  const even = JSON.parse(text, (key, value: unknown) =>
    key === 'managedFields' || key === 'causes' ? (value as Json[]).sort(byKeys) : value,
  ) as unknown;
  return { code, body: even };
}

const byKeys = (a: Json, b: Json): number =>
  byText(
    [a['manager'], a['operation'], a['subresource'], a['field']],
    [b['manager'], b['operation'], b['subresource'], b['field']],
  );

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
    expect(ours.map(comparable)).toEqual(theirs.map(comparable));
  });
});
