import { amountOf, isScalar, resourcesOf, type Resources } from '../../api/scheduling/requests.ts';
import { wholeValue } from '../../api/quantity.ts';
import type { Node } from '../../api/types/core-v1.ts';
import type { ClusterEvent } from '../framework/events.ts';
import type {
  Cycle,
  EnqueueExtensions,
  FilterPlugin,
  ScorePlugin,
} from '../framework/interface.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { Reasons, type Status } from '../framework/status.ts';
import { fits, lacking } from './resource-usage.ts';
import {
  leastAllocated,
  mostAllocated,
  requestedToCapacityRatio,
  type ResourceScore,
  type UtilizationPoint,
} from './resource-strategies.ts';

const noneUsed: Resources = resourcesOf({});

const rejections = new Reasons();

/** By what is lacking of cpu, memory and pods: the common rejections, without making texts. */
const commonRejections: (Status | undefined)[] = [];

/** Room left on an otherwise empty node of this size, before the cache knows it. */
function fitsEmpty({ requests }: PodInfo, event: ClusterEvent): boolean {
  if (!('node' in event)) return false;
  const allocatable = event.node.status?.allocatable;
  return (
    wholeValue(allocatable?.['pods'] ?? 0) > 0 && fits(requests, resourcesOf(allocatable), noneUsed)
  );
}

/** A node has more than before of something that the pod needs. */
function grows(pod: PodInfo, event: ClusterEvent): boolean {
  if (event.kind !== 'NodeAllocatable') return false;
  const { old, node } = event;
  const before = resourcesOf(old.status?.allocatable);
  const after = resourcesOf(node.status?.allocatable);
  const podsOf = ({ status }: Node): number => wholeValue(status?.allocatable?.['pods'] ?? 0);
  const { milliCpu, memory, ephemeralStorage, scalars } = pod.requests;
  return (
    podsOf(node) > podsOf(old) ||
    (milliCpu > 0 && after.milliCpu > before.milliCpu) ||
    (memory > 0 && after.memory > before.memory) ||
    (ephemeralStorage > 0 && after.ephemeralStorage > before.ephemeralStorage) ||
    [...scalars.keys()].some(
      (name) => (after.scalars.get(name) ?? 0) > (before.scalars.get(name) ?? 0),
    )
  );
}

export interface WeightedResource {
  readonly name: string;
  readonly weight: number;
}

export interface NodeResourcesFitArgs {
  readonly type: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio';
  readonly resources: readonly WeightedResource[];
  /** For RequestedToCapacityRatio. */
  readonly shape: readonly UtilizationPoint[];
  /** Extended resources that the filter does not look at. */
  readonly ignoredResources: readonly string[];
  /** The same by the part of the name before the slash. */
  readonly ignoredResourceGroups: readonly string[];
}

const defaults: NodeResourcesFitArgs = {
  type: 'LeastAllocated',
  resources: [
    { name: 'cpu', weight: 1 },
    { name: 'memory', weight: 1 },
  ],
  shape: [],
  ignoredResources: [],
  ignoredResourceGroups: [],
};

function scoreOf({ type, shape }: NodeResourcesFitArgs): ResourceScore {
  switch (type) {
    case 'LeastAllocated':
      return leastAllocated;
    case 'MostAllocated':
      return mostAllocated;
    case 'RequestedToCapacityRatio':
      return requestedToCapacityRatio(shape);
  }
}

/** Requests without the extended resources that are to be ignored. */
function considered(requests: Resources, args: NodeResourcesFitArgs): Resources {
  const { ignoredResources, ignoredResourceGroups } = args;
  if (requests.scalars.size === 0) return requests;
  if (ignoredResources.length + ignoredResourceGroups.length === 0) return requests;
  const scalars = new Map(requests.scalars);
  for (const name of requests.scalars.keys())
    if (ignoredResources.includes(name) || ignoredResourceGroups.includes(name.split('/')[0]!))
      scalars.delete(name);
  return { ...requests, scalars };
}

const textOf = ({ milliCpu, memory, ephemeralStorage, scalars }: Resources): string =>
  JSON.stringify([milliCpu, memory, ephemeralStorage, [...scalars].sort()]);

