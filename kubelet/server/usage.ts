/**
 * What containers, pods and nodes use: as it was measured, or as their annotations declare it
 * (`api/hollow-usage.ts`). What is declared is added up from scrape to scrape: CPU seconds are the
 * declared cores times the time since the scrape before, for a container's first scrape since it
 * started. A declaration that changes in between counts from the earlier one.
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
import { statusOf } from '../container-record.ts';
import type { ContainerUse } from '../container-streams.ts';
import type { HostedPods } from './hosted-pods.ts';

export interface UsedContainer extends ContainerUse {
  readonly pod: Pod;
  readonly container: Container;
  readonly status: ContainerStatus;
  readonly startMs: number;
}

/** Of all these nodes, with the CPU time of containers that have ended. */
export interface Usage extends ContainerUse {
  readonly nodes: readonly Node[];
  readonly containers: readonly UsedContainer[];
}

/** CPU used until a moment. */
interface Used {
  readonly atMs: number;
  readonly seconds: number;
}

type Use = Pick<ContainerUse, 'cores' | 'memoryBytes'>;

export class UsageMeter {
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

  /** Of one node, or the sum over all; without containers that are still to be measured. */
  scrape(node: string | undefined): Usage {
    const nowMs = this.#clock.now();
    const before = this.#used.get(node ?? '');
    const after = new Map<string, Used>();
    const total = { cpuSeconds: before?.get('nodes')?.seconds ?? 0, cores: 0, memoryBytes: 0 };
    const count = (key: string, seconds: number, { cores, memoryBytes }: Use): void => {
      after.set(key, { atMs: nowMs, seconds });
      total.cpuSeconds += Math.max(0, seconds - (before?.get(key)?.seconds ?? 0));
      total.cores += cores;
      total.memoryBytes += memoryBytes;
    };
    /** `sinceMs`: when it began, if no scrape has seen it. */
    const declared = (key: string, use: Use, sinceMs: number): number => {
      const { atMs, seconds } = before?.get(key) ?? { atMs: sinceMs, seconds: 0 };
      return seconds + (Math.max(0, nowMs - atMs) / 1000) * use.cores;
    };
    const containers: UsedContainer[] = [];
    for (const run of this.#runs(node)) {
      const { pod, container, startMs } = run;
      const key = `${uidOf(pod)}/${container.name}/${startMs}`;
      const measured = this.#pods.usage(pod, container.name);
      if (measured === 'pending') continue;
      const use = measured ?? coresOf(containerUsage(pod, container));
      const cpuSeconds = measured?.cpuSeconds ?? declared(key, use, startMs);
      count(key, cpuSeconds, use);
      containers.push({ ...run, ...use, atMs: measured?.atMs ?? nowMs, cpuSeconds });
    }
    const nodes = this.#pods.nodes(node);
    for (const own of nodes) {
      const key = `node/${uidOf(own)}`;
      const use = coresOf(nodeUsage(own));
      count(key, declared(key, use, this.#startedMs), use);
    }
    // What ended containers used stays with the node.
    after.set('nodes', { atMs: nowMs, seconds: total.cpuSeconds });
    this.#used.set(node ?? '', after);
    return { atMs: nowMs, nodes, containers, ...total };
  }

  *#runs(node: string | undefined): Generator<Omit<UsedContainer, keyof ContainerUse>> {
    for (const pod of this.#pods.list(node))
      for (const container of runningContainers(pod)) {
        const status = statusOf(pod, container.name);
        const startMs = parseTime(status?.state?.running?.startedAt ?? '');
        if (status?.containerID === undefined || startMs === undefined) continue;
        yield { pod, container, status, startMs };
      }
  }
}

const coresOf = ({ milliCpu, memoryBytes }: HollowUsage): Use => ({
  cores: milliCpu / 1000,
  memoryBytes,
});
