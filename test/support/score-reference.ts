/**
 * What the Score plugins of the default profile are documented to say, written down as plainly as
 * they can be, over sketches instead of objects: no line is shared with the plugins. Formulas:
 * Kubernetes' scheduling documentation, KEP-895 for spreading, and the plugins' own reference.
 */
export const hostKey = 'kubernetes.io/hostname';
export const zoneKey = 'topology.kubernetes.io/zone';

export interface ContainerSketch {
  /** Undefined: not said. */
  readonly milliCpu: number | undefined;
  readonly mebibytes: number | undefined;
  readonly gpu: number;
  readonly image: string;
}

export interface AffinitySketch {
  readonly app: string;
  readonly key: string;
  /** Of a preferred term; anti-affinity is negative. */
  readonly weight: number;
  /** In both namespaces, not in the pod's own alone. */
  readonly everywhere: boolean;
}

export interface SpreadSketch {
  readonly app: string;
  readonly key: string;
  readonly maxSkew: number;
  readonly nodeAffinityPolicy: 'Honor' | 'Ignore';
  readonly nodeTaintsPolicy: 'Honor' | 'Ignore';
}

export interface ScoredPod {
  readonly app: string;
  readonly namespace: string;
  readonly terminating: boolean;
  readonly containers: readonly ContainerSketch[];
  readonly init: readonly ContainerSketch[];
  readonly tier: string | undefined;
  /** Keys of taints. */
  readonly tolerates: readonly string[];
  readonly likes: readonly { readonly key: string; readonly value: string; weight: number }[];
  readonly prefers: readonly AffinitySketch[];
  readonly requires: readonly AffinitySketch[];
  readonly spreads: readonly SpreadSketch[];
}

export interface ScoredNode {
  readonly milliCpu: number;
  readonly mebibytes: number;
  readonly gpu: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Keys of PreferNoSchedule taints; the one of NoSchedule is "hard". */
  readonly softTaints: readonly string[];
  readonly hardTaint: boolean;
  /** Sizes in MiB. */
  readonly images: Readonly<Record<string, number>>;
}

export interface World {
  readonly nodes: readonly ScoredNode[];
  readonly placed: readonly { readonly pod: ScoredPod; readonly on: number }[];
  readonly pod: ScoredPod;
}

/** The scores of the nodes at these indexes of the world's, in their order. */
export type Formula = (world: World, feasible: readonly number[]) => number[];

type Resource = 'cpu' | 'memory' | 'gpu';

const said = (of: ContainerSketch, resource: Resource): number | undefined =>
  resource === 'cpu' ? of.milliCpu : resource === 'memory' ? of.mebibytes : of.gpu;

function requested(pod: ScoredPod, resource: Resource, otherwise = 0): number {
  const of = (container: ContainerSketch) => said(container, resource) ?? otherwise;
  const together = pod.containers.map(of).reduce((sum, each) => sum + each, 0);
  return Math.max(together, ...pod.init.map(of));
}

/** What a container that says nothing counts for in NodeResourcesFit. */
const nonZero: Record<Resource, number> = { cpu: 100, memory: 200, gpu: 0 };

const offered = (node: ScoredNode, resource: Resource): number =>
  resource === 'cpu' ? node.milliCpu : resource === 'memory' ? node.mebibytes : node.gpu;

const on = ({ placed }: World, index: number): ScoredPod[] =>
  placed.filter((each) => each.on === index).map((each) => each.pod);

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0);

/** Where the pod may go at all, by the filters that these sketches can fail. */
export function feasible(world: World): number[] {
  const { nodes, pod } = world;
  return [...nodes.keys()].filter((index) => {
    const node = nodes[index]!;
    if (node.hardTaint && !pod.tolerates.includes('hard')) return false;
    if (pod.tier !== undefined && node.labels['tier'] !== pod.tier) return false;
    return (['cpu', 'memory', 'gpu'] as const).every((resource) => {
      const asked = requested(pod, resource);
      const used = sumOf(on(world, index).map((each) => requested(each, resource)));
      return asked === 0 || asked + used <= offered(node, resource);
    });
  });
}

