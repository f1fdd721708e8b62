/** What is remembered of nodes is what they would say if they were asked again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '../../api/types/core-v1.ts';
import type { PodDisruptionBudget } from '../../api/types/policy-v1.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { aNode, aPod, inertParts, type PodSketch } from '../../test/support/scheduling.ts';
import { Cache } from '../cache/cache.ts';
import { defaultProfile, type PluginParts } from '../registry.ts';
import { NodeSelection } from '../select-node.ts';
import type { Selection } from '../selection.ts';
import { Framework } from './framework.ts';
import { podInfo } from './pod-info.ts';
import { MAX_SIGNATURES, NodeMemo, NodeMemos } from './verdict-memo.ts';

const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined, freq: 2 });
const anyPod = fc.record({
  cpu: fc.nat(3),
  priority: fc.constantFrom(0, 10),
  port: maybe(fc.constantFrom(80, 81)),
  zone: maybe(fc.constantFrom('a', 'b')),
  tolerant: fc.boolean(),
  lonely: fc.nat(4).map((n) => n === 0),
  app: fc.constantFrom('x', 'y'),
});
type AnyPod = typeof anyPod extends fc.Arbitrary<infer T> ? T : never;

const on = fc.nat(3);
const anyNode = fc.record({
  cpu: fc.integer({ min: 1, max: 4 }),
  zone: fc.constantFrom('a', 'b'),
  cordoned: fc.nat(4).map((n) => n === 0),
  tainted: fc.nat(4).map((n) => n === 0),
});
const what = <T extends string>(value: T) => fc.constant(value);
const anyStep = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: what('pod'), pod: anyPod, on }) },
  { weight: 2, arbitrary: fc.record({ what: what('delete'), nth: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ what: what('nominate'), pod: anyPod, on }) },
  { weight: 1, arbitrary: fc.record({ what: what('withdraw'), nth: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ what: what('node'), node: anyNode, on }) },
  { weight: 1, arbitrary: fc.record({ what: what('drop'), on }) },
  { weight: 1, arbitrary: fc.record({ what: what('budget'), app: maybe(fc.constant('x')) }) },
);
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

const toNode = (
  i: number,
  sketch: typeof anyNode extends fc.Arbitrary<infer T> ? T : never,
): Node =>
  aNode({
    name: `n${i}`,
    labels: { host: `n${i}`, zone: sketch.zone },
    allocatable: { cpu: `${sketch.cpu}`, pods: '4' },
    ...(sketch.cordoned ? { unschedulable: true } : {}),
    ...(sketch.tainted ? { taints: [{ key: 'k', effect: 'NoSchedule' }] } : {}),
  });

function toPod({ cpu, priority, port, zone, tolerant, lonely, app }: AnyPod, name: string): Pod {
  const term = { topologyKey: 'host', labelSelector: { matchLabels: { app } } };
  const podAntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [term] };
  return aPod({
    ...{ name, priority, labels: { app }, requests: { cpu: `${cpu}` } },
    ...(port === undefined ? {} : { hostPort: port }),
    ...(zone === undefined ? {} : { nodeSelector: { zone } }),
    ...(tolerant ? { tolerations: [{ operator: 'Exists' }] } : {}),
    ...(lonely ? { affinity: { podAntiAffinity } } : {}),
  });
}

const exists = { operator: 'Exists' };

const budgetOf = (app: string): PodDisruptionBudget => ({
  ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' },
  metadata: { namespace: 'default', name: app },
  spec: { selector: { matchLabels: { app } } },
  status: { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
});

/** A cluster that changes, and two ways to decide on it. */
class World {
  readonly cache = new Cache();
  readonly #remembering: Framework;
  readonly #parts: PluginParts;
  readonly #placed: string[] = [];
  readonly #nominated: string[] = [];
  #budgets: readonly PodDisruptionBudget[] = [];

