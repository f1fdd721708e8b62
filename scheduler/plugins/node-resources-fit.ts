import { resourcesOf, type Resources } from '../../api/scheduling/requests.ts';
import { wholeValue } from '../../api/quantity.ts';
import type { ClusterEvent } from '../framework/events.ts';
import {
  maxNodeScore,
  type Cycle,
  type EnqueueExtensions,
  type FilterPlugin,
  type ScorePlugin,
} from '../framework/interface.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { Reasons, type Status } from '../framework/status.ts';

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

function leastAllocated(used: number, asked: number, offered: number): number {
  const total = used + asked;
  return total > offered ? 0 : Math.floor(((offered - total) * maxNodeScore) / offered);
}

/** Requests fit into what is allocatable and not yet requested; the emptiest node is the best. */
export const nodeResourcesFit: FilterPlugin & ScorePlugin & EnqueueExtensions = {
  name: 'NodeResourcesFit',
  interests: [
    { on: 'NodeAdd', helps: fitsEmpty },
    { on: 'NodeAllocatable', helps: fitsEmpty },
    { on: 'AssignedPodDelete' },
    { on: 'AssignedPodScaleDown' },
  ],
  filter(cycle: Cycle, node: NodeInfo): Status | undefined {
    const { requests } = cycle.pod;
    const { allocatable, requested } = node;
    const full = node.pods.size + 1 > node.allowedPods;
    if (!full && fits(requests, allocatable, requested)) return undefined;
    const reasons = lacking(requests, allocatable, requested).map((name) => `Insufficient ${name}`);
    // Evicting pods cannot help a pod that is larger than the whole node.
    const tooLarge = reasons.length > 0 && !fits(requests, allocatable, noneUsed);
    if (full) reasons.unshift('Too many pods');
    return rejections.get(tooLarge ? 'UnschedulableAndUnresolvable' : 'Unschedulable', reasons);
  },
  /** LeastAllocated over cpu and memory, weight 1 each. */
  score({ pod }, { allocatable, scoringRequested }) {
    const asked = pod.scoringRequests;
    let score = 0;
    let resources = 0;
    if (allocatable.milliCpu > 0) {
      score += leastAllocated(scoringRequested.milliCpu, asked.milliCpu, allocatable.milliCpu);
      resources++;
    }
    if (allocatable.memory > 0) {
      score += leastAllocated(scoringRequested.memory, asked.memory, allocatable.memory);
      resources++;
    }
    return resources === 0 ? 0 : Math.floor(score / resources);
  },
};