export interface FitSketch {
  readonly type: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio';
  readonly weights: Readonly<Partial<Record<Resource, number>>>;
  readonly shape: readonly { readonly utilization: number; readonly score: number }[];
}

function onCurve(shape: FitSketch['shape'], percent: number): number {
  const points = shape.map(({ utilization, score }) => ({ at: utilization, height: score * 10 }));
  const before = points.filter(({ at }) => at < percent).at(-1);
  const after = points.find(({ at }) => at >= percent);
  if (before === undefined) return after!.height;
  if (after === undefined) return before.height;
  const run = after.at - before.at;
  return before.height + Math.trunc(((after.height - before.height) * (percent - before.at)) / run);
}

export function fit({ type, weights, shape }: FitSketch): Formula {
  const byOne = (used: number, all: number): number => {
    const most = Math.floor((Math.min(used, all) * 100) / all);
    if (type === 'RequestedToCapacityRatio') return onCurve(shape, most);
    if (type === 'MostAllocated') return most;
    return used > all ? 0 : Math.floor(((all - used) * 100) / all);
  };
  return (world, indexes) =>
    indexes.map((index) => {
      const scores: (readonly [number, number])[] = [];
      for (const [name, weight] of Object.entries(weights) as [Resource, number][]) {
        if (name === 'gpu' && requested(world.pod, 'gpu') === 0) continue;
        const all = offered(world.nodes[index]!, name);
        const pods = [...on(world, index), world.pod];
        const used = sumOf(pods.map((each) => requested(each, name, nonZero[name])));
        const score = byOne(used, all);
        if (type !== 'RequestedToCapacityRatio' || score > 0) scores.push([score, weight]);
      }
      if (scores.length === 0) return 0;
      const mean =
        sumOf(scores.map(([score, weight]) => score * weight)) /
        sumOf(scores.map(([, weight]) => weight));
      return type === 'RequestedToCapacityRatio' ? Math.round(mean) : Math.floor(mean);
    });
}

export const balanced =
  (resources: readonly Resource[]): Formula =>
  (world, indexes) =>
    indexes.map((index) => {
      if (resources.every((name) => requested(world.pod, name) === 0)) return 0;
      const pods = [...on(world, index), world.pod];
      const shares = resources.flatMap((name) => {
        if (name === 'gpu' && requested(world.pod, 'gpu') === 0) return [];
        const used = sumOf(pods.map((each) => requested(each, name)));
        return [Math.min(1, used / offered(world.nodes[index]!, name))];
      });
      const mean = sumOf(shares) / shares.length;
      const variance = sumOf(shares.map((share) => (share - mean) ** 2)) / shares.length;
      // Of two the deviation is half the distance: exactly, without a root.
      const exact = Math.abs(shares[0]! - shares[1]!) / 2;
      return Math.floor((1 - (shares.length === 2 ? exact : Math.sqrt(variance))) * 100);
    });

/** The highest becomes 100. */
function toHundred(raw: readonly number[]): number[] {
  const highest = Math.max(...raw);
  return raw.map((each) => (highest === 0 ? 0 : Math.floor((each * 100) / highest)));
}

export const nodeAffinity: Formula = ({ nodes, pod }, indexes) =>
  toHundred(
    indexes.map((index) =>
      sumOf(
        pod.likes
          .filter(({ key, value }) => nodes[index]!.labels[key] === value)
          .map(({ weight }) => weight),
      ),
    ),
  );

export const taintToleration: Formula = ({ nodes, pod }, indexes) => {
  const untolerated = (index: number): number =>
    nodes[index]!.softTaints.filter((key) => !pod.tolerates.includes(key)).length;
  return toHundred(indexes.map(untolerated)).map((share) => 100 - share);
};

const means = (term: AffinitySketch, holder: ScoredPod, other: ScoredPod): boolean =>
  term.app === other.app && (term.everywhere || holder.namespace === other.namespace);

export interface InterPodSketch {
  readonly hardPodAffinityWeight: number;
  readonly ignorePreferredTermsOfExistingPods: boolean;
}

