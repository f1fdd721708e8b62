/** Room that is kept for a pod is given back when the pod does not take it. */
import { afterEach, describe, expect, it } from 'vitest';
import { nodes, pods, priorityClasses } from '../api/resources.ts';
import type { Pod } from '../api/types/core-v1.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import { realRandom as random } from '../platform/node/random.ts';
import { eventually, startEmbeddedApi } from '../test/support/embedded-api.ts';
import { FakeClock } from '../test/support/fake-clock.ts';
import { aNode, aPod, type PodSketch } from '../test/support/scheduling.ts';
import { Cache } from './cache/cache.ts';
import type { ClusterEvent } from './framework/events.ts';
import { observePods } from './observer.ts';
import { SchedulingQueue } from './queue/scheduling-queue.ts';
import { startScheduler } from './scheduler.ts';

let parts = new Lifecycle();
afterEach(async () => {
  await parts.stop();
  parts = new Lifecycle();
});

const urgent = (sketch: PodSketch, nominatedNodeName?: string): Pod => ({
  ...aPod({ name: 'urgent', priority: 5, ...sketch }),
  status: nominatedNodeName === undefined ? {} : { nominatedNodeName },
});

function observed() {
  const cache = new Cache();
  for (const name of ['a', 'b']) cache.setNode(aNode({ name }));
  const queue = new SchedulingQueue({
    ...{ clock: new FakeClock(), onActive() {} },
    policy: {
      ...{ preEnqueue: () => undefined, goesFirst: () => true, heeds: () => false },
      wakes: () => false,
    },
  });
  const told: ClusterEvent[] = [];
  queue.notify = (event) => void told.push(event);
  const schedulerNames = new Set(['default-scheduler']);
  return { told, handler: observePods({ cache, queue, schedulerNames }) };
}

const waiting = urgent({}, 'a');
const terminating = {
  ...waiting,
  metadata: { ...waiting.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
};

describe('room for a nominated pod', () => {
  it.each<[string, Pod | undefined, boolean]>([
    ['is free when the pod is gone', undefined, true],
    ['is free when the pod is on its way out', terminating, true],
    ['is free when the nomination is taken back', urgent({}), true],
    ['is free when the pod is nominated to another node', urgent({}, 'b'), true],
    ['is free when the pod got another node', urgent({ nodeName: 'b' }, 'a'), true],
    ['is taken when the pod got the node', urgent({ nodeName: 'a' }, 'a'), false],
    ['is kept when something else changes', urgent({ labels: { x: 'y' } }, 'a'), false],
  ])('%s', (_, pod, free) => {
    const { told, handler } = observed();
    handler.added?.(waiting);
    if (pod === undefined) handler.deleted?.(waiting, waiting);
    else handler.updated?.(waiting, pod);
    const event = { kind: 'AssignedPodDelete', upTo: 5 };
    const wanted = free ? [expect.objectContaining(event)] : [];
    expect(told.filter(({ kind }) => kind === 'AssignedPodDelete')).toEqual(wanted);
  });

  it('goes to whom it was kept from', async () => {
    const { client } = await startEmbeddedApi(parts);
    const clock = new FakeClock();
    await parts.start(() => startScheduler({ client, clock, random, logger, freeze: true }));
    const allocatable = { cpu: '4', memory: '8Gi', pods: '9' };
    const status = { allocatable, capacity: allocatable };
    await client.create(nodes, { metadata: { name: 'a' }, spec: {}, status });
    const add = (name: string, cpu: string, more: object = {}) => {
      const containers = [{ name: 'c', image: 'i', resources: { requests: { cpu } } }];
      const metadata = { namespace: 'default', name };
      return client.create(pods, { metadata, spec: { containers, ...more } });
    };
    const until = (name: string, holds: (pod: Pod) => boolean) =>
      eventually(client, pods, (all) => all.some((p) => p.metadata.name === name && holds(p)));
    await add('victim', '3');
    await until('victim', ({ spec }) => spec.nodeName === 'a');
    await client.create(priorityClasses, { metadata: { name: 'urgent' }, value: 1000 });
    await add('urgent', '4', { priorityClassName: 'urgent' });
    await until('urgent', (pod) => pod.status?.nominatedNodeName === 'a');
    // One cpu is left, but not for this one.
    await add('small', '1');
    await until('small', (pod) => pod.status?.conditions?.[0]?.reason === 'Unschedulable');
    const ref = { namespace: 'default', name: 'urgent' };
    await client.delete(pods, ref, { gracePeriodSeconds: 0 });
    await clock.advance(2000);
    await until('small', ({ spec }) => spec.nodeName === 'a');
  });
});
