import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { aNode, aPod, type PodSketch } from '../../test/support/scheduling.ts';
import type { ClusterEvent } from '../framework/events.ts';
import { podInfo, type PodInfo } from '../framework/pod-info.ts';
import { failure, unschedulable } from '../framework/status.ts';
import { schedulingGates } from '../plugins/scheduling-gates.ts';
import { MAX_UNSCHEDULABLE_MS, SchedulingQueue, type QueuedPod } from './scheduling-queue.ts';

const nodeAdd: ClusterEvent = { kind: 'NodeAdd', node: aNode() };
const podAdd: ClusterEvent = { kind: 'AssignedPodAdd', pod: podInfo(aPod()) };
const fit = { kind: 'rejected', rejectedBy: new Set(['Fit']) } as const;

function start(preEnqueue = (pod: PodInfo) => schedulingGates.preEnqueue(pod)) {
  const clock = new FakeClock();
  let activations = 0;
  const queue = new SchedulingQueue({
    clock,
    onActive: () => activations++,
    policy: {
      preEnqueue,
      goesFirst: (a, b) =>
        a.pod.priority === b.pod.priority
          ? a.queuedAt < b.queuedAt
          : a.pod.priority > b.pod.priority,
      heeds: (_pod, rejectedBy, kind) => rejectedBy.has('Fit') && kind === 'NodeAdd',
      wakes: (_pod, rejectedBy, event) => rejectedBy.has('Fit') && event.kind === 'NodeAdd',
    },
  });
  const add = (sketch: PodSketch): PodInfo => {
    const pod = podInfo(aPod(sketch));
    queue.set(pod);
    return pod;
  };
  const names = (): string[] => {
    const popped: string[] = [];
    for (let next = queue.pop(); next !== undefined; next = queue.pop())
      popped.push(next.pod.pod.metadata.name!);
    return popped;
  };
  return { clock, queue, add, names, activations: () => activations };
}

function reject(queue: SchedulingQueue, queued: QueuedPod): void {
  queue.putBack(queued, queued.pod, fit);
}

