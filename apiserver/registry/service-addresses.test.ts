import { afterEach, beforeEach, expect, it } from 'vitest';
import type { IPAddress } from '../../api/types/networking-v1.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { TestApi } from '../../test/support/api-core.ts';
import { kinds } from './kinds/index.ts';

const services = '/api/v1/namespaces/default/services';
const addresses = '/apis/networking.k8s.io/v1/ipaddresses';
const ranges = '/apis/networking.k8s.io/v1/servicecidrs';

let kv: MemoryKv;
let api: TestApi;
beforeEach(async () => {
  kv = new MemoryKv();
  api = new TestApi(kinds, kv);
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'default' } } });
});
afterEach(() => api.stop());

async function create(name: string, spec: object = {}, server = api) {
  const body = { metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } };
  return (await server.call('POST', services, { body })).body;
}

const clusterIP = async (name: string, server = api): Promise<string> =>
  (await create(name, {}, server)).spec?.['clusterIP'] as string;

const listed = async (): Promise<string[]> =>
  (await api.call('GET', addresses)).body.items.map(({ metadata }) => metadata.name!).sort();

async function addRange(name: string, ...cidrs: string[]): Promise<void> {
  const body = { metadata: { name }, spec: { cidrs } };
  expect(await api.call('POST', ranges, { body })).toMatchObject({ code: 201 });
}

it('an address is an IPAddress that refers to its Service, and goes with it', async () => {
  await create('a', { clusterIP: '10.96.7.7' });
  const { body } = await api.call('GET', `${addresses}/10.96.7.7`);
  expect(body).toMatchObject({
    metadata: {
      labels: {
        'ipaddress.kubernetes.io/ip-family': 'IPv4',
        'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
      },
      managedFields: [{ manager: 'kube-apiserver', operation: 'Update' }],
    },
    spec: { parentRef: { resource: 'services', namespace: 'default', name: 'a' } },
  } satisfies Partial<Record<keyof IPAddress, unknown>>);
  expect((await create('b', { clusterIP: '10.96.7.7' })).message).toContain(
    'failed to allocate IP 10.96.7.7: provided IP is already allocated',
  );
  await api.call('DELETE', `${services}/a`);
  expect(await listed()).toEqual([]);
});

it('what is refused or tried leaves no address behind', async () => {
  expect((await create('a', { type: 'Nonsense' })).message).toContain('Unsupported value');
  expect((await create('b', { sessionAffinity: 'x' })).message).toContain('Unsupported value');
  const body = { metadata: { name: 'c' }, spec: { ports: [{ port: 80 }] } };
  const tried = await api.call('POST', `${services}?dryRun=All`, { body });
  expect(tried.body.spec).toMatchObject({ clusterIP: '10.96.0.0' });
  expect(await listed()).toEqual([]);
});

it('further ranges widen what there is, and narrow it when they go', async () => {
  const outside = 'the provided network does not match the current range';
  for (const ip of ['10.200.0.3', '10.96.0.0', '10.111.255.255'])
    expect((await create('a', { clusterIP: ip })).message).toContain(outside);
  await addRange('more', '10.200.0.0/28');
  expect(await create('a', { clusterIP: '10.200.0.3' })).toMatchObject({ kind: 'Service' });
  const patch = { metadata: { finalizers: ['a.b/c'] } };
  const type = 'application/merge-patch+json';
  await api.call('PATCH', `${ranges}/more`, { body: patch, type });
  await api.call('DELETE', `${ranges}/more`);
  expect((await create('b', { clusterIP: '10.200.0.4' })).message).toContain(outside);
});

it('a range that is not ready gives nothing', async () => {
  await addRange('more', '10.200.0.0/28');
  const body = { status: { conditions: [{ type: 'Ready', status: 'False' }] } };
  const type = 'application/strategic-merge-patch+json';
  await api.call('PATCH', `${ranges}/more/status`, { body, type });
  expect((await create('a', { clusterIP: '10.200.0.4' })).message).toContain('does not match');
});

it('draws from above the lower part, then from that, then from the next range', async () => {
  await addRange('kubernetes', '10.0.0.0/27');
  const last = (ip: string): number => Number(ip.split('.')[3]);
  const drawn: number[] = [];
  for (let i = 0; i < 30; i++) drawn.push(last(await clusterIP(`s${i}`)));
  expect(Math.min(...drawn.slice(0, 14))).toBe(17);
  expect(drawn.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  expect((await create('full')).message).toBe(
    'Internal error occurred: failed to allocate a serviceIP: range is full',
  );
  await addRange('more', '10.200.0.0/28');
  expect(await clusterIP('more')).toMatch(/^10\.200\.0\.\d+$/);
});

it('servers on one store never give an address twice', async () => {
  await addRange('kubernetes', '10.0.0.0/28');
  const other = new TestApi(kinds, kv);
  try {
    const names = Array.from({ length: 16 }, (_, i) => `s${i}`);
    const drawn = await Promise.all(
      names.map((name, i) => clusterIP(name, i % 2 === 0 ? api : other)),
    );
    const given = drawn.filter((ip) => ip !== undefined);
    expect(new Set(given).size).toBe(14);
    expect(given).toHaveLength(14);
    expect(await listed()).toHaveLength(14);
  } finally {
    await other.stop();
  }
});

it('a Service changes its address through its type, and gives back the old one', async () => {
  await create('a', { clusterIP: '10.96.7.7' });
  const external = { type: 'ExternalName', externalName: 'x.y' };
  const put = (spec: object) =>
    api.call('PUT', `${services}/a`, { body: { metadata: { name: 'a' }, spec } });
  expect(await put(external)).toMatchObject({ code: 200 });
  expect(await listed()).toEqual([]);
  expect(await put({ clusterIP: '10.96.7.8', ports: [{ port: 80 }] })).toMatchObject({ code: 200 });
  expect(await listed()).toEqual(['10.96.7.8']);
  const moved = await put({ clusterIP: '10.96.7.9', ports: [{ port: 80 }] });
  expect(moved.body.message).toContain('may not change once set');
  expect(await listed()).toEqual(['10.96.7.8']);
});
