/** The scheduler against a real API server in the same process, on good days and bad ones. */
import { afterEach, describe, expect, it } from 'vitest';
import { events, nodes, podDisruptionBudgets, pods, priorityClasses } from '../api/resources.ts';
import type { Node, Pod, PodSpec } from '../api/types/core-v1.ts';
import type { Client } from '../client/interface.ts';
import type { JsonValue } from '../platform/net/http.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import { realClock as clock } from '../platform/node/clock.ts';
import { realRandom as random } from '../platform/node/random.ts';
import { eventually, startEmbeddedApi } from '../test/support/embedded-api.ts';
import { FakeClock } from '../test/support/fake-clock.ts';
import type { Cycle, PendingPermit } from './framework/interface.ts';
import { defaultProfile } from './registry.ts';
import { startScheduler, type SchedulerOptions } from './scheduler.ts';

let parts = new Lifecycle();
afterEach(async () => {
  await parts.stop();
  parts = new Lifecycle();
});

const start = (client: Client, options: Partial<SchedulerOptions> = {}) =>
  parts.start(() => startScheduler({ client, clock, random, logger, freeze: true, ...options }));

async function addNode(client: Client, name: string, spec: object = {}): Promise<Node> {
  const allocatable = { cpu: '4', memory: '8Gi', pods: '5' };
  return client.create(nodes, {
    metadata: { name },
    spec,
    status: { allocatable, capacity: allocatable },
  });
}

async function addPod(client: Client, name: string, spec: Partial<PodSpec> = {}): Promise<Pod> {
  const containers = [
    { name: 'c', image: 'nginx', resources: { requests: { cpu: '1', memory: '1Gi' } } },
  ];
  return client.create(pods, {
    metadata: { namespace: 'default', name },
    spec: { containers, ...spec },
  });
}

const isBound = ({ spec }: Pod): boolean => Boolean(spec.nodeName);
const scheduledCondition = (pod: Pod | undefined) =>
  pod?.status?.conditions?.find(({ type }) => type === 'PodScheduled');

function perNode(items: readonly Pod[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { spec } of items)
    if (spec.nodeName) counts.set(spec.nodeName, (counts.get(spec.nodeName) ?? 0) + 1);
  return counts;
}

