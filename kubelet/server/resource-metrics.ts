/**
 * /metrics/resource of the kubelet, which metrics-server reads: what containers, pods and nodes
 * use, as their annotations declare it (`api/hollow-usage.ts`).
 *
 * CPU seconds are the declared cores times the time since the scrape before, for a container's
 * first scrape since it started: a declaration that changes in between counts from the earlier one.
 */
import {
  containerUsage,
  type HollowUsage,
  nodeUsage,
  runningContainers,
} from '../../api/hollow-usage.ts';
import { uidOf } from '../../api/meta.ts';
import { parseTime } from '../../api/time.ts';
import type { Container, Pod } from '../../api/types/core-v1.ts';
import type { Clock } from '../../platform/clock.ts';
import { Metrics } from '../../platform/metrics/metrics.ts';
import type { HostedPods } from './hosted-pods.ts';

/** CPU used until a moment. */
interface Used {
  readonly atMs: number;
  readonly seconds: number;
}

const podLabels = ['namespace', 'pod'];
const containerLabels = ['container', ...podLabels];

function families(metrics: Metrics) {
  const of = (name: string, labels: readonly string[]) => ({
    cpu: metrics.counter(`${name}_cpu_usage_seconds_total`, 'Declared CPU time.', labels),
    memory: metrics.gauge(`${name}_memory_working_set_bytes`, 'Declared memory.', labels),
  });
  return {
    node: of('node', []),
    pod: of('pod', podLabels),
    container: of('container', containerLabels),
    started: metrics.gauge('container_start_time_seconds', 'Since 1970.', containerLabels),
    error: metrics.gauge('resource_scrape_error', '1 if usage could not be told.'),
  };
}

const startOf = ({ status }: Pod, { name }: Container): number => {
  const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  const { state, containerID } = statuses.find((each) => each.name === name) ?? {};
  const startedAt = containerID === undefined ? undefined : state?.running?.startedAt;
  return parseTime(startedAt ?? '') ?? NaN;
};

export class ResourceMetrics {
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
  scrape(node: string | undefined): Metrics {
    const metrics = new Metrics();
    const shown = families(metrics);
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
    let memory = 0;
    for (const pod of this.#pods.list(node)) {
      const { namespace = '', name = '' } = pod.metadata;
      for (const container of runningContainers(pod)) {
        const startMs = startOf(pod, container);
        if (Number.isNaN(startMs)) continue;
        const usage = containerUsage(pod, container);
        const used = use(`${uidOf(pod)}/${container.name}/${startMs}`, usage, startMs);
        const labels = [container.name, namespace, name];
        shown.container.cpu.with(...labels).value = used.seconds;
        shown.container.memory.with(...labels).value = usage.memoryBytes;
        shown.started.with(...labels).value = startMs / 1000;
        shown.pod.cpu.with(namespace, name).add(used.seconds);
        shown.pod.memory.with(namespace, name).add(usage.memoryBytes);
        more += used.more;
        memory += usage.memoryBytes;
      }
    }
    for (const own of this.#pods.nodes(node)) {
      const usage = nodeUsage(own);
      more += use(`node/${uidOf(own)}`, usage, this.#startedMs).more;
      memory += usage.memoryBytes;
    }
    // What ended containers used stays with the node.
    const seconds = (before?.get('nodes')?.seconds ?? 0) + more;
    after.set('nodes', { atMs: nowMs, seconds });
    this.#used.set(node ?? '', after);
    shown.node.cpu.with().value = seconds;
    shown.node.memory.with().value = memory;
    shown.error.with().value = 0;
    return metrics;
  }
}