describe('SchedulingQueue', () => {
  it('hands out pods by priority, then in the order in which they came', () => {
    const { add, names, activations } = start();
    for (const name of ['a', 'b', 'c']) add({ name });
    add({ name: 'urgent', priority: 10 });
    expect(activations()).toBe(4);
    expect(names()).toEqual(['urgent', 'a', 'b', 'c']);
  });

  it('holds a pod once, and hands out its newest state', () => {
    const { add, queue } = start();
    add({ name: 'a' });
    add({ name: 'a', version: 2, priority: 3 });
    expect(queue.pop()?.pod.priority).toBe(3);
    expect(queue.pop()).toBeUndefined();
  });

  it('lets a rejected pod wait for an event that helps, and behind active pods', async () => {
    const { add, queue, clock } = start();
    add({ name: 'a', priority: 5 });
    reject(queue, queue.pop()!);
    queue.notify(podAdd);
    expect(queue.sizes).toMatchObject({ unschedulable: 1, backoff: 0 });
    queue.notify(nodeAdd);
    expect(queue.sizes).toMatchObject({ unschedulable: 0, backoff: 1 });
    for (const name of ['b', 'c']) add({ name });
    await clock.advance(999);
    expect(queue.pop()?.pod.key).toBe('default/b');
    await clock.advance(1);
    expect(queue.pop()?.pod.key).toBe('default/a');
  });

  it('does not let a rejected pod wait while there is nothing else to do', () => {
    const { add, queue, names, activations } = start();
    add({ name: 'a' });
    reject(queue, queue.pop()!);
    queue.notify(nodeAdd);
    expect(activations()).toBe(2);
    expect(names()).toEqual(['a']);
  });

  it('lets a pod that failed wait in any case', async () => {
    const { add, queue, clock, names } = start();
    add({ name: 'a' });
    const queued = queue.pop()!;
    queue.putBack(queued, queued.pod, { kind: 'failed' });
    await clock.advance(999);
    expect(names()).toEqual([]);
    await clock.advance(1);
    expect(names()).toEqual(['a']);
  });

  it('doubles the backoff with each attempt, up to ten seconds', async () => {
    const { add, queue, clock } = start();
    add({ name: 'a' });
    for (const seconds of [1, 2, 4, 8, 10, 10]) {
      const queued = queue.pop()!;
      queue.putBack(queued, queued.pod, { kind: 'failed' });
      await clock.advance(seconds * 1000 - 1);
      expect(queue.sizes.active).toBe(0);
      await clock.advance(1);
      expect(queue.sizes.active).toBe(1);
    }
  });

  it('tries a pod at once when its backoff is over before the event comes', async () => {
    const { add, queue, clock, names } = start();
    add({ name: 'a' });
    reject(queue, queue.pop()!);
    await clock.advance(5000);
    queue.notify(nodeAdd);
    expect(names()).toEqual(['a']);
  });

  it('replays what happened while a pod was in flight', () => {
    const { add, queue } = start();
    add({ name: 'a' });
    const queued = queue.pop()!;
    queue.notify(nodeAdd);
    reject(queue, queued);
    expect(queue.sizes).toMatchObject({ unschedulable: 0, backoff: 1, inFlight: 0 });
  });

  it('tries a pod again that changed while it was in flight', () => {
    const { add, queue } = start();
    const old = add({ name: 'a' });
    const queued = queue.pop()!;
    const changed = podInfo(aPod({ name: 'a', version: 2, nodeSelector: { a: 'b' } }));
    queue.set(changed);
    expect(queue.pop()).toBeUndefined();
    queue.putBack({ ...queued, pod: old }, changed, fit);
    expect(queue.sizes).toMatchObject({ unschedulable: 0, backoff: 1 });
  });

  it('does not wake a pod for the status that its own rejection wrote', () => {
    const { add, queue } = start();
    add({ name: 'a' });
    reject(queue, queue.pop()!);
    add({ name: 'a', version: 2, status: { phase: 'Pending' } });
    expect(queue.sizes.unschedulable).toBe(1);
  });

  it('tries every pod after five minutes, whatever the hints say', async () => {
    const { add, queue, clock, names } = start();
    add({ name: 'a' });
    reject(queue, queue.pop()!);
    await clock.advance(MAX_UNSCHEDULABLE_MS - 1);
    expect(queue.sizes.active).toBe(0);
    await clock.advance(60_000);
    expect(names()).toEqual(['a']);
    expect(clock.timers).toBe(0);
  });

  it('asks a gate again at the events that its plugin waits for', () => {
    let open = false;
    const shut = { ...unschedulable('not yet'), plugin: 'Fit' };
    const { add, names, queue } = start(() => (open ? undefined : shut));
    add({ name: 'a' });
    queue.notify(nodeAdd);
    expect([names(), queue.sizes.gated]).toEqual([[], 1]);
    open = true;
    queue.notify(podAdd);
    expect(names()).toEqual([]);
    queue.notify(nodeAdd);
    expect([names(), queue.sizes.gated]).toEqual([['a'], 0]);
  });

  it('tries a gate that failed again after one second, then two', async () => {
    let asked = 0;
    const boom = failure(new Error('boom'));
    const { add, clock, names } = start(() => (++asked < 3 ? boom : undefined));
    add({ name: 'a' });
    await clock.advance(999);
    expect([names(), asked]).toEqual([[], 1]);
    await clock.advance(1);
    expect([names(), asked]).toEqual([[], 2]);
    await clock.advance(1999);
    expect(names()).toEqual([]);
    await clock.advance(1);
    expect(names()).toEqual(['a']);
  });

  it('keeps a gated pod out until its gates are gone, whatever happens', async () => {
    const { add, queue, clock, names } = start();
    add({ name: 'a', schedulingGates: [{ name: 'g' }] });
    queue.notify(nodeAdd);
    await clock.advance(2 * MAX_UNSCHEDULABLE_MS);
    expect(names()).toEqual([]);
    add({ name: 'a', version: 2 });
    expect(names()).toEqual(['a']);
  });

  it('forgets deleted pods wherever they wait', async () => {
    const { add, queue, clock, names } = start();
    const active = add({ name: 'active' });
    queue.delete(active.uid);
    const waiting = add({ name: 'waiting' });
    reject(queue, queue.pop()!);
    queue.delete(waiting.uid);
    const backing = add({ name: 'backing' });
    const queued = queue.pop()!;
    queue.putBack(queued, queued.pod, { kind: 'failed' });
    queue.delete(backing.uid);
    await clock.advance(20_000);
    expect(names()).toEqual([]);
    expect(queue.sizes).toEqual({ active: 0, backoff: 0, unschedulable: 0, gated: 0, inFlight: 0 });
  });

  it('leaves no timer behind', () => {
    const { add, queue, clock } = start();
    for (const name of ['a', 'b']) add({ name });
    const first = queue.pop()!;
    queue.putBack(first, first.pod, { kind: 'failed' });
    reject(queue, queue.pop()!);
    expect(clock.timers).toBe(2);
    queue.stop();
    expect(clock.timers).toBe(0);
  });
});