  constructor() {
    this.#parts = {
      ...inertParts,
      preemption: { ...inertParts.preemption, budgets: () => this.#budgets },
    };
    this.#remembering = this.#fresh();
  }

  #fresh(): Framework {
    return new Framework(defaultProfile(this.#parts), this.cache.cluster);
  }

  do(step: Step, i: number): void {
    const { cache } = this;
    const { nominations } = cache.cluster;
    switch (step.what) {
      case 'pod': {
        const pod = podInfo(toPod(step.pod, `p${i}`));
        cache.assume(pod, `n${step.on}`);
        this.#placed.push(pod.uid);
        break;
      }
      case 'delete': {
        const [uid] = this.#placed.splice(step.nth, 1);
        if (uid !== undefined) cache.remove(uid);
        break;
      }
      case 'nominate': {
        const pod = podInfo(toPod(step.pod, `q${i}`));
        nominations.set(pod, `n${step.on}`);
        this.#nominated.push(pod.uid);
        break;
      }
      case 'withdraw': {
        const [uid] = this.#nominated.splice(step.nth, 1);
        if (uid !== undefined) nominations.delete(uid);
        break;
      }
      case 'node':
        cache.setNode(toNode(step.on, step.node));
        break;
      case 'drop':
        cache.removeNode(`n${step.on}`);
        break;
      case 'budget':
        this.#budgets = step.app === undefined ? [] : [budgetOf(step.app)];
    }
  }

  #selectedBy(framework: Framework, pod: Pod) {
    const selection = new NodeSelection({ random: inertParts.preemption.random, logger });
    const cycle = framework.newCycle(podInfo(pod), this.cache.cluster);
    const selected = selection.select(framework, cycle) as Selection;
    if (selected.kind === 'rejected') return { ...selected, makeRoom: undefined };
    return selected.kind === 'node' ? selected.node.name : selected;
  }

