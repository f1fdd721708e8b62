/** Writes that others, or the store's limit, stand in the way of. */
import { afterEach, expect, it } from 'vitest';
import { type Kv, StoreError } from '../../store/kv.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { TestApi } from '../../test/support/api-core.ts';
import { configMap } from './kinds/configmap.ts';
import { namespace } from './kinds/namespace.ts';

const maps = '/api/v1/namespaces/d/configmaps';
const MERGE = 'application/merge-patch+json';
const LIMIT = 4_000;

class SmallKv extends MemoryKv {
  override async txn(request: Parameters<Kv['txn']>[0]): ReturnType<Kv['txn']> {
    for (const each of request.success) {
      if (each.type === 'put' && each.request.value.length > LIMIT)
        throw new StoreError('requestTooLarge');
    }
    return super.txn(request);
  }
}

let api: TestApi;
async function start(kv = new MemoryKv()): Promise<void> {
  api = new TestApi([namespace, configMap] as never, kv);
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'd' } } });
}
afterEach(() => api.stop());

it('applies each of many patches of one object at once', async () => {
  await start();
  await api.call('POST', maps, { body: { metadata: { name: 'x' } } });
  const keys = Array.from({ length: 60 }, (_, i) => `k${i}`);
  const answers = await Promise.all(
    keys.map((key) =>
      api.call('PATCH', `${maps}/x`, { type: MERGE, body: { data: { [key]: '' } } }),
    ),
  );
  expect(new Set(answers.map(({ code }) => code))).toEqual(new Set([200]));
  const { body } = await api.call('GET', `${maps}/x`);
  expect(Object.keys(body.data as object).sort()).toEqual([...keys].sort());
});

/** With its owners it is too large for the store, without them it is not. */
const large = Object.fromEntries(
  Array.from({ length: 20 }, (_, i) => [`${'k'.repeat(100)}${i}`, '']),
);

it.each([
  ['POST', maps],
  ['PUT', `${maps}/x`],
  ['PATCH', `${maps}/x`],
])('gives up the owners of what is too large: %s', async (method, url) => {
  await start(new SmallKv());
  if (method !== 'POST') await api.call('POST', maps, { body: { metadata: { name: 'x' } } });
  const body = { metadata: { name: 'x' }, data: large };
  const answer = await api.call(method, url, {
    type: method === 'PATCH' ? MERGE : undefined,
    body,
  } as never);
  expect([200, 201]).toContain(answer.code);
  const stored = await api.call('GET', `${maps}/x`);
  expect(stored.body.data).toEqual(large);
  expect(stored.body.metadata.managedFields).toBeUndefined();
});

it('does not give them up for who applies', async () => {
  await start(new SmallKv());
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: large };
  const type = 'application/apply-patch+yaml';
  const refused = await api.call('PATCH', `${maps}/x?fieldManager=me`, { type, body });
  expect(refused.body).toMatchObject({ message: 'etcdserver: request is too large' });
  expect((await api.call('GET', `${maps}/x`)).code).toBe(404);
});

it('does not wait for good for a writer who waits for it', async () => {
  await start();
  const { writer } = api.storage.resource('configmaps')!;
  await api.call('POST', maps, { body: { metadata: { name: 'x' } } });
  const write = (key: string, meanwhile: (attempt: number) => Promise<unknown> | undefined) => {
    let attempt = 0;
    return writer.transact('d/x', async (current) => {
      await meanwhile(++attempt);
      const { metadata, data } = current!.value as { metadata: object; data?: object };
      const object = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata,
        data: { ...data, [key]: '' },
      };
      return { type: 'put', object: structuredClone(object) };
    });
  };
  const another = (key: string) => write(key, () => undefined);
  const { timers } = api.clock;
  // What its webhook writes meets a third writer, while it is first in line itself.
  const ofWebhook = () => write('webhook', (tried) => (tried === 1 ? another('third') : undefined));
  const outer = write('outer', (tried) =>
    tried === 1 ? another('first') : tried === 2 ? ofWebhook() : undefined,
  );
  for (let i = 0; i < 5; i++) await api.clock.advance(500);
  await outer;
  const { body } = await api.call('GET', `${maps}/x`);
  expect(Object.keys(body.data as object).sort()).toEqual(['first', 'outer', 'third', 'webhook']);
  expect(api.clock.timers).toBe(timers);
});
