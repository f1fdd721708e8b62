/** The scheduler against a real API server in the same process, on good days and bad ones. */
import { afterEach, describe, expect, it } from 'vitest';
import { events, nodes, pods } from '../api/resources.ts';
import type { Node, Pod, PodSpec } from '../api/types/core-v1.ts';
import type { Client } from '../client/interface.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import { realClock as clock } from '../platform/node/clock.ts';
import { realRandom as random } from '../platform/node/random.ts';
import { eventually, startEmbeddedApi } from '../test/support/embedded-api.ts';
import { FakeClock } from '../test/support/fake-clock.ts';
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
    await start(client);
    await addPod(client, 'p');
    await eventually(client, pods, ([pod]) => scheduledCondition(pod)?.status === 'False');
    await client.update(nodes, { ...node, spec: { unschedulable: false } });
    await eventually(client, pods, ([pod]) => isBound(pod!));

    const whole = { resources: { requests: { cpu: '4' } } };
    await addPod(client, 'large', { containers: [{ name: 'c', image: 'x', ...whole }] });
    await eventually(client, pods, (all) =>
      all.some((pod) => scheduledCondition(pod)?.message?.includes('Insufficient cpu')),
    );
    await client.delete(pods, { namespace: 'default', name: 'p' }, { gracePeriodSeconds: 0 });
    await eventually(client, pods, (all) => all.length === 1 && all.every(isBound));
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
    const second = await start(client, { leaderElect: { identity: 'second' } });
    await addPod(client, 'p');
    await eventually(client, pods, (all) => all.every(isBound));
    await first.stop();
    await second.ready();
    await addPod(client, 'q');
    await eventually(client, pods, (all) => all.length === 2 && all.every(isBound));
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
