import { processUsage } from './process-usage.ts';
import type { Metrics } from '../metrics/metrics.ts';

/** What Prometheus' clients tell of the process they are in. */
export function processMetrics(metrics: Metrics): void {
  const cpu = metrics.counter('process_cpu_seconds_total', 'Processor time used.').with();
  const resident = metrics.gauge('process_resident_memory_bytes', 'Resident memory.').with();
  const virtual = metrics.gauge('process_virtual_memory_bytes', 'Virtual memory.').with();
  const start = metrics.gauge('process_start_time_seconds', 'Start, Unix time.').with();
  const open = metrics.gauge('process_open_fds', 'Open files.').with();
  const max = metrics.gauge('process_max_fds', 'Files that may be open.').with();
  const heap = metrics.gauge('nodejs_heap_size_used_bytes', 'Heap in use.').with();
  metrics.collect(() => {
    const usage = processUsage();
    cpu.value = usage.cpuSeconds;
    resident.value = usage.residentBytes;
    virtual.value = usage.virtualBytes;
    start.value = usage.startedAtSeconds;
    open.value = usage.openFiles;
    max.value = usage.maxOpenFiles;
    heap.value = process.memoryUsage().heapUsed;
  });
}
