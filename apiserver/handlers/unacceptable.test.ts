/** A write whose answer could not be told is refused before it is carried out. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestApi } from '../../test/support/api-core.ts';
import { kinds } from '../registry/kinds/index.ts';

const accept = 'application/json;as=Table;g=meta.k8s.io;v=v9';
const maps = '/api/v1/namespaces/default/configmaps';
const sets = '/apis/apps/v1/namespaces/default/replicasets';
const metadata = { name: 'kept', labels: { a: 'b' } };

let api: TestApi;
const read = async (url: string): Promise<object> => (await api.call('GET', url)).body;

beforeAll(async () => {
  api = new TestApi(kinds);
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'default' } } });
  await api.call('POST', maps, { body: { metadata } });
  const template = {
    metadata: { labels: { a: 'b' } },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  };
  const spec = { replicas: 1, selector: { matchLabels: { a: 'b' } }, template };
  await api.call('POST', sets, { body: { metadata, spec } });
});
afterAll(() => api.stop());

const merge = 'application/merge-patch+json';
const apply = 'application/apply-patch+yaml';
const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kept' }, data: { x: 'y' } };
const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'kept' } };

it.each<[string, string, { type?: string; body?: object }]>([
  ['POST', maps, { body: { metadata: { name: 'new' } } }],
  ['PUT', `${maps}/kept`, { body: map }],
  ['PATCH', `${maps}/kept`, { type: merge, body: { data: { x: 'z' } } }],
  ['PATCH', `${maps}/kept?fieldManager=me`, { type: apply, body: map }],
  ['PUT', `${sets}/kept/scale`, { body: { ...scale, spec: { replicas: 5 } } }],
  ['PATCH', `${sets}/kept/scale`, { type: merge, body: { spec: { replicas: 5 } } }],
  ['DELETE', `${maps}/kept`, {}],
  ['DELETE', maps, {}],
])('%s %s', async (method, url, asked) => {
  const before = [await read(maps), await read(`${sets}/kept`)];
  const { code, body } = await api.call(method, url, { ...asked, accept });
  expect([code, (body as object as { reason: string }).reason]).toEqual([406, 'NotAcceptable']);
  expect([await read(maps), await read(`${sets}/kept`)]).toEqual(before);
});

const FORMS = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
it.each([
  ['text/html', `406: Not Acceptable\n\nAvailable representations: text/plain, ${FORMS}`],
  // Failures have no form in it.
  ['text/plain', `only the following media types are accepted: ${FORMS}`],
  ['text/plain, */*', 'pods "x" not found'],
  ['application/yaml', 'pods "x" not found'],
])('logs as %s', async (asked, message) => {
  const { body } = await api.call('GET', `/api/v1/namespaces/default/pods/x/log`, {
    accept: asked,
  });
  expect(body.message).toBe(message);
});
