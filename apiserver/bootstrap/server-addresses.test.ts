import { afterEach, expect, it } from 'vitest';
import { silentLogger as logger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.ts';
import { startApiServer } from '../server.ts';
import type { ApiServer } from '../server-options.ts';
import { SelfClient } from './self-client.ts';
import { ServerAddresses } from './server-addresses.ts';

let server: ApiServer | undefined;
afterEach(() => server?.stop());

const slicesPath = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';

it('lists every living server, whatever its family and port, and only those', async () => {
  const kv = new MemoryKv();
  server = startApiServer({ kv, clock: realClock, random, logger });
  await server.ready();
  const client = new SelfClient(server.handler, new AbortController().signal);
  const clock = new FakeClock();
  const serves = (): boolean => true;
  const start = (address: string, port: number): ServerAddresses => {
    const own = { address, port };
    const addresses = new ServerAddresses({ kv, client, clock, logger, serves, own });
    addresses.start();
    return addresses;
  };
  const slices = async (): Promise<string[]> => {
    const list = (await client.get(slicesPath)) as unknown as { items: EndpointSlice[] };
    return list.items.map(({ metadata, addressType, endpoints, ports }) => {
      const listed = (endpoints ?? []).flatMap(({ addresses }) => addresses).join(',');
      return `${metadata.name} ${addressType} ${listed} :${ports![0]!.port}`;
    });
  };
  const publish = async (): Promise<void> => {
    for (let i = 0; i < 12; i++) {
      await clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
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
  await publish();
  expect(await slices()).toEqual(['kubernetes IPv4 10.0.0.1 :6443', mine]);
  await own[0]!.stop();
});