describe('startScheduler', () => {
  it('binds pods, spreads them and says so', async () => {
    const { client } = await startEmbeddedApi(parts);
    for (const name of ['a', 'b', 'c']) await addNode(client, name);
    const scheduler = await start(client);
    await scheduler.ready();
    for (let i = 0; i < 6; i++) await addPod(client, `p${i}`);
    const bound = await eventually(client, pods, (items) => items.every(isBound));
    expect([...perNode(bound).values()]).toEqual([2, 2, 2]);
    const [event] = await eventually(client, events, (items) =>
      items.some(({ involvedObject }) => involvedObject.name === 'p0'),
    );
    expect(event).toMatchObject({
      type: 'Normal',
      reason: 'Scheduled',
      source: { component: 'default-scheduler' },
      message: expect.stringMatching(/^Successfully assigned default\/p\d to [abc]$/) as string,
    });
  });

  it('never gives a node more than it has, and tells why the rest waits', async () => {
    const { client } = await startEmbeddedApi(parts);
    await addNode(client, 'a');
    await addNode(client, 'b', { unschedulable: true });
    for (let i = 0; i < 6; i++) await addPod(client, `p${i}`);
    await start(client);
    const message =
      '0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable. ' +
      'no new claims to deallocate, preemption: 0/2 nodes are available: ' +
      '1 No preemption victims found for incoming pod, ' +
      '1 Preemption is not helpful for scheduling.';
    const items = await eventually(
      client,
      pods,
      (all) => all.filter((pod) => scheduledCondition(pod)?.message === message).length === 2,
    );
    expect(perNode(items)).toEqual(new Map([['a', 4]]));
    const waiting = items.find((pod) => !isBound(pod));
    expect(scheduledCondition(waiting)).toMatchObject({
      status: 'False',
      reason: 'Unschedulable',
      observedGeneration: 1,
    });
    await eventually(client, events, (all) =>
      all.some(({ type, reason }) => type === 'Warning' && reason === 'FailedScheduling'),
    );
  });

  it('tries again when a node is uncordoned, and when a pod leaves', async () => {
    const { client } = await startEmbeddedApi(parts);
    const node = await addNode(client, 'a', { unschedulable: true });
    const own = new FakeClock();
    await start(client, { clock: own });
    await addPod(client, 'p');
    await eventually(client, pods, ([pod]) => scheduledCondition(pod)?.status === 'False');
    await client.update(nodes, { ...node, spec: { unschedulable: false } });
    await own.advance(1000);
    await eventually(client, pods, ([pod]) => isBound(pod!));

    const whole = { resources: { requests: { cpu: '4' } } };
    await addPod(client, 'large', { containers: [{ name: 'c', image: 'x', ...whole }] });
    await eventually(client, pods, (all) =>
      all.some((pod) => scheduledCondition(pod)?.message?.includes('Insufficient cpu')),
    );
    await client.delete(pods, { namespace: 'default', name: 'p' }, { gracePeriodSeconds: 0 });
    await own.advance(1000);
    await eventually(client, pods, (all) => all.length === 1 && all.every(isBound));
  });

  it('evicts what is less important, within what budgets allow, and takes the room', async () => {
    const { client } = await startEmbeddedApi(parts);
    for (const name of ['a', 'b']) await addNode(client, name);
    const whole = [{ name: 'c', image: 'x', resources: { requests: { cpu: '4' } } }];
    const labelled = (name: string) =>
      client.create(pods, {
        metadata: { namespace: 'default', name, labels: { app: name } },
        spec: { containers: whole },
      });
    const { metadata } = await client.create(podDisruptionBudgets, {
      metadata: { namespace: 'default', name: 'kept' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'kept' } } },
    });
    expect(metadata.name).toBe('kept');
    await start(client);
    await labelled('kept');
    await labelled('victim');
    await eventually(client, pods, (all) => all.every(isBound));
    await client.create(priorityClasses, { metadata: { name: 'urgent' }, value: 1000 });
    const priority = { priorityClassName: 'urgent' };
    await addPod(client, 'urgent', { containers: whole, ...priority });
    const named = (all: readonly Pod[], name: string) => all.find((p) => p.metadata.name === name);
    const marked = await eventually(client, pods, (all) =>
      Boolean(named(all, 'urgent')?.status?.nominatedNodeName),
    );
    const victim = await eventually(
      client,
      pods,
      (all) => named(all, 'victim')?.metadata.deletionTimestamp !== undefined,
    );
    expect(named(victim, 'victim')?.status?.conditions).toContainEqual(
      expect.objectContaining({
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'PreemptionByScheduler',
        message: 'default-scheduler: preempting to accommodate a higher priority pod',
      }),
    );
    expect(named(marked, 'urgent')?.status?.nominatedNodeName).toBe(
      named(victim, 'victim')?.spec.nodeName,
    );
    // What the node's agent would do when the pod has ended.
    const ref = { namespace: 'default', name: 'victim' };
    await client.delete(pods, ref, { gracePeriodSeconds: 0 });
    const after = await eventually(client, pods, (all) => isBound(named(all, 'urgent')!));
    expect(after.map((pod) => pod.metadata.name).sort()).toEqual(['kept', 'urgent']);
    const said = await eventually(client, events, (all) =>
      all.some(({ reason }) => reason === 'Preempted'),
    );
    expect(said.find(({ reason }) => reason === 'Preempted')).toMatchObject({
      type: 'Normal',
      involvedObject: { name: 'victim' },
    });
  });

  it('lets gated pods and pods of other schedulers wait', async () => {
    const { client } = await startEmbeddedApi(parts);
    await addNode(client, 'a');
    await start(client);
    const gated = await addPod(client, 'gated', { schedulingGates: [{ name: 'g' }] });
    await addPod(client, 'foreign', { schedulerName: 'other' });
    await addPod(client, 'ours');
    const first = await eventually(client, pods, (all) => all.some(isBound));
    expect(first.filter(isBound).map(({ metadata }) => metadata.name)).toEqual(['ours']);
    const body = { spec: { schedulingGates: null } };
    const ref = { namespace: 'default', name: gated.metadata.name! };
    await client.patch(pods, ref, { type: 'application/merge-patch+json', body });
    const second = await eventually(client, pods, (all) => all.filter(isBound).length === 2);
    expect(second.find((pod) => !isBound(pod))?.metadata.name).toBe('foreign');
  });

  it('binds each pod once, whatever becomes of requests, answers and watches', async () => {
    const { client, flaky } = await startEmbeddedApi(parts);
    for (const name of ['a', 'b', 'c', 'd']) await addNode(client, name);
    // A fixed sequence: the same faults in each run of the test.
    let seed = 7;
    const draw = (): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const faults = { draw, refusalRate: 0.1, lostAnswerRate: 0.2, brokenWatchRate: 0.02 };
    const seen = new Map<string, string>();
    await start(flaky(faults));
    for (let i = 0; i < 18; i++) await addPod(client, `p${i}`);
    const items = await eventually(client, pods, (all) => {
      for (const { metadata, spec } of all) {
        const before = seen.get(metadata.uid!);
        if (before !== undefined && before !== spec.nodeName) throw new Error('moved');
        if (spec.nodeName) seen.set(metadata.uid!, spec.nodeName);
      }
      return all.filter(isBound).length === 16;
    });
    // 4 cores each: 16 fit, and no node has more than 4.
    expect([...perNode(items).values()]).toEqual([4, 4, 4, 4]);
  });

  it('goes on where a killed scheduler left off', async () => {
    const { client, through } = await startEmbeddedApi(parts);
    for (const name of ['a', 'b']) await addNode(client, name);
    for (let i = 0; i < 10; i++) await addPod(client, `p${i}`);
    // Killed in the middle: its third binding and all after it never leave the process.
    let bindings = 0;
    const dying = await startScheduler({
      client: through((next) => (request) => {
        if (request.path.endsWith('/binding') && ++bindings > 2)
          return Promise.reject(new Error('killed'));
        return next(request);
      }),
      ...{ clock, random, logger },
    });
    await eventually(client, pods, (all) => all.filter(isBound).length === 2);
    await dying.stop();
    const before = await client.list(pods);
    await start(client);
    const items = await eventually(client, pods, (all) => all.filter(isBound).length === 8);
    for (const pod of before.items.filter(isBound))
      expect(items.find(({ metadata }) => metadata.uid === pod.metadata.uid)?.spec.nodeName).toBe(
        pod.spec.nodeName,
      );
    expect([...perNode(items).values()]).toEqual([4, 4]);
  });

  it('acts only while it leads, and hands over when it stops', async () => {
    const { client } = await startEmbeddedApi(parts);
    await addNode(client, 'a');
    const first = await startScheduler({
      ...{ client, clock, random, logger },
      leaderElect: { identity: 'first' },
    });
    await first.ready();
    const secondClock = new FakeClock();
    const second = await start(client, {
      clock: secondClock,
      leaderElect: { identity: 'second' },
    });
    await addPod(client, 'p');
    await eventually(client, pods, (all) => all.every(isBound));
    await first.stop();
    await secondClock.advance(5000);
    await second.ready();
    await addPod(client, 'q');
    await eventually(client, pods, (all) => all.length === 2 && all.every(isBound));
  });

  it('gives back what a plugin reserved when another refuses, is late or throws', async () => {
    const { client } = await startEmbeddedApi(parts);
    await addNode(client, 'a');
    const clockOfPermits = new FakeClock();
    const log: string[] = [];
    const moody = {
      name: 'Moody',
      reserve: ({ pod }: Cycle) => void log.push(`reserve ${pod.pod.metadata.name}`),
      unreserve: ({ pod }: Cycle) => void log.push(`unreserve ${pod.pod.metadata.name}`),
      permit({ pod }: Cycle): PendingPermit | undefined {
        if (pod.pod.metadata.name !== 'late') return undefined;
        return { decision: new Promise(() => {}), timeoutMs: 5000 };
      },
      preBind({ pod }: Cycle): Promise<undefined> {
        const bad = pod.pod.metadata.name === 'broken';
        return bad ? Promise.reject(new Error('boom')) : Promise.resolve(undefined);
      },
    };
    await start(client, {
      clock: clockOfPermits,
      profiles(parts) {
        const { rows, schedulerName } = defaultProfile(parts);
        return [{ schedulerName, rows: [...rows, { plugin: moody }] }];
      },
    });
    await addPod(client, 'broken');
    await addPod(client, 'late');
    await addPod(client, 'good');
    const reasonOf = (items: readonly Pod[], name: string) =>
      scheduledCondition(items.find(({ metadata }) => metadata.name === name));
    await eventually(
      client,
      pods,
      (all) => all.some(isBound) && reasonOf(all, 'broken')?.reason === 'SchedulerError',
    );
    await clockOfPermits.advance(5000);
    const items = await eventually(
      client,
      pods,
      (all) => reasonOf(all, 'late')?.reason === 'Unschedulable',
    );
    expect(reasonOf(items, 'broken')?.message).toBe('running PreBind plugin "Moody": boom');
    expect(reasonOf(items, 'late')?.message).toBe(
      '0/1 nodes are available: 1 rejected due to timeout after waiting at plugin permit.',
    );
    expect(items.filter(isBound).map(({ metadata }) => metadata.name)).toEqual(['good']);
    const given = (what: string) => log.filter((line) => line === what).length;
    for (const name of ['broken', 'late'])
      expect(given(`unreserve ${name}`)).toBeGreaterThanOrEqual(1);
    expect(given('unreserve good')).toBe(0);
  });

  it('fails a pod whose plugin never answers, and goes on with the others', async () => {
    const { client } = await startEmbeddedApi(parts);
    await addNode(client, 'a');
    const ownClock = new FakeClock();
    const never = new Promise<undefined>(() => {});
    const hanging = {
      name: 'Hanging',
      bind: ({ pod }: Cycle) =>
        pod.pod.metadata.name === 'stuck' ? never : Promise.resolve({ code: 'Skip', reasons: [] }),
    };
    await start(client, {
      clock: ownClock,
      profiles(pluginParts) {
        const { rows, schedulerName } = defaultProfile(pluginParts);
        return [{ schedulerName, rows: [{ plugin: hanging }, ...rows] }];
      },
    });
    await addPod(client, 'stuck');
    await addPod(client, 'free');
    const named = (all: readonly Pod[], name: string) => all.find((p) => p.metadata.name === name);
    await eventually(client, pods, (all) => isBound(named(all, 'free')!));
    await ownClock.advance(60_000);
    const all = await eventually(
      client,
      pods,
      (items) => scheduledCondition(named(items, 'stuck'))?.reason === 'SchedulerError',
    );
    expect(scheduledCondition(named(all, 'stuck'))?.message).toBe(
      'the Bind plugins did not end within 60 s',
    );
  });

  it('takes over from a leader that died, without binding a pod again', async () => {
    const { client, through } = await startEmbeddedApi(parts);
    await addNode(client, 'a');
    let dead = false;
    const mortal = through((next) => (request) => {
      return dead ? Promise.reject(new Error('killed')) : next(request);
    });
    const firstClock = new FakeClock();
    const first = await start(mortal, { clock: firstClock, leaderElect: { identity: 'first' } });
    await first.ready();
    await addPod(client, 'p');
    const [before] = await eventually(client, pods, (all) => all.every(isBound));
    const secondClock = new FakeClock();
    const second = await start(client, { clock: secondClock, leaderElect: { identity: 'second' } });
    dead = true;
    await addPod(client, 'q');
    // Nobody releases the lease: it has to run out.
    await secondClock.advance(14_000);
    expect((await client.list(pods)).items.filter(isBound)).toHaveLength(1);
    await secondClock.advance(10_000);
    await second.ready();
    const after = await eventually(client, pods, (all) => all.every(isBound));
    const p = after.find(({ metadata }) => metadata.uid === before!.metadata.uid);
    expect(p?.metadata.resourceVersion).toBe(before!.metadata.resourceVersion);
  });

  it('asks the server about a binding that no watch confirms', async () => {
    const { client, through } = await startEmbeddedApi(parts);
    await addNode(client, 'a');
    const ownClock = new FakeClock();
    // The first pod's watch events never arrive: not that it is bound, not that it is gone.
    const deaf = through((next) => async (request) => {
      const response = await next(request);
      const isWatch = request.path === '/api/v1/pods' && request.query.get('watch') !== null;
      if (!isWatch) return response;
      async function* others() {
        for await (const chunk of response.body as AsyncIterable<JsonValue>) {
          const { object } = chunk.value as { object: Pod };
          if (object.metadata.name !== 'lost') yield chunk;
        }
      }
      return { ...response, body: others() };
    });
    const whole = [{ name: 'c', image: 'x', resources: { requests: { cpu: '4' } } }];
    await addPod(client, 'lost', { containers: whole });
    await start(deaf, { clock: ownClock });
    await eventually(client, pods, (all) => all.every(isBound));
    await client.delete(pods, { namespace: 'default', name: 'lost' }, { gracePeriodSeconds: 0 });
    await addPod(client, 'next', { containers: whole });
    await eventually(client, pods, ([pod]) => scheduledCondition(pod)?.status === 'False');
    await ownClock.advance(61_000);
    await eventually(client, pods, (all) => all.every(isBound));
  });

  it('leaves no timer behind', async () => {
    const { client } = await startEmbeddedApi(parts);
    const fake = new FakeClock();
    await addPod(client, 'p');
    const scheduler = await startScheduler({ client, clock: fake, random, logger });
    await scheduler.ready();
    await eventually(client, pods, ([pod]) => scheduledCondition(pod)?.status === 'False');
    expect(fake.timers).toBeGreaterThan(0);
    await scheduler.stop();
    expect(fake.timers).toBe(0);
  });
});