  /** By memory, and by a framework that has none. */
  decide(sketch: AnyPod, i: number) {
    const pod = toPod(sketch, `new${i}`);
    const forgetful = this.#selectedBy(this.#fresh(), pod);
    return { remembering: this.#selectedBy(this.#remembering, pod), forgetful };
  }
}

describe('what is remembered of nodes', () => {
  it('leads to the decisions of a scheduler without memory, after any history', () => {
    const seen = { placed: 0, evicting: 0, waiting: 0 };
    const histories = fc.record({
      kind: anyPod,
      changed: fc.constantFrom('cpu', 'priority', 'port', 'zone', 'tolerant'),
      other: anyPod,
      steps: fc.array(anyStep, { minLength: 10, maxLength: 30 }),
    });
    fc.assert(
      fc.property(histories, ({ kind, changed, other, steps }) => {
        // Two kinds of pods that differ in one thing: they must not be taken for each other.
        const kinds = [kind, { ...kind, [changed]: other[changed] }];
        const world = new World();
        const node = { cpu: 2, zone: 'a' as const, cordoned: false, tainted: false };
        for (const i of [0, 1, 2, 3]) world.cache.setNode(toNode(i, node));
        for (const [i, step] of steps.entries()) {
          world.do(step, i);
          for (const each of kinds) {
            const { remembering, forgetful } = world.decide(each, i);
            expect(remembering).toEqual(forgetful);
            if (typeof remembering === 'string') seen.placed++;
            else if ('nominatedNodeName' in remembering && remembering.nominatedNodeName)
              seen.evicting++;
            else seen.waiting++;
          }
        }
      }),
      { numRuns: 40, seed: 20_261_121 },
    );
    expect(Math.min(seen.placed, seen.evicting, seen.waiting)).toBeGreaterThan(20);
  });

  it('is asked of each node once while nothing changes, and of changed ones again', () => {
    const cache = new Cache();
    const { rows, schedulerName } = defaultProfile(inertParts);
    const asked: string[] = [];
    const counting = {
      name: 'Counting',
      sign: () => '',
      filter: (_cycle: unknown, { name }: { name: string }) => void asked.push(name),
    };
    const framework = new Framework(
      { schedulerName, rows: [{ plugin: counting }, ...rows] },
      cache.cluster,
    );
    const selection = new NodeSelection({ random: inertParts.preemption.random, logger });
    for (const name of ['a', 'b', 'c']) cache.setNode(aNode({ name }));
    const place = (name: string): string => {
      const cycle = framework.newCycle(podInfo(aPod({ name })), cache.cluster);
      const selected = selection.select(framework, cycle) as Selection & { kind: 'node' };
      cache.assume(cycle.pod, selected.node.name);
      return selected.node.name;
    };
    const first = place('p1');
    expect(asked.splice(0).sort()).toEqual(['a', 'b', 'c']);
    const second = place('p2');
    expect(asked.splice(0)).toEqual([first]);
    place('p3');
    expect(asked).toEqual([second]);
  });

  it('does not mistake a pod for one that asks for something else', () => {
    const taken = podInfo(aPod({ name: 'taken', hostPort: 80, requests: { cpu: '3' } }));
    const expression = { key: 'zone', operator: 'In', values: ['a'] };
    const terms = { nodeSelectorTerms: [{ matchExpressions: [expression] }] };
    const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: terms };
    const refused: readonly [Parameters<typeof aNode>[0], PodSketch, PodSketch][] = [
      [{}, { hostPort: 81 }, { hostPort: 80 }],
      [{}, { requests: { cpu: '1' } }, { requests: { cpu: '2' } }],
      [{}, {}, { requests: { 'example.com/gpu': '1' } }],
      [{}, {}, { requests: { 'ephemeral-storage': '1Gi' } }],
      [{}, {}, { nodeSelector: { zone: 'a' } }],
      [{}, { nodeSelector: { a: 'b' } }, { affinity: { nodeAffinity } }],
      [{ taints: [{ key: 'k', effect: 'NoSchedule' }] }, { tolerations: [exists] }, {}],
      [{ unschedulable: true }, { tolerations: [exists] }, {}],
    ];
    for (const [node, first, second] of refused) {
      const cache = new Cache();
      cache.setNode(aNode({ name: 'n', ...node, labels: { a: 'b' } }));
      cache.assume(taken, 'n');
      const framework = new Framework(defaultProfile(inertParts), cache.cluster);
      const selection = new NodeSelection({ random: inertParts.preemption.random, logger });
      const kindFor = (sketch: PodSketch) => {
        const cycle = framework.newCycle(podInfo(aPod(sketch)), cache.cluster);
        return (selection.select(framework, cycle) as Selection).kind;
      };
      expect([kindFor(first), kindFor(second), kindFor(first)]).toEqual([
        ...['node', 'rejected', 'node'],
      ]);
    }
  });

  it('knows that a pod is not in its own way where room was made for it', () => {
    const cache = new Cache();
    cache.setNode(aNode({ name: 'n', allocatable: { cpu: '1' } }));
    cache.setNode(aNode({ name: 'other', unschedulable: true }));
    const framework = new Framework(defaultProfile(inertParts), cache.cluster);
    const selection = new NodeSelection({ random: inertParts.preemption.random, logger });
    const select = (name: string) => {
      const pod = podInfo(aPod({ name, requests: { cpu: '1' } }));
      return selection.select(framework, framework.newCycle(pod, cache.cluster)) as Selection;
    };
    cache.cluster.nominations.set(podInfo(aPod({ name: 'p', requests: { cpu: '1' } })), 'n');
    expect(select('rival').kind).toBe('rejected');
    expect(select('p').kind).toBe('node');
    expect(select('rival').kind).toBe('rejected');
    cache.cluster.nominations.delete('uid-p');
    expect(select('rival').kind).toBe('node');
  });

  it('is what filters say that sign, and only up to the first that does not', () => {
    const cache = new Cache();
    const { rows, schedulerName } = defaultProfile(inertParts);
    const asked: string[] = [];
    const counting = (name: string, more: object = {}) => ({
      plugin: { name, filter: () => void asked.push(name), ...more },
    });
    const signing = { sign: () => '' };
    const own = [counting('Further'), counting('AfterIt', signing)];
    const framework = new Framework(
      { schedulerName, rows: [counting('First', signing), ...rows, ...own] },
      cache.cluster,
    );
    const selection = new NodeSelection({ random: inertParts.preemption.random, logger });
    cache.setNode(aNode({ name: 'n' }));
    const tried = (): string[] => {
      void selection.select(framework, framework.newCycle(podInfo(aPod({})), cache.cluster));
      return asked.splice(0);
    };
    expect(tried()).toEqual(['First', 'Further', 'AfterIt']);
    expect(tried()).toEqual(['Further', 'AfterIt']);
    cache.setNode(aNode({ name: 'n' }));
    expect(tried()).toEqual(['First', 'Further', 'AfterIt']);
  });

  it('leaves nobody beside a nominated pod whom it would not bear', () => {
    const cache = new Cache();
    cache.setNode(aNode({ name: 'n', labels: { host: 'n' } }));
    const framework = new Framework(defaultProfile(inertParts), cache.cluster);
    const selection = new NodeSelection({ random: inertParts.preemption.random, logger });
    const term = { topologyKey: 'host', labelSelector: { matchLabels: { app: 'x' } } };
    const podAntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [term] };
    const lonely = podInfo(aPod({ name: 'lonely', affinity: { podAntiAffinity } }));
    const kind = () =>
      (selection.select(framework, framework.newCycle(lonely, cache.cluster)) as Selection).kind;
    expect(kind()).toBe('node');
    cache.cluster.nominations.set(podInfo(aPod({ name: 'p', labels: { app: 'x' } })), 'n');
    expect(kind()).toBe('rejected');
    cache.cluster.nominations.delete('uid-p');
    expect(kind()).toBe('node');
  });

