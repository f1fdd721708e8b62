/** Webhooks and the time of the request that they are asked about. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MemoryKv } from '../../../test/model/memory-kv.ts';
import { TestApi } from '../../../test/support/api-core.ts';
import { FakeWebhooks, type Hook, patched } from '../../../test/support/webhooks.ts';
import { kinds } from '../../registry/kinds/index.ts';

const maps = '/api/v1/namespaces/d/configmaps';

let api: TestApi;
let webhooks: FakeWebhooks;
beforeEach(async () => {
  webhooks = new FakeWebhooks();
  api = new TestApi(kinds, new MemoryKv(), { outgoing: webhooks });
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'd' } } });
});
afterEach(() => api.stop());

async function register(
  type: 'mutating' | 'validating',
  hooks: readonly { readonly name: string; readonly hook: Hook; readonly more?: object }[],
): Promise<void> {
  const registered = hooks.map(({ name, hook, more }) =>
    webhooks.entry(name, hook, { timeoutSeconds: 5, failurePolicy: 'Ignore', ...more }),
  );
  const body = { metadata: { name: type }, webhooks: registered };
  const url = `/apis/admissionregistration.k8s.io/v1/${type}webhookconfigurations`;
  expect((await api.call('POST', url, { body })).code).toBe(201);
}

const create = (call: object) =>
  api.call('POST', maps, { body: { metadata: { name: 'x' }, data: { a: '1' } }, ...call });
const told = (): (string | null)[] =>
  webhooks.calls.map(({ url }) => new URL(url).searchParams.get('timeout'));

/** Answers so much later. */
const after =
  (ms: number, answer: object = { allowed: true }): Hook =>
  async () => {
    await api.clock.advance(ms);
    return answer;
  };

it('are told what is left of it, however long they are given', async () => {
  const again = { reinvocationPolicy: 'IfNeeded' };
  const change = patched({ op: 'add', path: '/data/b', value: '2' });
  await register('mutating', [
    { name: 'a.x.io', hook: after(1_500), more: again },
    { name: 'b.x.io', hook: after(1_000, change) },
  ]);
  await register('validating', [{ name: 'v.x.io', hook: after(0) }]);
  const deadlineMs = api.clock.monotonic() + 6_000;
  expect((await create({ deadlineMs })).code).toBe(201);
  expect(told()).toEqual(['5s', '5s', '4s', '2s']);
});

it.each(['mutating', 'validating'] as const)(
  'nothing is stored once it is over, whatever %s webhooks may be ignored',
  async (type) => {
    const controller = new AbortController();
    const { signal } = controller;
    const hook: Hook = () => {
      queueMicrotask(() => controller.abort());
      return new Promise(() => {});
    };
    await register(type, [
      { name: 'a.x.io', hook },
      { name: 'b.x.io', hook },
    ]);
    expect((await create({ signal })).body).toMatchObject({ code: 504, reason: 'Timeout' });
    expect((await api.call('GET', `${maps}/x`)).code).toBe(404);
    if (type === 'mutating') expect(webhooks.calls).toHaveLength(1);
  },
);