/** Why the pod does not fit; it does not. */
function rejection(requests: Resources, node: NodeInfo): Status {
  const { allocatable: offered, requested: used } = node;
  const full = node.pods.size + 1 > node.allowedPods;
  const simple = requests.scalars.size === 0 && requests.ephemeralStorage === 0;
  const cpu = requests.milliCpu > 0 && requests.milliCpu > offered.milliCpu - used.milliCpu;
  const memory = requests.memory > 0 && requests.memory > offered.memory - used.memory;
  // Evicting pods cannot help a pod that is larger than the whole node.
  const tooLarge = !fits(requests, offered, noneUsed);
  const index = (full ? 1 : 0) + (cpu ? 2 : 0) + (memory ? 4 : 0) + (tooLarge ? 8 : 0);
  const known = simple ? commonRejections[index] : undefined;
  if (known !== undefined) return known;
  const reasons = lacking(requests, offered, used).map((name) => `Insufficient ${name}`);
  if (full) reasons.unshift('Too many pods');
  const code = tooLarge ? 'UnschedulableAndUnresolvable' : 'Unschedulable';
  const status = rejections.get(code, reasons);
  if (simple) commonRejections[index] = status;
  return status;
}

/** What the node would have used of a resource with the pod on it. */
function usedWith(pod: PodInfo, node: NodeInfo, name: string): number {
  // Scoring takes it that every container uses some cpu and memory.
  const scoring = name === 'cpu' || name === 'memory';
  const ofNode = amountOf(scoring ? node.scoringRequested : node.requested, name);
  return ofNode + amountOf(scoring ? pod.scoringRequests : pod.requests, name);
}

/** Extended resources count only for pods that ask for them. */
const counts = (pod: PodInfo, name: string): boolean =>
  !isScalar(name) || amountOf(pod.requests, name) > 0;

type Points = FilterPlugin & ScorePlugin & EnqueueExtensions;

/** Requests fit into what is allocatable and not yet requested; the strategy ranks the nodes. */
export function nodeResourcesFit(given: Partial<NodeResourcesFitArgs> = {}): Points {
  const args = { ...defaults, ...given };
  const score = scoreOf(args);
  // Kubernetes leaves resources that score 0 out of this strategy's mean, and rounds it.
  const byRatio = args.type === 'RequestedToCapacityRatio';
  return {
    name: 'NodeResourcesFit',
    interests: [
      { on: 'NodeAdd', helps: fitsEmpty },
      { on: 'NodeAllocatable', helps: (pod, event) => grows(pod, event) && fitsEmpty(pod, event) },
      { on: 'AssignedPodDelete' },
      { on: 'AssignedPodScaleDown' },
    ],
    filter({ pod }: Cycle, node: NodeInfo): Status | undefined {
      const requests = considered(pod.requests, args);
      if (
        node.pods.size + 1 <= node.allowedPods &&
        fits(requests, node.allocatable, node.requested)
      )
        return undefined;
      return rejection(requests, node);
    },
    sign: ({ requests }) => textOf(considered(requests, args)),
    refusesWith({ pod }, node, added) {
      if (node.pods.size + 2 > node.allowedPods) return true;
      const { milliCpu: cpu, memory } = pod.requests;
      const { allocatable, requested } = node;
      const left = allocatable.milliCpu - requested.milliCpu - added.requests.milliCpu;
      if (cpu > 0 && cpu > left) return true;
      return memory > 0 && memory > allocatable.memory - requested.memory - added.requests.memory;
    },
    score({ pod }, node) {
      let total = 0;
      let weights = 0;
      for (const { name, weight } of args.resources) {
        if (!counts(pod, name)) continue;
        const offered = amountOf(node.allocatable, name);
        if (offered === 0 && !byRatio) continue;
        const own = offered === 0 ? score(1, 0) : score(usedWith(pod, node, name), offered);
        if (byRatio && own === 0) continue;
        total += weight * own;
        weights += weight;
      }
      if (weights === 0) return 0;
      return byRatio ? Math.round(total / weights) : Math.floor(total / weights);
    },
  };
}
