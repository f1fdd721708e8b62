/**
 * Whole decisions on small random clusters against a reference that tries everything: resources,
 * ports, taints, cordons, node affinity, volumes, affinity between pods, spreading, and whom
 * preemption evicts.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BIND_COMPLETED } from '../api/scheduling/volumes.ts';
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../api/types/core-v1.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import { aNode, aPod, aStorage, inertParts } from '../test/support/scheduling.ts';
import { Cache } from './cache/cache.ts';
import { Framework } from './framework/framework.ts';
import { podInfo } from './framework/pod-info.ts';
import { defaultProfile } from './registry.ts';
import { NodeSelection } from './select-node.ts';
import type { Selection } from './selection.ts';

const app = fc.constantFrom('x', 'y');
const key = fc.constantFrom('zone', 'host');
const maybe = <T>(of: fc.Arbitrary<T>, weight = 1) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight, arbitrary: of });

const anyPod = fc.record({
  app,
  cpu: fc.nat(3),
  priority: fc.constantFrom(0, 5, 10),
  port: maybe(fc.constantFrom(80, 81)),
  zone: maybe(fc.constantFrom('a', 'b')),
  claim: maybe(fc.constantFrom('in-a', 'in-b', 'once')),
  tolerant: fc.boolean(),
  near: maybe(fc.record({ app, key })),
  apart: maybe(fc.record({ app, key })),
  spread: maybe(fc.record({ app, key, maxSkew: fc.integer({ min: 1, max: 2 }) })),
});
type AnyPod = typeof anyPod extends fc.Arbitrary<infer T> ? T : never;
const anyNode = fc.record({
  cpu: fc.integer({ min: 1, max: 4 }),
  zone: maybe(fc.constantFrom('a', 'b'), 12),
  cordoned: fc.nat(9).map((n) => n === 0),
  tainted: fc.nat(7).map((n) => n === 0),
});
type AnyNode = typeof anyNode extends fc.Arbitrary<infer T> ? T : never;
const anyCluster = fc.record({
  nodes: fc.array(anyNode, { minLength: 1, maxLength: 4 }),
  placed: fc.array(fc.record({ pod: anyPod, on: fc.nat(3) }), { minLength: 2, maxLength: 7 }),
  pod: anyPod,
  urgent: fc.boolean(),
});

const claimOf = (name: string, mode = 'ReadWriteOnce'): PersistentVolumeClaim => ({
  ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
  metadata: { namespace: 'default', name, annotations: { [BIND_COMPLETED]: 'yes' } },
  spec: { accessModes: [mode], volumeName: name },
  status: { phase: 'Bound' },
});
function volumeOf(name: string, zone?: string): PersistentVolume {
  const matchExpressions = [{ key: 'zone', operator: 'In', values: [zone ?? ''] }];
  const required = { nodeSelectorTerms: [{ matchExpressions }] };
  return {
    ...{ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name } },
    spec: zone === undefined ? {} : { nodeAffinity: { required } },
  };
}
const storage = aStorage({
  claims: [claimOf('in-a'), claimOf('in-b'), claimOf('once', 'ReadWriteOncePod')],
  volumes: [volumeOf('in-a', 'a'), volumeOf('in-b', 'b'), volumeOf('once')],
});

const taint = { key: 'k', value: 'v', effect: 'NoSchedule' };
const required = 'requiredDuringSchedulingIgnoredDuringExecution';

function toNode({ cpu, zone, cordoned, tainted }: AnyNode, i: number): Node {
  return aNode({
    name: `n${i}`,
    labels: { host: `n${i}`, ...(zone === undefined ? {} : { zone }) },
    allocatable: { cpu: `${cpu}` },
    ...(cordoned ? { unschedulable: true } : {}),
    ...(tainted ? { taints: [taint] } : {}),
  });
}

function toPod(sketch: AnyPod, name: string): Pod {
  const { cpu, priority, port, zone, claim, tolerant, near, apart, spread } = sketch;
  const term = (of: { app: string; key: string }) => ({
    topologyKey: of.key,
    labelSelector: { matchLabels: { app: of.app } },
  });
  const always = { whenUnsatisfiable: 'DoNotSchedule' };
  return aPod({
    ...{ name, priority, labels: { app: sketch.app }, requests: { cpu: `${cpu}` } },
    ...(port === undefined ? {} : { hostPort: port }),
    ...(zone === undefined ? {} : { nodeSelector: { zone } }),
    ...(tolerant ? { tolerations: [{ operator: 'Exists' }] } : {}),
    ...(claim === undefined
      ? {}
      : { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: claim } }] }),
    affinity: {
      ...(near === undefined ? {} : { podAffinity: { [required]: [term(near)] } }),
      ...(apart === undefined ? {} : { podAntiAffinity: { [required]: [term(apart)] } }),
    },
    ...(spread === undefined
      ? {}
      : { topologySpreadConstraints: [{ ...term(spread), maxSkew: spread.maxSkew, ...always }] }),
  });
}

interface Placed {
  readonly name: string;
  readonly pod: AnyPod;
  readonly on: number;
}

/** 'fits', or whether evicting pods might help. The plugins' rules, in their order. */
type Verdict = 'fits' | 'maybe' | 'never';

