/** Conditions that cost too much: each alone, and all of one webhook together. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MemoryKv } from '../../../test/model/memory-kv.ts';
import { TestApi } from '../../../test/support/api-core.ts';
import { FakeWebhooks } from '../../../test/support/webhooks.ts';
import { kinds } from '../../registry/kinds/index.ts';

let api: TestApi;
let webhooks: FakeWebhooks;
beforeEach(async () => {
  webhooks = new FakeWebhooks();
  webhooks.hooks.set('w.x.io', () => ({ allowed: true }));
  api = new TestApi(kinds, new MemoryKv(), { outgoing: webhooks });
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'd' } } });
});
afterEach(() => api.stop());

/** What a create is answered where a webhook has these conditions. */
async function answerOf(expressions: readonly string[], failurePolicy = 'Fail') {
  const rule = { operations: ['*'], apiGroups: [''], apiVersions: ['v1'] };
  const webhook = {
    ...{ name: 'w.x.io', clientConfig: { url: 'https://w.x.io/' }, sideEffects: 'None' },
    ...{ admissionReviewVersions: ['v1'], rules: [{ ...rule, resources: ['configmaps'] }] },
    ...{ failurePolicy },
    matchConditions: expressions.map((expression, i) => ({ name: `c${i}`, expression })),
  };
  const body = { metadata: { name: 'w' }, webhooks: [webhook] };
  const url = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
  expect((await api.call('POST', url, { body })).code).toBe(201);
  const maps = '/api/v1/namespaces/d/configmaps';
  return api.call('POST', maps, { body: { metadata: { name: 'x' } } });
}

/** It runs through 40 to the sixth; the name makes it an expression of its own. */
function endless(name = 'v'): string {
  const range = `[${Array.from({ length: 40 }, (_, i) => i).join(', ')}]`;
  const all = Array.from({ length: 6 }, (_, i) => `l.all(${name}${i}, `).join('');
  return `[${range}].all(l, ${all}true${')'.repeat(6)})`;
}

const stopped = (expression: string): string =>
  `expression '${expression}' resulted in error: operation cancelled: actual cost limit exceeded`;
const refused = (why: string): string => `configmaps "x" is forbidden: ${why}`;
const SPENT =
  'validation failed due to running out of cost budget, no further validation rules will be run';

it.each([
  ['one', [endless()], stopped(endless())],
  ['one, told once of two that are the same', [endless(), endless()], stopped(endless())],
  ['two', [endless('a'), endless('b')], `[${stopped(endless('a'))}, ${stopped(endless('b'))}]`],
  ['three after one that says no', ['false', endless('a'), endless('b'), endless('c')], SPENT],
  ['three, which no budget bears', [endless('a'), endless('b'), endless('c')], SPENT],
])('%s', async (_what, expressions, why) => {
  const { code, body } = await answerOf(expressions);
  expect([code, body.message]).toEqual([403, refused(why)]);
  expect(webhooks.calls).toEqual([]);
});

it('one that says no decides, whatever others cost', async () => {
  expect((await answerOf([endless(), 'false', endless('a')])).code).toBe(201);
  expect(webhooks.calls).toEqual([]);
});

it('where failures are ignored, the webhook is not asked', async () => {
  expect((await answerOf([endless()], 'Ignore')).code).toBe(201);
  expect(webhooks.calls).toEqual([]);
});
