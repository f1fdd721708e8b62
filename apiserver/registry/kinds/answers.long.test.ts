/**
 * Every valid manifest, sent to a kube-apiserver that runs beside: what it answers, ours answers
 * field for field. Needs etcd and kube-apiserver on the PATH.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasKubeApiserver, START_MS } from '../../../test/support/kube-apiserver.ts';
import { type Both, startBoth } from '../../../test/support/answers-beside.ts';
import { collectionOf, type Manifest, manifests } from '../../../test/support/manifests.ts';
import { kinds } from './index.ts';

type Json = Record<string, unknown>;

/** Who asks is not the same for both. */
function withoutAsker(object: Json): Json {
  const { username: _u, groups: _g, extra: _e, ...spec } = object['spec'] as Json;
  return { ...object, spec };
}

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** uids, versions and the times that a server sets differ each time. */
function comparable(answer: unknown, manifest: Manifest): unknown {
  const object = answer as { metadata: { uid: string; managedFields?: Json[] } & Json } & Json;
  const sent = JSON.stringify(manifest);
  const text = JSON.stringify(object).replaceAll(object.metadata.uid, 'UID');
  const copy = JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'string' && time.test(value) && !sent.includes(value) ? 'NOW' : value,
  ) as typeof object;
  delete copy.metadata['resourceVersion'];
  for (const entry of copy.metadata.managedFields ?? []) delete entry['manager'];
  return manifest.kind === 'CertificateSigningRequest' ? withoutAsker(copy) : copy;
}

describe.skipIf(!hasKubeApiserver())('answers beside kube-apiserver', () => {
  let both: Both;

  beforeAll(async () => {
    both = await startBoth();
  }, START_MS * 2);
  afterAll(() => both.stop());

  test.each(manifests.map((each) => [each.kind, each.metadata.name, each] as const))(
    'a whole %s %s is answered alike',
    async (_kind, _name, manifest) => {
      const path = `${collectionOf(kinds, manifest)}?dryRun=All`;
      const theirs = await both.beside.call('POST', path, { body: manifest });
      const ours = await both.api.call('POST', path, { body: manifest });
      expect(theirs.code, String(theirs.body['message'])).toBe(201);
      expect(comparable(ours.body, manifest)).toEqual(comparable(theirs.body, manifest));
    },
  );

  const lists = new Set(manifests.map((manifest) => collectionOf(kinds, manifest)));

  test.each([...lists])('the columns of %s are described alike', async (path) => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const wanted = `${path}?limit=1`;
    const { text } = await both.beside.exchange('GET', wanted, { headers: { accept } });
    const theirs = JSON.parse(text) as { columnDefinitions?: unknown };
    const { body } = await both.api.call('GET', wanted, { accept });
    const ours = body as { columnDefinitions?: unknown };
    expect(ours.columnDefinitions).toEqual(theirs.columnDefinitions);
  });
});
