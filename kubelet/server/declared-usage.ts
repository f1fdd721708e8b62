/**
 * What containers, pods and nodes use, as their annotations declare it (`api/hollow-usage.ts`),
 * added up from scrape to scrape: CPU seconds are the declared cores times the time since the
 * scrape before, for a container's first scrape since it started. A declaration that changes in
 * between counts from the earlier one.
 */
import {
  containerUsage,
  type HollowUsage,
  nodeUsage,
  runningContainers,
} from '../../api/hollow-usage.ts';
import { uidOf } from '../../api/meta.ts';
import { parseTime } from '../../api/time.ts';
import type { Container, ContainerStatus, Node, Pod } from '../../api/types/core-v1.ts';
import type { Clock } from '../../platform/clock.ts';
import type { HostedPods } from './hosted-pods.ts';

export interface ContainerUse {
  readonly pod: Pod;
  readonly container: Container;
  readonly status: ContainerStatus;
  readonly startMs: number;
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}

export interface Usage {
  readonly nodes: readonly Node[];
  readonly containers: readonly ContainerUse[];
  /** Of all these nodes, with what ended containers used. */
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}

/** CPU used until a moment. */
interface Used {
  readonly atMs: number;
  readonly seconds: number;
}

const statusOf = ({ status }: Pod, { name }: Container): ContainerStatus | undefined =>
  [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find(
    (each) => each.name === name,
  );

export class DeclaredUsage {
  readonly #clock: Clock;
  readonly #pods: HostedPods;
  readonly #startedMs: number;
  /** By what was asked for (one node, or all), then by container run and by node. */
  readonly #used = new Map<string, ReadonlyMap<string, Used>>();

  constructor(clock: Clock, pods: HostedPods) {
    this.#clock = clock;
    this.#pods = pods;
    this.#startedMs = clock.now();
  }

  /** Of one node, or the sum over all. */
  scrape(node: string | undefined): Usage {
    const nowMs = this.#clock.now();
    const before = this.#used.get(node ?? '');
    const after = new Map<string, Used>();
    /** `sinceMs`: when it began, if no scrape has seen it. */
    const use = (key: string, usage: HollowUsage, sinceMs: number) => {
      const { atMs, seconds } = before?.get(key) ?? { atMs: sinceMs, seconds: 0 };
      const more = (Math.max(0, nowMs - atMs) / 1000) * (usage.milliCpu / 1000);
      after.set(key, { atMs: nowMs, seconds: seconds + more });
      return { seconds: seconds + more, more };
    };
    let more = 0;
    let memoryBytes = 0;
    const containers: ContainerUse[] = [];
    for (const pod of this.#pods.list(node)) {
      for (const container of runningContainers(pod)) {
        const status = statusOf(pod, container);
        const startMs = parseTime(status?.state?.running?.startedAt ?? '');
        if (status?.containerID === undefined || startMs === undefined) continue;
        const usage = containerUsage(pod, container);
        const used = use(`${uidOf(pod)}/${container.name}/${startMs}`, usage, startMs);
        const amounts = { cpuSeconds: used.seconds, memoryBytes: usage.memoryBytes };
        containers.push({ pod, container, status, startMs, ...amounts });
        more += used.more;
        memoryBytes += usage.memoryBytes;
      }
    }
    const nodes = this.#pods.nodes(node);
    for (const own of nodes) {
      const usage = nodeUsage(own);
      more += use(`node/${uidOf(own)}`, usage, this.#startedMs).more;
      memoryBytes += usage.memoryBytes;
    }
    // What ended containers used stays with the node.
    const cpuSeconds = (before?.get('nodes')?.seconds ?? 0) + more;
    after.set('nodes', { atMs: nowMs, seconds: cpuSeconds });
    this.#used.set(node ?? '', after);
    return { nodes, containers, cpuSeconds, memoryBytes };
  }
}
