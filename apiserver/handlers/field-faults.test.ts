/** What is said of fields that are given twice or unknown: all of them, in Kubernetes' order. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestApi } from '../../test/support/api-core.ts';
import { configMap } from '../registry/kinds/configmap.ts';
import { namespace } from '../registry/kinds/namespace.ts';

const maps = '/api/v1/namespaces/d/configmaps';
const STRICT = 'strict decoding error: ';

let api: TestApi;
beforeAll(async () => {
  api = new TestApi([namespace, configMap] as never);
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'd' } } });
  await api.call('POST', maps, { body: { metadata: { name: 'x' } } });
});
afterAll(() => api.stop());

/** What a strict write is refused with, after "strict decoding error: ". */
async function refusal(method: string, of: { type: string; text: string }): Promise<string> {
  const url = `${method === 'PATCH' ? `${maps}/x` : maps}?fieldValidation=Strict`;
  const { body } = await api.call(method, url, { type: of.type, body: Buffer.from(of.text) });
  const { message = '' } = body as { message?: string };
  return message.slice(message.indexOf(STRICT) + STRICT.length);
}

it('names each key of YAML that is given twice, then what is unknown, sorted', async () => {
  const text = [
    'apiVersion: v1',
    'kind: ConfigMap',
    'zoo: 1',
    'data: {a: "1", a: "2"}',
    'metadata:',
    '  name: y',
    '  name: z',
    'bar: {twice: 1, twice: 2}',
  ].join('\n');
  expect(await refusal('POST', { type: 'application/yaml', text })).toBe(
    'yaml: unmarshal errors:\n' +
      '  line 4: key "a" already set in map\n' +
      '  line 7: key "name" already set in map\n' +
      '  line 8: key "twice" already set in map, unknown field "bar", unknown field "zoo"',
  );
});

it('names what a merge patch gives twice before what it does not know', async () => {
  const text = '{"foo": 1, "foo": 2, "data": {"a": "1", "a": "2"}}';
  expect(await refusal('PATCH', { type: 'application/merge-patch+json', text })).toBe(
    'duplicate field "foo", duplicate field "data.a", unknown field "foo"',
  );
});

it('names what is wrong with the operations of a JSON patch in their order', async () => {
  const text =
    '[{"op": "add", "path": "/bar", "value": 1, "foo": 1},' +
    ' {"op": "add", "path": "/zoo", "path": "/data", "value": {"a": "b"}}]';
  expect(await refusal('PATCH', { type: 'application/json-patch+json', text })).toBe(
    'json patch unknown field "[0].foo", json patch duplicate field "[1].path", ' +
      'unknown field "bar"',
  );
});

it('exports nothing', async () => {
  for (const asked of ['true', '1', '', 'yes']) {
    const { code, body } = await api.call('GET', `${maps}/x?export=${asked}`);
    const message = 'the export parameter, deprecated since v1.14, is no longer supported';
    expect([code, body]).toMatchObject([400, { message }]);
  }
  for (const asked of ['false', '0', 'False'])
    expect((await api.call('GET', `${maps}/x?export=${asked}`)).code).toBe(200);
});

it.each(['g=meta.k8s.io;v=v1', 'v=v1', 'g=meta.k8s.io'])(
  'makes no form of %s alone',
  async (of) => {
    const { code } = await api.call('GET', `${maps}/x`, { accept: `application/json;${of}` });
    expect(code).toBe(406);
  },
);