  it('evicts anew when a budget has changed', () => {
    const cache = new Cache();
    for (const name of ['x', 'y']) {
      cache.setNode(aNode({ name: `on-${name}`, allocatable: { cpu: '1' } }));
      const pod = aPod({ name, labels: { app: name }, requests: { cpu: '1' } });
      cache.assume(podInfo(pod), `on-${name}`);
    }
    let budgets: readonly PodDisruptionBudget[] = [];
    const preemption = { ...inertParts.preemption, budgets: () => budgets };
    const profile = defaultProfile({ ...inertParts, preemption });
    const framework = new Framework(profile, cache.cluster);
    const selection = new NodeSelection({ random: inertParts.preemption.random, logger });
    const nominated = (): string | undefined => {
      const pod = podInfo(aPod({ name: 'urgent', priority: 9, requests: { cpu: '1' } }));
      const selected = selection.select(framework, framework.newCycle(pod, cache.cluster));
      return (selected as Selection & { kind: 'rejected' }).nominatedNodeName;
    };
    for (const kept of ['x', 'y', 'x']) {
      budgets = [budgetOf(kept)];
      expect(nominated()).toBe(kept === 'x' ? 'on-y' : 'on-x');
    }
  });

  it('is bounded, and the oldest goes first', () => {
    let made = 0;
    const memos = new NodeMemos((nodes) => {
      made++;
      return new NodeMemo<string>(nodes);
    });
    const { nodes } = new Cache();
    for (let i = 0; i <= MAX_SIGNATURES; i++) memos.of(`s${i}`, nodes);
    memos.of(`s${MAX_SIGNATURES}`, nodes);
    expect(made).toBe(MAX_SIGNATURES + 1);
    memos.of('s0', nodes);
    expect(made).toBe(MAX_SIGNATURES + 2);
  });
});
