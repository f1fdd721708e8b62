/** Several managers, one of which acts: through a hand-over, a crash and a cut connection. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { leases, pods, replicaSets, serviceAccounts } from '../api/resources.ts';
import { startApiServer } from '../apiserver/server.ts';
import { createClient, type RestClient } from '../client/rest.ts';
import type { HttpHandler } from '../platform/net/http.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import { MemoryKv } from '../test/model/memory-kv.ts';
import { FakeClock } from '../test/support/fake-clock.ts';
import { SeededRandom } from '../test/support/seeded-random.ts';
import { startControllers } from './manager.ts';

const namespace = 'default';
const web = { namespace, name: 'web' };
const random = new SeededRandom(7);

let parts: Lifecycle;
let clock: FakeClock;
let handler: HttpHandler;
let client: RestClient;

beforeEach(async () => {
  parts = new Lifecycle();
  clock = new FakeClock();
  const server = await parts.start(() =>
    startApiServer({ kv: new MemoryKv(), clock, random, logger }),
  );
  await clock.advance(10);
  await server.ready();
  const certificate = { commonName: 'admin', organizations: ['system:masters'] };
  handler = (request) => server.handler({ ...request, peer: { address: 'test', certificate } });
  client = createClient({ handler, userAgent: 'test', clock });
  await client.create(serviceAccounts, { metadata: { namespace, name: 'default' } });
  await client.create(replicaSets, {
    metadata: web,
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'c', image: 'i' }] },
      },
    },
  });
});
afterEach(() => parts.stop());

interface TestManager {
  readonly writes: () => number;
  readonly lost: () => boolean;
  /** From now on nothing it asks is answered. */
  cut(): void;
  stop(): Promise<void>;
}

async function startManager(identity: string): Promise<TestManager> {
  let writes = 0;
  let lost = false;
  let cut = false;
  const own: HttpHandler = (request) => {
    if (cut) return Promise.reject(new Error('no route to host'));
    const acts = request.method !== 'GET' && request.path.endsWith('/pods');
    if (acts) writes++;
    return handler(request);
  };
  const running = await parts.start(() =>
    startControllers({
      client: createClient({ handler: own, userAgent: identity, clock }),
      ...{ clock, random, logger, freeze: true },
      controllers: ['replicaset-controller'],
      resourceTypes: [pods, replicaSets],
      leaderElect: { identity },
      onLost: () => (lost = true),
    }),
  );
  await clock.advance(3000);
  return {
    writes: () => writes,
    lost: () => lost,
    cut: () => (cut = true),
    stop: () => running.stop(),
  };
}

async function answer<T>(call: Promise<T>): Promise<T> {
  await clock.advance(200);
  return call;
}

async function scale(replicas: number): Promise<void> {
  const type = 'application/merge-patch+json';
  await answer(client.patch(replicaSets, web, { type, body: { spec: { replicas } } }));
  await clock.advance(1000);
}

const count = async (): Promise<number> => (await answer(client.list(pods))).items.length;
const holder = async (): Promise<string | undefined> => {
  const ref = { namespace: 'kube-system', name: 'kube-controller-manager' };
  return (await answer(client.get(leases, ref))).spec.holderIdentity;
};

it('one of several acts', async () => {
  const managers = [await startManager('a'), await startManager('b'), await startManager('c')];
  await scale(4);
  expect(await count()).toBe(4);
  expect(managers.map((manager) => manager.writes() > 0)).toEqual([true, false, false]);
  expect(await holder()).toBe('a');
});

it('one that stops hands over at once', async () => {
  const a = await startManager('a');
  const b = await startManager('b');
  await scale(2);
  await a.stop();
  await clock.advance(5000);
  expect(await holder()).toBe('b');
  await scale(5);
  expect(await count()).toBe(5);
  expect(b.writes()).toBe(3);
});

it('one that is cut off stops acting before another begins, and nothing is done twice', async () => {
  const a = await startManager('a');
  const b = await startManager('b');
  await scale(3);
  a.cut();
  await scale(6);
  expect(await count()).toBe(3);
  await clock.advance(6000);
  expect([a.lost(), b.writes()]).toEqual([false, 0]);
  await clock.advance(5000);
  expect([a.lost(), b.writes()]).toEqual([true, 0]);
  await clock.advance(10_000);
  expect(await holder()).toBe('b');
  expect(await count()).toBe(6);
  expect(b.writes()).toBe(3);
});
