/** Definitions from before apiextensions.k8s.io/v1, which kept what their schemas do not know. */
import { expect, it } from 'vitest';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { startRawApi } from '../../test/support/raw-api.ts';

const NAME = 'widgets.old.example.com';

it('nothing is pruned, and no fields are published, where a definition keeps the unknown', async () => {
  const parts = new Lifecycle();
  const kv = new MemoryKv();
  const size = { type: 'object', properties: { cm: { type: 'integer' } } };
  const items = { type: 'array', items: size };
  const definition = {
    ...{ apiVersion: 'apiextensions.k8s.io/v1beta1', kind: 'CustomResourceDefinition' },
    metadata: { name: NAME, uid: 'u', generation: 1 },
    spec: {
      ...{ group: 'old.example.com', version: 'v1', scope: 'Namespaced' },
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
      versions: [{ name: 'v1', served: true, storage: true }],
      validation: { openAPIV3Schema: { type: 'object', properties: { size, items } } },
    },
  };
  const key = `/registry/apiextensions.k8s.io/customresourcedefinitions/${NAME}`;
  const request = { key, value: Buffer.from(JSON.stringify(definition)) };
  await kv.txn({ compare: [], success: [{ type: 'put', request }], failure: [] });

  const api = await startRawApi(parts, { kv });
  const path = '/apis/old.example.com/v1/namespaces/default/widgets';
  await api.until(path, ({ code }) => code === 200);
  const fields = { size: { cm: 1, inch: 2 }, items: [{ cm: 1, inch: 2 }], colour: { is: 'red' } };
  const kind = { apiVersion: 'old.example.com/v1', kind: 'Widget' };
  const made = await api.call('POST', path, {
    body: { ...kind, metadata: { name: 'a' }, ...fields },
  });
  expect(made.code).toBe(201);
  expect((await api.call('GET', `${path}/a`)).body).toMatchObject(fields);
  const wrong = { ...kind, metadata: { name: 'b' }, size: { cm: 'x' } };
  expect((await api.call('POST', path, { body: wrong })).code).toBe(422);
  const { body } = await api.call('GET', '/openapi/v2');
  expect(body.definitions['com.example.old.v1.Widget']).toEqual({
    type: 'object',
    'x-kubernetes-group-version-kind': [
      { group: 'old.example.com', version: 'v1', kind: 'Widget' },
    ],
  });
  await parts.stop();
});
