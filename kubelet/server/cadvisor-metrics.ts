/**
 * /metrics/cadvisor of the kubelet, as far as boards about nodes and pods ask for it: what
 * containers use, what they may use, and what the machines have. There are no
 * cgroups, disks and networks of pods to count, so their series are not there.
 */
import { uidOf } from '../../api/meta.ts';
import { milliValue, wholeValue } from '../../api/quantity.ts';
import type { Node } from '../../api/types/core-v1.ts';
import { Metrics } from '../../platform/metrics/metrics.ts';
import type { Usage, UsedContainer } from './usage.ts';

const labels = ['container', 'id', 'image', 'name', 'namespace', 'pod'];
const cpuLabels = ['container', 'cpu', ...labels.slice(1)];
const machineLabels = ['boot_id', 'machine_id', 'system_uuid'];

/** Of Linux' CPU controller: microseconds, and shares of a core. */
const PERIOD = 100_000;
const SHARES = 1024;
const LEAST_SHARES = 2;

/** As a kubelet with the cgroupfs driver lays them out. */
function cgroupOf({ pod }: UsedContainer, id: string): string {
  const qos = pod.status?.qosClass;
  const level = qos === undefined || qos === 'Guaranteed' ? '' : `/${qos.toLowerCase()}`;
  return `/kubepods${level}/pod${uidOf(pod)}/${id}`;
}

function valuesOf(use: UsedContainer): readonly string[] {
  const { pod, container, status } = use;
  const id = status.containerID!.split('://').at(-1)!;
  const { namespace = '', name = '' } = pod.metadata;
  return [container.name, cgroupOf(use, id), status.image, id, namespace, name];
}

export function cadvisorMetrics(usage: Usage): Metrics {
  const metrics = new Metrics();
  const gauge = (name: string, help: string) => metrics.gauge(`container_${name}`, help, labels);
  const cpu = metrics.counter('container_cpu_usage_seconds_total', 'CPU time.', cpuLabels);
  const working = gauge('memory_working_set_bytes', 'Memory.');
  const used = gauge('memory_usage_bytes', 'The same.');
  const resident = gauge('memory_rss', 'The same: none of it is cache or swapped.');
  const cache = gauge('memory_cache', 'None.');
  const swap = gauge('memory_swap', 'None.');
  const started = gauge('start_time_seconds', 'Since 1970.');
  const period = gauge('spec_cpu_period', 'Microseconds in which the quota holds.');
  const quota = gauge('spec_cpu_quota', 'Microseconds of each period; absent without a limit.');
  const shares = gauge('spec_cpu_shares', 'What is requested, 1024 for a core.');
  const limit = gauge('spec_memory_limit_bytes', '0 without a limit.');
  for (const use of usage.containers) {
    const [container = '', ...others] = valuesOf(use);
    const all = [container, ...others];
    cpu.with(container, 'total', ...others).value = use.cpuSeconds;
    for (const family of [working, used, resident]) family.with(...all).value = use.memoryBytes;
    for (const family of [cache, swap]) family.with(...all).value = 0;
    started.with(...all).value = use.startMs / 1000;
    const { limits, requests } = use.container.resources ?? {};
    const milliCpu = limits?.['cpu'] === undefined ? undefined : milliValue(limits['cpu']);
    period.with(...all).value = PERIOD;
    if (milliCpu !== undefined) quota.with(...all).value = (milliCpu * PERIOD) / 1000;
    const asked = milliValue(requests?.['cpu'] ?? 0);
    shares.with(...all).value = Math.max(LEAST_SHARES, Math.floor((asked * SHARES) / 1000));
    limit.with(...all).value = wholeValue(limits?.['memory'] ?? 0);
  }
  machines(metrics, usage.nodes);
  return metrics;
}

function machines(metrics: Metrics, nodes: readonly Node[]): void {
  const cores = metrics.gauge('machine_cpu_cores', "The node's.", machineLabels);
  const memory = metrics.gauge('machine_memory_bytes', "The node's.", machineLabels);
  for (const { status } of nodes) {
    const { bootID = '', machineID = '', systemUUID = '' } = status?.nodeInfo ?? {};
    const values = [bootID, machineID, systemUUID];
    cores.with(...values).value = wholeValue(status?.capacity?.['cpu'] ?? 0);
    memory.with(...values).value = wholeValue(status?.capacity?.['memory'] ?? 0);
  }
}