export function interPodAffinity(args: InterPodSketch): Formula {
  return ({ nodes, placed, pod }, indexes) => {
    const raw = indexes.map((index) => {
      let score = 0;
      for (const { pod: other, on: where } of placed) {
        const together = (key: string): boolean => {
          const value = nodes[index]!.labels[key];
          return value !== undefined && nodes[where]!.labels[key] === value;
        };
        for (const term of pod.prefers)
          if (means(term, pod, other) && together(term.key)) score += term.weight;
        for (const term of other.requires)
          if (means(term, other, pod) && together(term.key)) score += args.hardPodAffinityWeight;
        if (args.ignorePreferredTermsOfExistingPods) continue;
        for (const term of other.prefers)
          if (means(term, other, pod) && together(term.key)) score += term.weight;
      }
      return score;
    });
    const lowest = Math.min(...raw);
    const span = Math.max(...raw) - lowest;
    return raw.map((each) => (span === 0 ? 0 : Math.floor(((each - lowest) * 100) / span)));
  };
}

/** `defaults`: for pods without constraints of their own; `lenient`, nodes may lack the labels. */
export function spreading(defaults: (pod: ScoredPod) => readonly SpreadSketch[]): Formula {
  return (world, indexes) => {
    const { nodes, pod } = world;
    const lenient = pod.spreads.length === 0;
    const constraints = lenient ? defaults(pod) : pod.spreads;
    if (constraints.length === 0) return indexes.map(() => 0);
    const has = (index: number): boolean =>
      lenient || constraints.every(({ key }) => nodes[index]!.labels[key] !== undefined);
    const counted = indexes.filter(has);
    const raw = counted.map((index) => {
      let score = 0;
      for (const { key, maxSkew, ...rest } of constraints) {
        const value = nodes[index]!.labels[key];
        if (value === undefined) continue;
        const domains =
          key === hostKey
            ? counted.length
            : new Set(counted.map((each) => nodes[each]!.labels[key])).size;
        const members = [...nodes.keys()].filter((each) =>
          key === hostKey
            ? each === index
            : nodes[each]!.labels[key] === value && has(each) && counts(world, each, rest),
        );
        const isMeant = (other: ScoredPod): boolean =>
          other.app === rest.app && other.namespace === pod.namespace && !other.terminating;
        const pods = sumOf(members.map((each) => on(world, each).filter(isMeant).length));
        score += pods * Math.log(domains + 2) + (maxSkew - 1);
      }
      return Math.round(score);
    });
    const highest = Math.max(...raw);
    const lowest = Math.min(...raw);
    return indexes.map((index) => {
      if (!has(index)) return 0;
      if (highest === 0) return 100;
      return Math.floor(((highest + lowest - raw[counted.indexOf(index)]!) * 100) / highest);
    });
  };
}

type Policies = Pick<SpreadSketch, 'nodeAffinityPolicy' | 'nodeTaintsPolicy'>;

function counts({ nodes, pod }: World, index: number, policies: Policies): boolean {
  const { labels, hardTaint } = nodes[index]!;
  const matches = pod.tier === undefined || labels['tier'] === pod.tier;
  if (policies.nodeAffinityPolicy === 'Honor' && !matches) return false;
  return policies.nodeTaintsPolicy === 'Ignore' || !hardTaint || pod.tolerates.includes('hard');
}

export const imageLocality: Formula = ({ nodes, pod }, indexes) => {
  const images = [...pod.init, ...pod.containers].map(({ image }) =>
    image.split('/').at(-1)!.includes(':') ? image : `${image}:latest`,
  );
  const mebibyte = 2 ** 20;
  const atMost = images.length * 1000 * mebibyte;
  const atLeast = 23 * mebibyte;
  return indexes.map((index) => {
    const bytes = sumOf(
      images.map((image) => {
        const having = nodes.filter((node) => node.images[image] !== undefined).length;
        const size = (nodes[index]!.images[image] ?? 0) * mebibyte;
        return Math.floor((size * having) / nodes.length);
      }),
    );
    const counted = Math.min(Math.max(bytes, atLeast), atMost) - atLeast;
    return Math.floor((100 * counted) / (atMost - atLeast));
  });
};
