import { resourcesOf, type Resources } from '../../api/scheduling/requests.ts';
import { wholeValue } from '../../api/quantity.ts';
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
import {
  leastAllocated,
  mostAllocated,
  requestedToCapacityRatio,
  type ResourceScore,
  type UtilizationPoint,
} from './resource-strategies.ts';

const noneUsed: Resources = resourcesOf({});

const rejections = new Reasons();

function fits(asked: Resources, offered: Resources, used: Resources): boolean {
  return (
    (asked.milliCpu === 0 || asked.milliCpu <= offered.milliCpu - used.milliCpu) &&
    (asked.memory === 0 || asked.memory <= offered.memory - used.memory) &&
    (asked.ephemeralStorage === 0 ||
      asked.ephemeralStorage <= offered.ephemeralStorage - used.ephemeralStorage) &&
    (asked.scalars.size === 0 || lackingScalars(asked, offered, used).length === 0)
  );
}

function lackingScalars(asked: Resources, offered: Resources, used: Resources): string[] {
  const lacking: string[] = [];
  for (const [name, amount] of asked.scalars) {
    const free = (offered.scalars.get(name) ?? 0) - (used.scalars.get(name) ?? 0);
    if (amount > 0 && amount > free) lacking.push(name);
  }
  return lacking;
}

function lacking(asked: Resources, offered: Resources, used: Resources): string[] {
  const names: string[] = [];
  const check = (name: string, amount: number, free: number): void => {
    if (amount > 0 && amount > free) names.push(name);
  };
  check('cpu', asked.milliCpu, offered.milliCpu - used.milliCpu);
  check('memory', asked.memory, offered.memory - used.memory);
  const storage = offered.ephemeralStorage - used.ephemeralStorage;
  check('ephemeral-storage', asked.ephemeralStorage, storage);
  return [...names, ...lackingScalars(asked, offered, used)];
}

/** Room left on an otherwise empty node of this size, before the cache knows it. */
function fitsEmpty({ requests }: PodInfo, event: ClusterEvent): boolean {
  if (!('node' in event)) return false;
  const allocatable = event.node.status?.allocatable;
  return (
    wholeValue(allocatable?.['pods'] ?? 0) > 0 && fits(requests, resourcesOf(allocatable), noneUsed)
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

/** What is used of a resource with the pod on the node; undefined where it does not count. */
function usage(pod: PodInfo, node: NodeInfo, name: string): [number, number] | undefined {
  const { allocatable, scoringRequested: used, requested } = node;
  const asked = pod.scoringRequests;
  switch (name) {
    case 'cpu':
      return [used.milliCpu + asked.milliCpu, allocatable.milliCpu];
    case 'memory':
      return [used.memory + asked.memory, allocatable.memory];
    case 'ephemeral-storage': {
      const total = requested.ephemeralStorage + pod.requests.ephemeralStorage;
      return [total, allocatable.ephemeralStorage];
    }
    default: {
      const own = pod.requests.scalars.get(name) ?? 0;
      if (own === 0) return undefined;
      return [(requested.scalars.get(name) ?? 0) + own, allocatable.scalars.get(name) ?? 0];
    }
  }
}

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
      { on: 'NodeAllocatable', helps: fitsEmpty },
      { on: 'AssignedPodDelete' },
      { on: 'AssignedPodScaleDown' },
    ],
    filter({ pod }: Cycle, node: NodeInfo): Status | undefined {
      const requests = considered(pod.requests, args);
      const { allocatable, requested } = node;
      const full = node.pods.size + 1 > node.allowedPods;
      if (!full && fits(requests, allocatable, requested)) return undefined;
      const lacked = lacking(requests, allocatable, requested);
      // Evicting pods cannot help a pod that is larger than the whole node.
      const tooLarge = lacked.length > 0 && !fits(requests, allocatable, noneUsed);
      const reasons = lacked.map((name) => `Insufficient ${name}`);
      if (full) reasons.unshift('Too many pods');
      return rejections.get(tooLarge ? 'UnschedulableAndUnresolvable' : 'Unschedulable', reasons);
    },
    score({ pod }, node) {
      let total = 0;
      let weights = 0;
      for (const { name, weight } of args.resources) {
        const used = usage(pod, node, name);
        if (used === undefined || (used[1] === 0 && !byRatio)) continue;
        const own = used[1] === 0 ? score(1, 0) : score(used[0], used[1]);
        if (byRatio && own === 0) continue;
        total += weight * own;
        weights += weight;
      }
      if (weights === 0) return 0;
      return byRatio ? Math.round(total / weights) : Math.floor(total / weights);
    },
  };
}
