/** Endpoints that somebody wrote by hand, against a real API server. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { endpoints, pods, services } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import { startApiServer } from '../../apiserver/server.ts';
import { createClient, type RestClient } from '../../client/rest.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { withoutControllers } from '../../test/support/admission.ts';
import { FakeClock, settle } from '../../test/support/fake-clock.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import { startControllers } from '../manager.ts';

const parts = new Lifecycle();
const namespace = 'default';
let clock: FakeClock;
let client: RestClient;

beforeEach(async () => {
  clock = new FakeClock();
  const effects = { clock, random: new SeededRandom(1), logger };
  const server = await parts.start(() =>
    startApiServer({ ...effects, kv: new MemoryKv(), admissionPlugins: withoutControllers }),
  );
  const ready = server.ready();
  await clock.advance(10);
  await ready;
  const certificate = { commonName: 'admin', organizations: ['system:masters'] };
  client = createClient({
    handler: (request) => server.handler({ ...request, peer: { address: 'test', certificate } }),
    userAgent: 'test',
    clock,
  });
  const running = await parts.start(() =>
    startControllers({
      ...{ ...effects, client, controllers: ['endpoints-controller'], freeze: true },
      resourceTypes: [pods, services, endpoints],
    }),
  );
  await running.ready();
});

afterEach(() => parts.stop());

const metadata = { namespace, name: 'web' };
const subsets = [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80 }] }];

async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await clock.advance(50);
    await settle();
  }
}

const isThere = () =>
  client.get(endpoints, metadata).then(
    () => true,
    (error: unknown) => {
      if (!isStatus(error, 'NotFound')) throw error;
      return false;
    },
  );

it('go with their service', async () => {
  await client.create(services, { metadata, spec: { ports: [{ port: 80 }] } });
  await client.create(endpoints, { metadata, subsets });
  await settled();
  expect(await isThere()).toBe(true);
  await client.delete(services, metadata);
  await settled();
  expect(await isThere()).toBe(false);
});

it('stay while they wait for one', async () => {
  await client.create(endpoints, { metadata, subsets });
  await settled();
  expect(await isThere()).toBe(true);
  await client.create(services, { metadata, spec: { ports: [{ port: 80 }] } });
  await settled();
  expect(await isThere()).toBe(true);
});
