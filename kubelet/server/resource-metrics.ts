/** /metrics/resource of the kubelet, which metrics-server reads. */
import { Metrics } from '../../platform/metrics/metrics.ts';
import type { Usage } from './usage.ts';

const podLabels = ['namespace', 'pod'];
const containerLabels = ['container', ...podLabels];

export function resourceMetrics({ containers, cpuSeconds, memoryBytes }: Usage): Metrics {
  const metrics = new Metrics();
  const of = (name: string, labels: readonly string[]) => ({
    cpu: metrics.counter(`${name}_cpu_usage_seconds_total`, 'CPU time.', labels),
    memory: metrics.gauge(`${name}_memory_working_set_bytes`, 'Memory.', labels),
  });
  const [ofNode, ofPod, ofContainer] = [
    of('node', []),
    of('pod', podLabels),
    of('container', containerLabels),
  ];
  const started = metrics.gauge('container_start_time_seconds', 'Since 1970.', containerLabels);
  for (const { pod, container, ...use } of containers) {
    const { namespace = '', name = '' } = pod.metadata;
    const labels = [container.name, namespace, name];
    ofContainer.cpu.with(...labels).value = use.cpuSeconds;
    ofContainer.memory.with(...labels).value = use.memoryBytes;
    started.with(...labels).value = use.startMs / 1000;
    ofPod.cpu.with(namespace, name).add(use.cpuSeconds);
    ofPod.memory.with(namespace, name).add(use.memoryBytes);
  }
  ofNode.cpu.with().value = cpuSeconds;
  ofNode.memory.with().value = memoryBytes;
  metrics.gauge('resource_scrape_error', '1 if usage could not be told.').with().value = 0;
  return metrics;
}
