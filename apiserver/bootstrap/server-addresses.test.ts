import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Logger, silentLogger as logger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import type { Endpoints } from '../../api/types/core-v1.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.ts';
import { startApiServer } from '../server.ts';
import type { ApiServer } from '../server-options.ts';
import { SelfClient } from './self-client.ts';
import { ServerAddresses } from './server-addresses.ts';

let server: ApiServer | undefined;
afterEach(() => server?.stop());

const slicesPath = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
const endpointsPath = '/api/v1/namespaces/default/endpoints/kubernetes';

let kv: MemoryKv;
let clock: FakeClock;
let client: SelfClient;
let warnings: unknown[];

beforeEach(async () => {
  kv = new MemoryKv();
  server = startApiServer({ kv, clock: realClock, random, logger });
  await server.ready();
  client = new SelfClient(server.handler, new AbortController().signal);
  clock = new FakeClock();
  warnings = [];
});

function start(address: string, port: number): ServerAddresses {
  const told: Logger = { ...logger, warn: (fields: object) => warnings.push(fields) };
  const addresses = new ServerAddresses({
    ...{ kv, clock, logger: told, own: { address, port } },
    client: (signal) => new SelfClient(server!.handler, signal),
    serves: () => true,
  });
  addresses.start();
  return addresses;
}

async function slices(): Promise<string[]> {
  const list = (await client.get(slicesPath)) as unknown as { items: EndpointSlice[] };
  return list.items.map(({ metadata, addressType, endpoints, ports }) => {
    const listed = (endpoints ?? []).flatMap(({ addresses }) => addresses).join(',');
    return `${metadata.name} ${addressType} ${listed} :${ports?.[0]?.port ?? ''}`;
  });
}

async function told(): Promise<string[] | undefined> {
  const object = (await client.get(endpointsPath)) as Endpoints | undefined;
  return object?.subsets?.flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip));
}

/** Longer than the ten seconds after which each server publishes. */
async function publish(): Promise<void> {
  for (let i = 0; i < 12; i++) {
    await clock.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

it('lists every living server, whatever its family and port, and only those', async () => {
  const foreign = {
    name: 'kubernetes-mine',
    labels: { 'kubernetes.io/service-name': 'kubernetes' },
  };
  await client.create(slicesPath, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: foreign,
    addressType: 'IPv4',
    endpoints: [],
    ports: [{ port: 1 }],
  });
  const own = [
    start('10.0.0.1', 6443),
    start('10.0.0.2', 6443),
    start('10.0.0.2', 6444),
    start('fd00::1', 6443),
  ];
  await publish();
  await publish();
  const mine = 'kubernetes-mine IPv4  :1';
  expect(await slices()).toEqual([
    'kubernetes IPv4 10.0.0.1,10.0.0.2 :6443',
    'kubernetes-ipv4-6444 IPv4 10.0.0.2 :6444',
    'kubernetes-ipv6-6443 IPv6 fd00::1 :6443',
    mine,
  ]);
  for (const gone of own.splice(1)) await gone.stop();
  expect(await slices()).toEqual(['kubernetes IPv4 10.0.0.1 :6443', mine]);
  expect(await told()).toEqual(['10.0.0.1']);
  await own[0]!.stop();
  expect(await slices()).toEqual(['kubernetes IPv4  :', mine]);
  const six = start('fd00::1', 6443);
  await publish();
  expect(await slices()).toEqual(['kubernetes IPv6 fd00::1 :6443', mine]);
  await six.stop();
  expect(warnings).toEqual([]);
});

it('tells nobody of an address that only this host reaches, and takes out those of the dead', async () => {
  const local = start('127.0.0.1', 6443);
  await publish();
  expect(await told()).toBeUndefined();
  expect(await slices()).toEqual([]);
  const other = start('10.0.0.2', 6443);
  await publish();
  await publish();
  expect(await told()).toEqual(['10.0.0.2']);
  await other.stop();
  await publish();
  expect(await slices()).toEqual(['kubernetes IPv4  :']);
  await local.stop();
  expect(warnings).toEqual([]);
});
