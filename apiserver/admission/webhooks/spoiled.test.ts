/** What mutating webhooks spoil is put right, and the client told. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MemoryKv } from '../../../test/model/memory-kv.ts';
import { TestApi } from '../../../test/support/api-core.ts';
import { FakeWebhooks, patched } from '../../../test/support/webhooks.ts';
import { kinds } from '../../registry/kinds/index.ts';

const maps = '/api/v1/namespaces/d/configmaps';
const MERGE = 'application/merge-patch+json';

let api: TestApi;
let webhooks: FakeWebhooks;
beforeEach(async () => {
  webhooks = new FakeWebhooks();
  api = new TestApi(kinds, new MemoryKv(), { outgoing: webhooks });
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'd' } } });
});
afterEach(() => api.stop());

/** A webhook that makes this change to each ConfigMap. */
async function change(...operations: readonly object[]): Promise<void> {
  const webhook = webhooks.entry('w.x.io', () => patched(...operations));
  const body = { metadata: { name: 'w' }, webhooks: [webhook] };
  const url = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
  expect((await api.call('POST', url, { body })).code).toBe(201);
}

const owner = { apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' };
const repeated = (where: string): string =>
  `299 - ".metadata.ownerReferences contains duplicate entries${where}; API server dedups owner ` +
  'references in 1.20+, and may reject such requests as early as 1.24; please fix your ' +
  'requests; duplicate UID(s) observed: u"';
const LATER = ' after mutating admission happens';

it.each([
  ['POST', maps, undefined, { metadata: { name: 'x' } }],
  ['PUT', `${maps}/y`, undefined, { metadata: { name: 'y' } }],
  ['PATCH', `${maps}/y`, MERGE, { data: { a: '1' } }],
])('owners named twice, by a %s', async (...[method, url, type, body]) => {
  const ownerReferences = [owner];
  await api.call('POST', maps, { body: { metadata: { name: 'y', ownerReferences } } });
  const value = [owner, owner, { ...owner, controller: false }];
  await change({ op: 'add', path: '/metadata/ownerReferences', value });
  const answer = await api.call(method, url, { body, ...(type && { type }) });
  expect(answer.body.metadata.ownerReferences).toEqual([owner, { ...owner, controller: false }]);
  expect(answer.headers['warning']).toBe(repeated(LATER));
});

it('owners that the client names twice are told in words of their own, but in a patch', async () => {
  const ownerReferences = [owner, owner];
  const body = { metadata: { name: 'x', ownerReferences } };
  const warning = async (method: string, url: string, type?: string) =>
    (await api.call(method, url, { body, ...(type && { type }) })).headers['warning'];
  expect(await warning('POST', maps)).toBe(repeated(''));
  expect(await warning('PUT', `${maps}/x`)).toBe(repeated(''));
  expect(await warning('PATCH', `${maps}/x`, MERGE)).toBe(repeated(LATER));
});

it.each([
  [{ operation: 'Take' }, 'operation must be `Apply` or `Update`'],
  [{ apiVersion: '' }, 'apiVersion must not be empty'],
  [{ fieldsType: '' }, 'missing fieldsType in managed fields entry 0'],
  [{ fieldsType: 'V9' }, 'invalid fieldsType \\"V9\\" in managed fields entry 0'],
  [{ fieldsV1: { x: {} } }, 'error decoding versioned set of managed fields entry 0'],
])('managedFields, by %j', async (spoiled, fault) => {
  const entry = { manager: 'm', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1' };
  const value = [{ ...entry, fieldsV1: {}, ...spoiled }];
  await change({ op: 'replace', path: '/metadata/managedFields', value });
  const url = `${maps}?fieldManager=me`;
  const answer = await api.call('POST', url, {
    body: { metadata: { name: 'x' }, data: { a: '' } },
  });
  expect(answer.body.metadata.managedFields).toMatchObject([{ manager: 'me' }]);
  expect(answer.headers['warning']).toBe(
    '299 - ".metadata.managedFields was in an invalid state after admission; this could be ' +
      `caused by an outdated mutating admission controller; please fix your requests: ${fault}"`,
  );
});
