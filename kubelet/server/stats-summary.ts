/** /stats/summary of the kubelet, as far as CPU and memory go. */
import { uidOf } from '../../api/meta.ts';
import type { ContainerStats, NodeSummary, PodStats } from '../../api/stats-summary.ts';
import { formatTime } from '../../api/time.ts';
import type { Node } from '../../api/types/core-v1.ts';
import type { ContainerUse } from '../container-streams.ts';
import type { Usage, UsedContainer } from './usage.ts';

const NANO = 1e9;

function amounts(use: ContainerUse): Pick<ContainerStats, 'cpu' | 'memory'> {
  const time = formatTime(use.atMs);
  const bytes = use.memoryBytes;
  return {
    cpu: {
      time,
      usageNanoCores: Math.round(use.cores * NANO),
      usageCoreNanoSeconds: Math.round(use.cpuSeconds * NANO),
    },
    memory: { time, usageBytes: bytes, workingSetBytes: bytes, rssBytes: bytes },
  };
}

function together(uses: readonly ContainerUse[]): ContainerUse {
  const sum = (of: (use: ContainerUse) => number): number =>
    uses.reduce((before, use) => before + of(use), 0);
  return {
    atMs: Math.min(...uses.map(({ atMs }) => atMs)),
    cpuSeconds: sum(({ cpuSeconds }) => cpuSeconds),
    cores: sum(({ cores }) => cores),
    memoryBytes: sum(({ memoryBytes }) => memoryBytes),
  };
}

function statsOfPod(containers: readonly [UsedContainer, ...UsedContainer[]]): PodStats {
  const { pod } = containers[0];
  const { name = '', namespace = '' } = pod.metadata;
  return {
    podRef: { name, namespace, uid: uidOf(pod) },
    startTime: pod.status?.startTime ?? null,
    containers: containers.map((each) => ({
      name: each.container.name,
      startTime: formatTime(each.startMs),
      ...amounts(each),
    })),
    ...amounts(together(containers)),
  };
}

export function statsSummary(node: Node, usage: Omit<Usage, 'nodes'>): NodeSummary {
  const byPod = new Map<string, [UsedContainer, ...UsedContainer[]]>();
  for (const each of usage.containers) {
    const before = byPod.get(uidOf(each.pod));
    if (before === undefined) byPod.set(uidOf(each.pod), [each]);
    else before.push(each);
  }
  return {
    node: {
      nodeName: node.metadata.name ?? '',
      startTime: node.metadata.creationTimestamp ?? null,
      ...amounts(usage),
    },
    pods: [...byPod.values()].map(statsOfPod),
  };
}
