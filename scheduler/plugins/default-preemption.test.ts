/** Whom preemption evicts, where, and what it says when it evicts nobody. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../api/types/core-v1.ts';
import type { PodDisruptionBudget } from '../../api/types/policy-v1.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { aNode, aPod, inertParts, type PodSketch } from '../../test/support/scheduling.ts';
import { Cache } from '../cache/cache.ts';
import { Framework } from '../framework/framework.ts';
import { podInfo } from '../framework/pod-info.ts';
import { defaultProfile } from '../registry.ts';
import { NodeSelection } from '../select-node.ts';
import type { Selection } from '../selection.ts';

type Lesser = [name: string, priority: number, cpu: string, more?: PodSketch];

const low = (...[name, priority, cpu, more = {}]: Lesser): Pod =>
  aPod({ name, priority, requests: { cpu }, ...more });

const started = (at: string) => ({ status: { startTime: `2026-01-01T00:00:${at}Z` } });

const budget = (app: string, disruptionsAllowed: number): PodDisruptionBudget => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { namespace: 'default', name: app },
  spec: { selector: { matchLabels: { app } } },
  status: { disruptionsAllowed, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
});

interface Outcome {
  readonly selected: Selection;
  readonly evicted: readonly string[];
  readonly node: string | undefined;
}

function clusterOf(on: Readonly<Record<string, readonly Pod[]>>): Cache {
  const cache = new Cache();
  for (const [name, pods] of Object.entries(on)) {
    cache.setNode(aNode({ name, allocatable: { cpu: '4' } }));
    for (const pod of pods) cache.assume(podInfo(pod), name);
  }
  return cache;
}

async function preempt(
  cache: Cache,
  pod: Pod,
  budgets: readonly PodDisruptionBudget[] = [],
): Promise<Outcome> {
  const evicted: string[] = [];
  const profile = defaultProfile({
    ...inertParts,
    preemption: {
      ...inertParts.preemption,
      budgets: () => budgets,
      evictor: {
        evict: async ({ pod: victim }) => void evicted.push(victim.metadata.name!),
        withdrawNomination: async ({ pod: other }) => void evicted.push(`-${other.metadata.name}`),
      },
    },
  });
  const framework = new Framework(profile, cache.cluster);
  const selection = new NodeSelection({ random: inertParts.preemption.random, logger });
  const before = cache.nodes.map((node) => [...node.pods.keys()].sort());
  const cycle = framework.newCycle(podInfo(pod), cache.cluster);
  const selected = selection.select(framework, cycle) as Selection;
  // What was tried out has been taken back.
  expect(cache.nodes.map((node) => [...node.pods.keys()].sort())).toEqual(before);
  if (selected.kind !== 'rejected') return { selected, evicted, node: undefined };
  await selected.makeRoom?.();
  return { selected, evicted: evicted.sort(), node: selected.nominatedNodeName };
}

const urgent = (more: PodSketch = {}): Pod =>
  aPod({ name: 'urgent', priority: 100, requests: { cpu: '3' }, ...more });

describe('DefaultPreemption', () => {
  it('evicts as few as it can, the least important ones', async () => {
    const cache = clusterOf({ a: [low('one', 1, '1'), low('two', 2, '1'), low('three', 3, '2')] });
    expect(await preempt(cache, urgent({ requests: { cpu: '2' } }))).toMatchObject({
      evicted: ['one', 'two'],
      node: 'a',
      selected: { message: '0/1 nodes are available: 1 Insufficient cpu.' },
    });
  });

  it.each<[string, Record<string, Pod[]>, string]>([
    ['the lowest highest priority', { a: [low('p', 5, '3')], b: [low('q', 4, '3')] }, 'b'],
    [
      'the lowest sum of priorities',
      { a: [low('p', 4, '2'), low('p2', 3, '2')], b: [low('q', 4, '2'), low('q2', 1, '2')] },
      'b',
    ],
    [
      'the fewest victims',
      { a: [low('p', 0, '2'), low('p2', 0, '2')], b: [low('q', 0, '4')] },
      'b',
    ],
    [
      'the youngest victims',
      { a: [low('p', 1, '4', started('10'))], b: [low('q', 1, '4', started('20'))] },
      'b',
    ],
    ['the first', { a: [low('p', 1, '4')], b: [low('q', 1, '4')] }, 'a'],
  ])('prefers %s', async (_name, on, node) => {
    expect((await preempt(clusterOf(on), urgent())).node).toBe(node);
  });

  it('keeps disruption budgets where it can', async () => {
    const kept = { labels: { app: 'kept' } };
    const on = { a: [low('p', 1, '4', kept)], b: [low('q', 50, '4')] };
    expect((await preempt(clusterOf(on), urgent(), [budget('kept', 0)])).node).toBe('b');
    expect((await preempt(clusterOf(on), urgent(), [budget('kept', 1)])).node).toBe('a');
    const only = { a: on.a };
    expect((await preempt(clusterOf(only), urgent(), [budget('kept', 0)])).evicted).toEqual(['p']);
  });

  it('spares protected pods first when it brings pods back', async () => {
    const on = { a: [low('kept', 1, '2', { labels: { app: 'kept' } }), low('other', 9, '2')] };
    const small = urgent({ requests: { cpu: '2' } });
    expect((await preempt(clusterOf(on), small, [budget('kept', 0)])).evicted).toEqual(['other']);
    expect((await preempt(clusterOf(on), small)).evicted).toEqual(['kept']);
  });

  it('takes the nomination from pods of lower priority on the node', async () => {
    const cache = clusterOf({ a: [low('p', 1, '4')] });
    cache.cluster.nominations.set(podInfo(aPod({ name: 'mid', priority: 50 })), 'a');
    expect((await preempt(cache, urgent())).evicted).toEqual(['-mid', 'p']);
    expect(cache.cluster.nominations.empty).toBe(true);
  });

  it.each<[string, Pod, Record<string, Pod[]>, string]>([
    [
      'it may not preempt',
      urgent({ preemptionPolicy: 'Never' }),
      { a: [low('p', 1, '4')] },
      'preemption: not eligible due to preemptionPolicy=Never.',
    ],
    [
      'all others are as important',
      urgent(),
      { a: [low('p', 100, '4')] },
      'preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
    ],
    [
      'even all victims leave too little',
      urgent(),
      { a: [low('p', 200, '2'), low('q', 1, '2')] },
      'preemption: 0/1 nodes are available: 1 Insufficient cpu.',
    ],
    [
      'the node is too small anyway',
      urgent({ requests: { cpu: '5' } }),
      { a: [low('p', 1, '4')] },
      'preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    ],
  ])('says why it does nothing when %s', async (...[, pod, on, message]) => {
    const { selected, evicted } = await preempt(clusterOf(on), pod);
    expect(selected).toMatchObject({ message: expect.stringContaining(message) as string });
    expect(evicted).toEqual([]);
  });

  it('waits for victims that are on their way out', async () => {
    const going = low('p', 1, '4', {
      status: {
        conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' }],
      },
    });
    const metadata = { ...going.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
    const cache = clusterOf({ a: [{ ...going, metadata }] });
    cache.cluster.nominations.set(podInfo(urgent()), 'a');
    const { selected } = await preempt(cache, urgent());
    expect(selected).toMatchObject({
      message: expect.stringContaining(
        'not eligible due to a terminating pod on the nominated node.',
      ) as string,
    });
  });
});

describe('nominated pods', () => {
  it('keep their room from lesser pods, not from greater ones', async () => {
    const cache = clusterOf({ a: [] });
    cache.cluster.nominations.set(podInfo(urgent()), 'a');
    const asks = { requests: { cpu: '2' } };
    const lesser = await preempt(cache, aPod({ name: 'l', priority: 1, ...asks }));
    const greater = await preempt(cache, aPod({ name: 'g', priority: 200, ...asks }));
    expect([lesser.selected.kind, greater.selected.kind]).toEqual(['rejected', 'node']);
  });

  it('go where they were nominated if they fit there', async () => {
    const cache = clusterOf({ a: [], b: [low('p', 1, '1')] });
    cache.cluster.nominations.set(podInfo(urgent()), 'b');
    const { selected } = await preempt(cache, urgent());
    expect(selected).toMatchObject({ kind: 'node', node: { name: 'b' } });
  });
});

describe('against trying every set of victims', () => {
  const anyPods = fc.array(
    fc.record({ priority: fc.integer({ min: 0, max: 4 }), cpu: fc.integer({ min: 1, max: 3 }) }),
    { maxLength: 4 },
  );

  it('evicts if and only if that makes room, and nobody in vain', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyPods, { minLength: 1, maxLength: 3 }),
        fc.record({
          priority: fc.integer({ min: 0, max: 5 }),
          cpu: fc.integer({ min: 1, max: 5 }),
        }),
        async (layout, { priority, cpu }) => {
          const size = 8;
          const all = new Map<string, { priority: number; cpu: number; node: string }>();
          const cache = new Cache();
          for (const [n, pods] of layout.entries()) {
            cache.setNode(aNode({ name: `n${n}`, allocatable: { cpu: `${size}` } }));
            for (const [i, pod] of pods.entries()) {
              const name = `p${n}-${i}`;
              all.set(name, { ...pod, node: `n${n}` });
              cache.assume(podInfo(low(name, pod.priority, `${pod.cpu}`)), `n${n}`);
            }
          }
          const free = (node: string, without: ReadonlySet<string>): number =>
            [...all].reduce(
              (left, [name, each]) =>
                each.node === node && !without.has(name) ? left - each.cpu : left,
              size,
            );
          const names = layout.map((_pods, n) => `n${n}`);
          const pod = aPod({ name: 'new', priority, requests: { cpu: `${cpu}` } });
          const { selected, evicted, node } = await preempt(cache, pod);
          const fitsAtOnce = names.some((name) => free(name, new Set()) >= cpu);
          expect(selected.kind === 'node').toBe(fitsAtOnce);
          if (fitsAtOnce) return;
          const lesser = new Set([...all].filter(([, p]) => p.priority < priority).map(([n]) => n));
          const possible = names.filter((name) => free(name, lesser) >= cpu);
          expect(Boolean(node)).toBe(possible.length > 0);
          if (!node) return;
          const victims = new Set(evicted);
          expect(free(node, victims)).toBeGreaterThanOrEqual(cpu);
          for (const victim of evicted) {
            expect(lesser.has(victim)).toBe(true);
            const spared = new Set([...victims].filter((name) => name !== victim));
            expect(free(node, spared)).toBeLessThan(cpu);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
