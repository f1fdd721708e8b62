/**
 * What each Score plugin gives the nodes of small random clusters, and which node all of them
 * together choose, against the documented formulas over all nodes and pods.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Container, Node, Pod, PodAffinityTerm } from '../api/types/core-v1.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import { aCycle, aNode, aNodeInfo, aPod, inertParts } from '../test/support/scheduling.ts';
import * as reference from '../test/support/score-reference.ts';
import { Framework } from './framework/framework.ts';
import type {
  Cycle,
  NormalizeScorePlugin,
  PreScorePlugin,
  ScorePlugin,
} from './framework/interface.ts';
import type { NodeInfo } from './framework/node-info.ts';
import { imageLocality } from './plugins/image-locality.ts';
import { interPodAffinity } from './plugins/inter-pod-affinity.ts';
import { nodeAffinity } from './plugins/node-affinity.ts';
import { nodeResourcesBalancedAllocation } from './plugins/node-resources-balanced-allocation.ts';
import { nodeResourcesFit } from './plugins/node-resources-fit.ts';
import { podTopologySpread } from './plugins/pod-topology-spread.ts';
import { taintToleration } from './plugins/taint-toleration.ts';
import { defaultProfile } from './registry.ts';
import { NodeSelection } from './select-node.ts';
import type { Selection } from './selection.ts';

type ContainerSketch = reference.ContainerSketch;
type ScoredNode = reference.ScoredNode;
type ScoredPod = reference.ScoredPod;
type World = reference.World;
const { hostKey, zoneKey } = reference;

const app = fc.constantFrom('x', 'y');
const key = fc.constantFrom(hostKey, zoneKey);
const tier = fc.constantFrom('a', 'b');
const weight = fc.integer({ min: 1, max: 100 });
const rarely = fc.nat(7).map((n) => n === 0);
const maybe = <T>(of: fc.Arbitrary<T>, weight = 1) =>
  fc.oneof({ weight: 1, arbitrary: fc.constant(undefined) }, { weight, arbitrary: of });
const few = <T>(of: fc.Arbitrary<T>) => fc.array(of, { maxLength: 2 });

const anyContainer: fc.Arbitrary<ContainerSketch> = fc.record({
  milliCpu: maybe(fc.constantFrom(0, 250, 500, 900), 3),
  mebibytes: maybe(fc.constantFrom(0, 128, 700, 1024), 3),
  gpu: fc.nat(7).map((n) => (n === 0 ? 1 : 0)),
  image: fc.constantFrom('db', 'web:1', 'registry:5000/tool'),
});
const anyTerm: fc.Arbitrary<reference.AffinitySketch> = fc.record({
  ...{ app, key, weight: fc.integer({ min: -100, max: 100 }).filter((n) => n !== 0) },
  everywhere: fc.boolean(),
});
const honored = fc.constantFrom<'Honor' | 'Ignore'>('Honor', 'Ignore');
const anySpread: fc.Arbitrary<reference.SpreadSketch> = fc.record({
  ...{ app, key, maxSkew: fc.integer({ min: 1, max: 3 }) },
  ...{ nodeAffinityPolicy: honored, nodeTaintsPolicy: honored },
});
const anyPod: fc.Arbitrary<ScoredPod> = fc.record({
  ...{ app, namespace: fc.constantFrom('default', 'default', 'other'), terminating: rarely },
  containers: fc.array(anyContainer, { minLength: 1, maxLength: 2 }),
  init: fc.array(anyContainer, { maxLength: 1 }),
  tier: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, tier),
  tolerates: fc.subarray(['s', 't', 'hard']),
  likes: few(
    fc.oneof(
      fc.record({ weight, key: fc.constant('tier'), value: tier }),
      fc.record({ weight, key: fc.constant(zoneKey), value: tier }),
    ),
  ),
  ...{ prefers: few(anyTerm), requires: fc.array(anyTerm, { maxLength: 1 }) },
  spreads: fc.uniqueArray(anySpread, { maxLength: 2, selector: (each) => each.key }),
});
const anyNode = fc.record({
  milliCpu: fc.constantFrom(1000, 2000, 4000),
  mebibytes: fc.constantFrom(1024, 2048, 8192),
  gpu: fc.integer({ min: 1, max: 4 }),
  ...{ host: rarely.map((no) => !no), zone: maybe(tier, 5), tier },
  ...{ softTaints: fc.subarray(['s', 't', 'u']), hardTaint: rarely },
  images: fc.dictionary(
    fc.constantFrom('db:latest', 'web:1', 'registry:5000/tool:latest'),
    fc.constantFrom(10, 300, 700, 2500),
  ),
});

/** The pod's own required terms belong to filters. */
const worlds: fc.Arbitrary<World> = fc
  .record({
    nodes: fc.array(anyNode, { minLength: 2, maxLength: 5 }),
    placed: fc.array(fc.record({ pod: anyPod, on: fc.nat(4) }), { maxLength: 8 }),
    pod: anyPod,
  })
  .map(({ nodes, placed, pod }) => ({
    nodes: nodes.map(({ host, zone, tier, ...node }, i) => ({
      ...node,
      labels: {
        ...{ tier, ...(host ? { [hostKey]: `n${i}` } : {}) },
        ...(zone === undefined ? {} : { [zoneKey]: zone }),
      },
    })),
    placed: placed.map(({ pod, on }) => ({ pod, on: on % nodes.length })),
    pod: { ...pod, requires: [], terminating: false },
  }));

