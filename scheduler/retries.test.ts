/** What becomes of a pod when the world moves between the decision and the binding. */
import { afterEach, describe, expect, it } from 'vitest';
import { nodes, pods } from '../api/resources.ts';
import type { Pod } from '../api/types/core-v1.ts';
import type { RestClient } from '../client/rest.ts';
import type { HttpHandler } from '../platform/net/http.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import { type Logger, silentLogger as logger } from '../platform/logger.ts';
import { realRandom as random } from '../platform/node/random.ts';
import { eventually, startEmbeddedApi } from '../test/support/embedded-api.ts';
import { FakeClock, settle } from '../test/support/fake-clock.ts';
import type { Cycle, PendingPermit, Plugin } from './framework/interface.ts';
import { defaultProfile } from './registry.ts';
import { startScheduler } from './scheduler.ts';

let parts = new Lifecycle();
afterEach(async () => {
  await parts.stop();
  parts = new Lifecycle();
});

const namespace = 'default';
const isBound = ({ spec }: Pod): boolean => Boolean(spec.nodeName);
const reasonOf = (pod: Pod | undefined): string | undefined =>
  pod?.status?.conditions?.find(({ type }) => type === 'PodScheduled')?.reason;

async function addNode(client: RestClient, name: string): Promise<void> {
  const allocatable = { cpu: '4', memory: '8Gi', pods: '9' };
  const status = { allocatable, capacity: allocatable };
  await client.create(nodes, { metadata: { name }, spec: {}, status });
}

const addPod = (client: RestClient, name: string, cpu = '3'): Promise<Pod> =>
  client.create(pods, {
    metadata: { namespace, name },
    spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu } } }] },
  });

interface More {
  readonly extra?: readonly Plugin[];
  readonly log?: Logger;
}

const start = (client: RestClient, clock: FakeClock, { extra = [], log = logger }: More = {}) =>
  parts.start(() =>
    startScheduler({
      ...{ client, clock, random, logger: log, freeze: true },
      profiles(pluginParts) {
        const { rows, schedulerName } = defaultProfile(pluginParts);
        return [{ schedulerName, rows: [...rows, ...extra.map((plugin) => ({ plugin }))] }];
      },
    }),
  );

/** Calls `instead` for each binding of the pod named; undefined lets the request pass. */
const interceptBindings =
  (name: string, instead: () => ReturnType<HttpHandler> | undefined) =>
  (next: HttpHandler): HttpHandler =>
  (request) =>
    (request.path.endsWith(`/pods/${name}/binding`) ? instead() : undefined) ?? next(request);

const conflict = (): ReturnType<HttpHandler> => {
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', metadata: {} };
  const body = { ...status, reason: 'Conflict', code: 409, message: 'not now' };
  return Promise.resolve({
    status: 409,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(body)),
  });
};

/** The same clock, which may also go on while nothing runs, as that of a stopped process does. */
function sleepy(clock: FakeClock) {
  let sleptMs = 0;
  const monotonic = () => clock.monotonic() + sleptMs;
  const after = clock.after.bind(clock);
  return { now: () => clock.now(), monotonic, after, sleep: (ms: number) => void (sleptMs += ms) };
}

describe('a lease', () => {
  it('that may have run out is renewed before another pod is bound', async () => {
    const { through } = await startEmbeddedApi(parts);
    const asked: string[] = [];
    const client = through((next) => (request) => {
      const [, what] = /(leases|binding)/.exec(request.path) ?? [];
      if (what !== undefined && request.method !== 'GET') asked.push(what);
      return next(request);
    });
    const clock = new FakeClock();
    const stopped = sleepy(clock);
    const scheduler = await parts.start(() =>
      startScheduler({
        ...{ client, clock: stopped, random, logger, freeze: true },
        leaderElect: { identity: 'first' },
      }),
    );
    await scheduler.ready();
    await addNode(client, 'n');
    await addPod(client, 'before', '1');
    await eventually(client, pods, (all) => all.every(isBound));
    asked.splice(0);
    stopped.sleep(16_000);
    await addPod(client, 'after', '1');
    for (let turn = 0; turn < 20; turn++) await settle();
    expect(asked).toEqual([]);
    await clock.advance(4000);
    await eventually(client, pods, (all) => all.every(isBound));
    expect(asked.slice(0, 1)).toEqual(['leases']);
  });
});

