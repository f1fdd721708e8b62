import { afterEach, expect, it } from 'vitest';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { type RawApi, startRawApi } from '../../test/support/raw-api.ts';
import { kinds } from '../registry/kinds/index.ts';
import { groupPriority } from '../discovery/group-priorities.ts';

let parts = new Lifecycle();
afterEach(async () => {
  await parts.stop();
  parts = new Lifecycle();
});

const flows = '/apis/flowcontrol.apiserver.k8s.io/v1';

async function table(api: RawApi, path: string): Promise<string[]> {
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  const { body } = await api.call('GET', path, { accept });
  const ages = body.columnDefinitions.findIndex(({ name }) => name === 'Age');
  return body.rows.map(({ cells }) => cells.filter((_, i) => i !== ages).join(' '));
}

it('every server tells how it treats requests, what it serves, and where Services live', async () => {
  const api = await startRawApi(parts);
  expect(await table(api, `${flows}/prioritylevelconfigurations`)).toEqual([
    'catch-all Limited 5 <none> <none> <none>',
    'exempt Exempt <none> <none> <none> <none>',
    'global-default Limited 20 128 6 50',
    'leader-election Limited 10 16 4 50',
    'node-high Limited 40 64 6 50',
    'system Limited 30 64 6 50',
    'workload-high Limited 40 128 6 50',
    'workload-low Limited 100 128 6 50',
  ]);
  const schemas = await table(api, `${flows}/flowschemas`);
  expect(schemas).toHaveLength(14);
  expect(schemas).toContain('exempt exempt 1 <none> False');
  expect(schemas).toContain('global-default global-default 9900 ByUser False');
  expect(await table(api, '/apis/networking.k8s.io/v1/servicecidrs')).toEqual([
    'kubernetes 10.96.0.0/12',
  ]);
  const services = await table(api, '/apis/apiregistration.k8s.io/v1/apiservices');
  expect(services.slice(0, 2)).toEqual([
    'v1. Local True',
    'v1.admissionregistration.k8s.io Local True',
  ]);
  expect(services).toContain('v2.autoscaling Local True');
});

it('Services get a second range once the flag has one, and never another', async () => {
  const kv = new MemoryKv();
  const rangesWith = async (serviceClusterIpRange: string): Promise<string[]> => {
    const own = new Lifecycle();
    try {
      const api = await startRawApi(own, { kv, serviceClusterIpRange });
      return await table(api, '/apis/networking.k8s.io/v1/servicecidrs');
    } finally {
      await own.stop();
    }
  };
  expect(await rangesWith('10.96.0.0/12')).toEqual(['kubernetes 10.96.0.0/12']);
  expect(await rangesWith('10.112.0.0/16,fd00::/108')).toEqual(['kubernetes 10.96.0.0/12']);
  const both = ['kubernetes 10.96.0.0/12,fd00::/108'];
  expect(await rangesWith('10.96.0.0/12,fd00::/108')).toEqual(both);
  expect(await rangesWith('10.96.0.0/12')).toEqual(both);
});

it('what is mandatory stays as it is', async () => {
  const api = await startRawApi(parts);
  const change = (path: string, spec: object) =>
    api.call('PATCH', `${flows}/${path}`, {
      type: 'application/merge-patch+json',
      body: { spec },
    });
  const refused = await change('flowschemas/catch-all', { matchingPrecedence: 9_999 });
  expect(refused.body.message).toContain("spec of 'catch-all' must equal the fixed value");
  const level = 'prioritylevelconfigurations';
  const limited = { limited: { nominalConcurrencyShares: 6 } };
  expect((await change(`${level}/catch-all`, limited)).code).toBe(422);
  const exempt = { exempt: { nominalConcurrencyShares: 6 } };
  expect((await change(`${level}/exempt`, exempt)).code).toBe(200);
});

it('a second start adds what is missing, and leaves the rest', async () => {
  const kv = new MemoryKv();
  const first = await startRawApi(parts, { kv });
  await first.call('DELETE', `${flows}/flowschemas/probes`);
  const { body: before } = await first.call('GET', `${flows}/flowschemas/exempt`);
  const second = await startRawApi(parts, { kv });
  expect((await second.call('GET', `${flows}/flowschemas/probes`)).code).toBe(200);
  const { body: after } = await second.call('GET', `${flows}/flowschemas/exempt`);
  expect(after.metadata.uid).toBe(before.metadata.uid);
});

it('every group has its place, but those of the registration itself and of metrics', () => {
  const without = kinds
    .map(({ type }) => type)
    .filter(({ group, version }) => groupPriority(group, version) === undefined)
    .map(({ group }) => group);
  expect([...new Set(without)].sort()).toEqual(['apiregistration.k8s.io', 'metrics.k8s.io']);
});

it('an API service of somebody else is kept, and says that nobody knows of it', async () => {
  const api = await startRawApi(parts);
  const path = '/apis/apiregistration.k8s.io/v1/apiservices';
  const body = {
    metadata: { name: 'v1.example.com' },
    spec: {
      ...{ group: 'example.com', version: 'v1', groupPriorityMinimum: 10, versionPriority: 10 },
      service: { namespace: 'default', name: 'extension' },
    },
  };
  expect((await api.call('POST', path, { body })).code).toBe(201);
  expect(await table(api, path)).toContain('v1.example.com default/extension Unknown');
  expect((await api.call('GET', '/apis/example.com/v1')).code).toBe(404);
});