class Reference {
  readonly #nodes: readonly AnyNode[];
  readonly #pod: AnyPod;

  constructor(nodes: readonly AnyNode[], pod: AnyPod) {
    this.#nodes = nodes;
    this.#pod = pod;
  }

  verdict(placed: readonly Placed[], on: number): Verdict {
    const node = this.#nodes[on]!;
    const here = placed.filter((each) => each.on === on).map((each) => each.pod);
    const { cpu, port, zone, claim, tolerant } = this.#pod;
    if (node.cordoned && !tolerant) return 'never';
    if (node.tainted && !tolerant) return 'never';
    if (zone !== undefined && zone !== node.zone) return 'never';
    if (port !== undefined && here.some((each) => each.port === port)) return 'maybe';
    const used = here.reduce((sum, each) => sum + each.cpu, 0);
    if (cpu > 0 && cpu > node.cpu - used) return cpu > node.cpu ? 'never' : 'maybe';
    if (claim === 'once' && placed.some((each) => each.pod.claim === 'once')) return 'maybe';
    if (claim?.startsWith('in-') && claim !== `in-${node.zone}`) return 'never';
    const spread = this.#spread(placed, on);
    return spread === 'fits' ? this.#between(placed, on) : spread;
  }

  #valueAt(on: number, label: string): string | undefined {
    return label === 'host' ? `n${on}` : this.#nodes[on]!.zone;
  }

  #spread(placed: readonly Placed[], on: number): Verdict {
    const { spread, zone, app: own } = this.#pod;
    if (spread === undefined) return 'fits';
    const here = this.#valueAt(on, spread.key);
    if (here === undefined) return 'never';
    const counts = new Map<string, number>();
    for (const [i, node] of this.#nodes.entries()) {
      // Nodes that the pod's own selector leaves out are no domains.
      if (zone !== undefined && zone !== node.zone) continue;
      const value = this.#valueAt(i, spread.key);
      if (value === undefined) continue;
      const pods = placed.filter((each) => each.on === i && each.pod.app === spread.app).length;
      counts.set(value, (counts.get(value) ?? 0) + pods);
    }
    const self = spread.app === own ? 1 : 0;
    const skew = (counts.get(here) ?? 0) + self - Math.min(...counts.values());
    return skew > spread.maxSkew ? 'maybe' : 'fits';
  }

  #between(placed: readonly Placed[], on: number): Verdict {
    const { near, apart, app: own } = this.#pod;
    const meets = (each: Placed, label: string): boolean => {
      const value = this.#valueAt(on, label);
      return value !== undefined && this.#valueAt(each.on, label) === value;
    };
    if (near !== undefined) {
      if (this.#valueAt(on, near.key) === undefined) return 'never';
      const group = placed.filter(
        (each) => each.pod.app === near.app && this.#valueAt(each.on, near.key) !== undefined,
      );
      const first = group.length === 0 && near.app === own;
      if (!first && !group.some((each) => meets(each, near.key))) return 'never';
    }
    if (apart !== undefined)
      if (placed.some((each) => each.pod.app === apart.app && meets(each, apart.key)))
        return 'maybe';
    const unwelcome = placed.some(
      (each) => each.pod.apart?.app === own && meets(each, each.pod.apart.key),
    );
    return unwelcome ? 'maybe' : 'fits';
  }
}