const gpuName = 'example.com/gpu';

function toNode({ labels, softTaints, hardTaint, images, ...node }: ScoredNode, i: number): Node {
  const made = aNode({
    ...{ name: `n${i}`, labels },
    allocatable: {
      ...{ cpu: `${node.milliCpu}m`, memory: `${node.mebibytes}Mi`, pods: '110' },
      [gpuName]: `${node.gpu}`,
    },
    taints: [
      ...softTaints.map((key) => ({ key, effect: 'PreferNoSchedule' })),
      ...(hardTaint ? [{ key: 'hard', effect: 'NoSchedule' }] : []),
    ],
  });
  const listed = Object.entries(images).map(([name, mebibytes]) => ({
    ...{ names: [name, `${name}@sha256:0`], sizeBytes: mebibytes * 1024 * 1024 },
  }));
  return { ...made, status: { ...made.status, images: listed } };
}

function toContainer(sketch: ContainerSketch, i: number): Container {
  const { milliCpu, mebibytes, gpu, image } = sketch;
  const requests = {
    ...(milliCpu === undefined ? {} : { cpu: `${milliCpu}m` }),
    ...(mebibytes === undefined ? {} : { memory: `${mebibytes}Mi` }),
    ...(gpu === 0 ? {} : { [gpuName]: `${gpu}` }),
  };
  return { name: `c${i}`, image, resources: { requests } };
}

function toTerm({ app, key, everywhere }: reference.AffinitySketch): PodAffinityTerm {
  const labelSelector = { matchLabels: { app } };
  return {
    ...{ topologyKey: key, labelSelector },
    ...(everywhere ? { namespaces: ['default', 'other'] } : {}),
  };
}

const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';