describe('a binding', () => {
  it('that is refused is tried again after one second, then two, then four', async () => {
    const { client, through } = await startEmbeddedApi(parts);
    const clock = new FakeClock();
    const triedAt: number[] = [];
    let readBack = 0;
    const intercepted = interceptBindings('p', () => {
      triedAt.push(clock.monotonic());
      return triedAt.length <= 3 ? conflict() : undefined;
    });
    const refusing = through((next) => async (request) => {
      const response = await intercepted(next)(request);
      // After each refusal the scheduler looks what became of the pod, and then puts it back.
      if (request.method === 'GET' && request.path.endsWith('/pods/p')) readBack++;
      return response;
    });
    await addNode(client, 'a');
    await start(refusing, clock);
    await addPod(client, 'p');
    for (const [count, waitMs] of [
      [1, 1000],
      [2, 2000],
      [3, 4000],
    ] as const) {
      await eventually(client, pods, () => readBack === count);
      await eventually(client, pods, ([pod]) => reasonOf(pod) === 'SchedulerError');
      // Nothing else happens: an API server in trouble is left alone until the time is over.
      await clock.advance(waitMs - 1);
      expect(triedAt).toHaveLength(count);
      await clock.advance(1);
    }
    await eventually(client, pods, (all) => all.every(isBound));
    expect(triedAt).toHaveLength(4);
  });

  it('that somebody else made first is left alone, and its room is free again', async () => {
    const { client, through } = await startEmbeddedApi(parts);
    const clock = new FakeClock();
    const bindTo = (nodeName: string) =>
      client.createSubresource(
        pods,
        { namespace, name: 'p' },
        {
          subresource: 'binding',
          body: {
            ...{ apiVersion: 'v1', kind: 'Binding', metadata: { namespace, name: 'p' } },
            target: { kind: 'Node', name: nodeName },
          },
        },
      );
    let tried = 0;
    const late = through((next) => async (request) => {
      if (!request.path.endsWith('/pods/p/binding')) return next(request);
      tried++;
      await bindTo('b');
      return next(request);
    });
    await addNode(client, 'a');
    await start(late, clock);
    await addPod(client, 'p');
    const [pod] = await eventually(client, pods, (all) => all.every(isBound));
    expect(pod!.spec.nodeName).toBe('b');
    await addPod(client, 'q');
    const all = await eventually(client, pods, (now) => now.length === 2 && now.every(isBound));
    expect(all.map(({ spec }) => spec.nodeName).sort()).toEqual(['a', 'b']);
    await clock.advance(60_000);
    expect(tried).toBe(1);
  });

  it('to a node that went while a permit was awaited is decided anew', async () => {
    const { client } = await startEmbeddedApi(parts);
    const clock = new FakeClock();
    let grant: (() => void) | undefined;
    const permit: Plugin = {
      name: 'Permits',
      permit({ pod }: Cycle): PendingPermit | undefined {
        if (pod.pod.metadata.name !== 'p' || grant !== undefined) return undefined;
        const decision = new Promise<undefined>((resolve) => (grant = () => resolve(undefined)));
        return { timeoutMs: 600_000, decision };
      },
    } as Plugin;
    await addNode(client, 'a');
    await start(client, clock, { extra: [permit] });
    await addPod(client, 'p');
    await eventually(client, pods, () => grant !== undefined);
    await client.delete(nodes, { name: 'a' });
    await addNode(client, 'b');
    // A pod placed on the new node proves that the scheduler has seen both.
    await addPod(client, 'witness', '1');
    await eventually(client, pods, (all) => all.some(isBound));
    grant!();
    await eventually(client, pods, ([pod]) => reasonOf(pod) === 'SchedulerError');
    await clock.advance(1000);
    const all = await eventually(client, pods, (now) => now.every(isBound));
    expect(all.map(({ spec }) => spec.nodeName)).toEqual(['b', 'b']);
  });
});

describe('a scheduler', () => {
  it('that is stopped tells nothing of the pods it was placing: nobody refused them', async () => {
    const { client, through } = await startEmbeddedApi(parts);
    let awaited = 0;
    const silent = (): Promise<never> => {
      awaited++;
      return new Promise(() => {});
    };
    const permit: Plugin = {
      name: 'Permits',
      permit: ({ pod }: Cycle): PendingPermit | undefined =>
        pod.pod.metadata.name === 'waits' ? { timeoutMs: 600_000, decision: silent() } : undefined,
    } as Plugin;
    const warnings: unknown[] = [];
    const heard = { ...logger, warn: (...said: unknown[]) => void warnings.push(said) };
    await addNode(client, 'a');
    const deaf = through(interceptBindings('p', silent));
    const scheduler = await start(deaf, new FakeClock(), { extra: [permit], log: heard });
    for (const name of ['waits', 'p']) await addPod(client, name, '1');
    await eventually(client, pods, () => awaited === 2);
    await scheduler.stop();
    expect((await client.list(pods)).items.map(reasonOf)).toEqual([undefined, undefined]);
    expect(warnings).toEqual([]);
  });

  it('that is killed between decision and binding leaves nothing assumed behind', async () => {
    const { client, through } = await startEmbeddedApi(parts);
    let dead = false;
    const dying = through(
      interceptBindings('p', () => {
        dead = true;
        return new Promise(() => {});
      }),
    );
    const clock = new FakeClock();
    await addNode(client, 'a');
    await start(dying, clock);
    await addPod(client, 'p');
    await eventually(client, pods, () => dead);
    // The next one knows nothing of that decision: the room is there for whoever comes first.
    await start(client, new FakeClock());
    const [pod] = await eventually(client, pods, (all) => all.every(isBound));
    expect(pod!.spec.nodeName).toBe('a');
    await addPod(client, 'q', '1');
    await eventually(client, pods, (all) => all.length === 2 && all.every(isBound));
    // The first hears of it by its watch, and gives its own belief up.
    await clock.advance(120_000);
    expect((await client.list(pods)).items.map(({ spec }) => spec.nodeName)).toEqual(['a', 'a']);
  });
});
