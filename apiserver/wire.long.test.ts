/**
 * Requests that go wrong, or ask for an unusual form: what is said of them is what kube-apiserver
 * 1.34.1 says, as recorded; where etcd and kube-apiserver are on the PATH, they are asked too.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Chunk, JsonValue } from '../platform/net/http.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import { eventually } from '../test/e2e/harness.ts';
import { hasKubeApiserver, KubeApiserver, START_MS } from '../test/support/kube-apiserver.ts';
import { type RawApi, startRawApi } from '../test/support/raw-api.ts';
import { numberedCases, wireAnswers, wireTold } from '../test/support/wire/answers.ts';
import { type WireCase, wireObjects } from '../test/support/wire/requests.ts';

const answers = wireAnswers();

test('each case has an answer', () => {
  expect(answers).toHaveLength(numberedCases.length);
});

describe('on the wire', () => {
  const parts = new Lifecycle();
  let api: RawApi;

  beforeAll(async () => {
    api = await startRawApi(parts);
    await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'default' } } });
    for (const { path, object } of wireObjects) {
      const { code, body } = await api.call('POST', path, { body: object });
      expect(code, body.message).toBe(201);
    }
  });
  afterAll(() => parts.stop());

  async function told({ method, path: url, headers, body }: WireCase) {
    const [path = '', search = ''] = url.split('?');
    const end = new AbortController();
    const sent = body ? { body: Buffer.from(body) } : {};
    const query = new URLSearchParams(search);
    const about = { method, path, query, headers, peer: { address: '' } };
    const answer = await api.handler({ ...about, ...sent, signal: end.signal });
    end.abort();
    const isText = answer.status >= 400 && method !== 'HEAD';
    const text = isText ? textOf(answer.body as Chunk) : '';
    return wireTold({ code: answer.status, text });
  }

  const textOf = (body: Chunk): string =>
    Buffer.from(body instanceof JsonValue ? body.bytes() : body).toString();

  test.each(numberedCases)('%s', async (_title, one, i) => {
    expect(await told(one)).toEqual(answers[i]);
  });
});

describe.skipIf(!hasKubeApiserver())('kube-apiserver on the wire', () => {
  let kubernetes: KubeApiserver | undefined;

  beforeAll(async () => {
    kubernetes = await KubeApiserver.start();
    for (const { path, object } of wireObjects) {
      // A definition is not served at once.
      const created = async () =>
        (await kubernetes!.call('POST', path, { body: object })).code === 201;
      await eventually(`${path} to take an object`, created, START_MS);
    }
  }, START_MS * 2);
  afterAll(() => kubernetes?.stop());

  test.each(numberedCases)('%s', async (_title, { method, path, headers, body }, i) => {
    const { code, text } = await kubernetes!.exchange(method, path, { headers, body });
    expect(wireTold({ code, text })).toEqual(answers[i]);
  });
});