function toPod(sketch: ScoredPod, name: string): Pod {
  const weighted = (sign: 1 | -1) =>
    sketch.prefers
      .filter((term) => term.weight * sign > 0)
      .map((term) => ({ weight: term.weight * sign, podAffinityTerm: toTerm(term) }));
  const liked = sketch.likes.map(({ key, value, weight }) => ({
    preference: { matchExpressions: [{ key, operator: 'In', values: [value] }] },
    weight,
  }));
  const pod = aPod({
    ...{ name, namespace: sketch.namespace, labels: { app: sketch.app } },
    containers: sketch.containers.map(toContainer),
    initContainers: sketch.init.map(toContainer),
    ...(sketch.tier === undefined ? {} : { nodeSelector: { tier: sketch.tier } }),
    tolerations: sketch.tolerates.map((key) => ({ key, operator: 'Exists' })),
    affinity: {
      nodeAffinity: { [preferred]: liked },
      podAffinity: { [preferred]: weighted(1), [required]: sketch.requires.map(toTerm) },
      podAntiAffinity: { [preferred]: weighted(-1) },
    },
    topologySpreadConstraints: sketch.spreads.map(({ app, key, ...rest }) => ({
      ...{ ...rest, topologyKey: key, labelSelector: { matchLabels: { app } } },
      whenUnsatisfiable: 'ScheduleAnyway',
    })),
  });
  if (!sketch.terminating) return pod;
  return { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
}

const cycleOf = ({ nodes, placed, pod }: World) =>
  aCycle(
    toPod(pod, 'new'),
    ...nodes.map((node, i) => {
      const pods = placed.flatMap((each, nth) =>
        each.on === i ? [toPod(each.pod, `p${nth}`)] : [],
      );
      return aNodeInfo(toNode(node, i), ...pods);
    }),
  );

/** Pods of app x belong to a service; others are alone. */
const selectorOf = ({ metadata }: Pod) =>
  metadata.labels?.['app'] === 'x' ? { matchLabels: { app: 'x' } } : undefined;
const honor = { nodeAffinityPolicy: 'Honor', nodeTaintsPolicy: 'Ignore' } as const;
const systemSpread = ({ app }: ScoredPod): readonly reference.SpreadSketch[] =>
  app !== 'x'
    ? []
    : [
        { app, key: hostKey, maxSkew: 3, ...honor },
        { app, key: zoneKey, maxSkew: 5, ...honor },
      ];

type Scorer = ScorePlugin & Partial<PreScorePlugin & NormalizeScorePlugin>;
type Scored = readonly [string, Scorer, reference.Formula];

const cpuAndMemory = { cpu: 1, memory: 1 };
const weights = { cpu: 3, memory: 1, gpu: 5 };
const resources = [
  { name: 'cpu', weight: 3 },
  { name: 'memory', weight: 1 },
  { name: gpuName, weight: 5 },
];
const shape = [
  { utilization: 10, score: 0 },
  { utilization: 40, score: 9 },
  { utilization: 90, score: 2 },
];
const least = { type: 'LeastAllocated', weights: cpuAndMemory, shape } as const;
const defaultPair = { hardPodAffinityWeight: 1, ignorePreferredTermsOfExistingPods: false };
const otherPair = { hardPodAffinityWeight: 40, ignorePreferredTermsOfExistingPods: true };

const scorers: readonly Scored[] = [
  ['NodeResourcesFit by default', nodeResourcesFit(), reference.fit(least)],
  ...(['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio'] as const).map(
    (type): Scored => [
      `NodeResourcesFit, ${type}`,
      nodeResourcesFit({ type, resources, shape }),
      reference.fit({ type, weights, shape }),
    ],
  ),
  [
    'NodeResourcesBalancedAllocation',
    nodeResourcesBalancedAllocation(),
    reference.balanced(['cpu', 'memory']),
  ],
  [
    'NodeResourcesBalancedAllocation of three resources',
    nodeResourcesBalancedAllocation({ resources }),
    reference.balanced(['cpu', 'memory', 'gpu']),
  ],
  ['NodeAffinity', nodeAffinity(), reference.nodeAffinity],
  ['TaintToleration', taintToleration, reference.taintToleration],
  ['InterPodAffinity', interPodAffinity(), reference.interPodAffinity(defaultPair)],
  [
    'InterPodAffinity with other args',
    interPodAffinity(otherPair),
    reference.interPodAffinity(otherPair),
  ],
  ['PodTopologySpread', podTopologySpread({}, selectorOf), reference.spreading(systemSpread)],
  ['ImageLocality', imageLocality, reference.imageLocality],
];

/** Undefined: the plugin has no say. */
function scoresBy(plugin: Scorer, cycle: Cycle, nodes: readonly NodeInfo[]) {
  if (plugin.preScore?.(cycle, nodes)?.code === 'Skip') return undefined;
  const scores = Float64Array.from(nodes, (node) => plugin.score(cycle, node));
  plugin.normalizeScores?.(cycle, scores);
  return [...scores];
}

const runs = { numRuns: 120, seed: 20_261_121 };
const isFlat = (scores: readonly number[]) => new Set(scores).size < 2;

it('gives the nodes what the documented formulas give them', () => {
  const telling = new Map<string, number>();
  const property = fc.property(worlds, (world) => {
    const feasible = reference.feasible(world);
    fc.pre(feasible.length > 1);
    const cycle = cycleOf(world);
    const nodes = feasible.map((i) => cycle.cluster.node(`n${i}`)!);
    for (const [name, plugin, formula] of scorers) {
      const wanted = formula(world, feasible);
      if (!isFlat(wanted)) telling.set(name, (telling.get(name) ?? 0) + 1);
      const scores = scoresBy(plugin, cycle, nodes);
      // No say is as good as the same for everyone.
      if (scores === undefined) expect([name, isFlat(wanted)]).toEqual([name, true]);
      else expect([name, scores]).toEqual([name, wanted]);
    }
  });
  fc.assert(property, runs);
  // The clusters were such that there was something to tell apart.
  for (const [name] of scorers) expect([name, telling.get(name)! > 15]).toEqual([name, true]);
});

const total: readonly (readonly [number, reference.Formula])[] = [
  [3, reference.taintToleration],
  [2, reference.nodeAffinity],
  [1, reference.fit(least)],
  [2, reference.spreading(systemSpread)],
  [2, reference.interPodAffinity(defaultPair)],
  [1, reference.balanced(['cpu', 'memory'])],
  [1, reference.imageLocality],
];

it('chooses one of the nodes with the greatest weighted total', () => {
  const seen = { chosen: 0, rejected: 0 };
  const profile = defaultProfile({ ...inertParts, selectorOf });
  const { random } = inertParts.preemption;
  const property = fc.property(worlds, (world) => {
    const { pod, cluster } = cycleOf(world);
    const framework = new Framework(profile, cluster);
    const cycle = framework.newCycle(pod, cluster);
    const selected = new NodeSelection({ random, logger }).select(framework, cycle) as Selection;
    const feasible = reference.feasible(world);
    if (feasible.length === 0) {
      seen.rejected++;
      expect(selected.kind).toBe('rejected');
      return;
    }
    seen.chosen++;
    const totals = feasible.map(() => 0);
    for (const [weight, formula] of total)
      for (const [i, score] of formula(world, feasible).entries()) totals[i]! += weight * score;
    const best = feasible.filter((_, i) => totals[i] === Math.max(...totals));
    expect(selected.kind === 'node' && best.map((i) => `n${i}`)).toContain(
      selected.kind === 'node' && selected.node.name,
    );
  });
  fc.assert(property, runs);
  expect(Math.min(seen.chosen, seen.rejected)).toBeGreaterThan(10);
});