async function decide(nodes: readonly AnyNode[], placed: readonly Placed[], pod: AnyPod) {
  const evicted: string[] = [];
  const cache = new Cache();
  for (const [i, node] of nodes.entries()) cache.setNode(toNode(node, i));
  for (const each of placed) cache.assume(podInfo(toPod(each.pod, each.name)), `n${each.on}`);
  const profile = defaultProfile({
    ...inertParts,
    storage,
    preemption: {
      ...inertParts.preemption,
      evictor: {
        evict: async ({ pod: victim }) => void evicted.push(victim.metadata.name!),
        withdrawNomination: async () => {},
      },
    },
  });
  const framework = new Framework(profile, cache.cluster);
  const selection = new NodeSelection({ random: inertParts.preemption.random, logger });
  const cycle = framework.newCycle(podInfo(toPod(pod, 'new')), cache.cluster);
  const selected = selection.select(framework, cycle) as Selection;
  if (selected.kind === 'rejected') await selected.makeRoom?.();
  return { selected, evicted };
}

it('places a pod, or evicts for it, exactly where the reference would', async () => {
  const seen = { fits: 0, evicts: 0, waits: 0 };
  await fc.assert(
    fc.asyncProperty(anyCluster, async ({ nodes, placed: sketches, pod: any, urgent }) => {
      const pod: AnyPod = urgent ? { ...any, priority: 10 } : any;
      const placed = sketches.map((each, i): Placed => {
        return { pod: each.pod, name: `p${i}`, on: each.on % nodes.length };
      });
      const reference = new Reference(nodes, pod);
      const indexes = [...nodes.keys()];
      const fits = indexes.filter((on) => reference.verdict(placed, on) === 'fits');
      const { selected, evicted } = await decide(nodes, placed, pod);
      if (selected.kind === 'node') {
        seen.fits++;
        expect(fits.map((on) => `n${on}`)).toContain(selected.node.name);
        return;
      }
      expect(fits).toEqual([]);
      expect(selected.kind).toBe('rejected');
      const isLesser = (each: Placed): boolean => each.pod.priority < pod.priority;
      const stay = (on: number) => placed.filter((each) => each.on !== on || !isLesser(each));
      const candidates = indexes.filter(
        (on) =>
          reference.verdict(placed, on) === 'maybe' &&
          stay(on).length < placed.length &&
          reference.verdict(stay(on), on) === 'fits',
      );
      const { nominatedNodeName } = selected as Selection & { kind: 'rejected' };
      if (!nominatedNodeName) {
        seen.waits++;
        expect([candidates, evicted]).toEqual([[], []]);
        return;
      }
      seen.evicts++;
      const on = Number(nominatedNodeName.slice(1));
      expect(candidates).toContain(on);
      const without = placed.filter(({ name }) => !evicted.includes(name));
      expect(reference.verdict(without, on)).toBe('fits');
      for (const name of evicted) {
        const victim = placed.find((each) => each.name === name)!;
        expect(victim.on === on && isLesser(victim)).toBe(true);
        // Nobody goes in vain.
        expect(reference.verdict([...without, victim], on)).not.toBe('fits');
      }
    }),
    { numRuns: 600, seed: 20_261_121 },
  );
  // The clusters were such that each outcome came up often enough to mean something.
  expect(Math.min(seen.fits, seen.evicts, seen.waits)).toBeGreaterThan(50);
});
