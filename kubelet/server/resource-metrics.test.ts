import { describe, expect, it } from 'vitest';
import { formatTime } from '../../api/time.ts';
import type { Node, Pod } from '../../api/types/core-v1.ts';
import type { Metrics } from '../../platform/metrics/metrics.ts';
import { metricsText } from '../../platform/metrics/text.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { cadvisorMetrics } from './cadvisor-metrics.ts';
import { UsageMeter } from './usage.ts';
import type { ContainerUse } from '../container-streams.ts';
import { resourceMetrics } from './resource-metrics.ts';
import { statsSummary } from './stats-summary.ts';

const podOf = (node: string, cpu: string, startedMs: number): Pod =>
  ({
    metadata: {
      ...{ namespace: 'default', name: `on-${node}`, uid: `uid-${node}` },
      annotations: { 'wherry.io/cpu-usage': cpu, 'wherry.io/memory-usage': '64Mi' },
    },
    spec: {
      nodeName: node,
      containers: [
        { name: 'main', resources: { limits: { cpu: '2' }, requests: { cpu: '500m' } } },
        { name: 'waiting' },
      ],
    },
    status: {
      qosClass: 'Burstable',
      containerStatuses: [
        {
          ...{ name: 'main', containerID: 'hollow://1', image: 'nginx' },
          state: { running: { startedAt: formatTime(startedMs) } },
        },
        { name: 'waiting', state: { waiting: {} } },
      ],
    },
  }) as unknown as Pod;

const nodeOf = (name: string): Node =>
  ({
    metadata: { name, uid: `node-${name}`, annotations: { 'wherry.io/cpu-usage': '1' } },
    status: { capacity: { cpu: '4', memory: '8Gi' }, nodeInfo: { machineID: name } },
  }) as unknown as Node;

function scraped() {
  const clock = new FakeClock();
  let pods = [podOf('a', '500m', clock.now()), podOf('b', '2', clock.now())];
  const nodes = ['a', 'b'].map(nodeOf);
  const measured = new Map<string, ContainerUse | 'pending'>();
  const usage = new UsageMeter(clock, {
    find: () => undefined,
    usage: (pod) => measured.get(pod.metadata.name ?? ''),
    list: (node) => pods.filter(({ spec }) => node === undefined || spec.nodeName === node),
    nodes: (node) => nodes.filter(({ metadata }) => node === undefined || metadata.name === node),
  });
  /** Lines without their comments. */
  const shown = (metrics: Metrics): string[] =>
    metricsText(metrics)
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
  return {
    clock,
    measured,
    summary: (node: string) => statsSummary(nodeOf(node), usage.scrape(node)),
    lines: (node?: string): string[] => shown(resourceMetrics(usage.scrape(node))),
    cadvisor: (node?: string): string[] => shown(cadvisorMetrics(usage.scrape(node))),
    change: (next: Pod[]) => (pods = next),
  };
}

it('tells what containers, pods and their node use, in the kubelet’s names', async () => {
  const { clock, lines } = scraped();
  await clock.advance(10_000);
  const one = 'namespace="default",pod="on-a"';
  expect(lines('a')).toEqual([
    `container_cpu_usage_seconds_total{container="main",${one}} 5`,
    `container_memory_working_set_bytes{container="main",${one}} 67108864`,
    `container_start_time_seconds{container="main",${one}} 1700000000`,
    'node_cpu_usage_seconds_total 15',
    'node_memory_working_set_bytes 67108864',
    `pod_cpu_usage_seconds_total{${one}} 5`,
    `pod_memory_working_set_bytes{${one}} 67108864`,
    'resource_scrape_error 0',
  ]);
  expect(lines()).toContain('node_cpu_usage_seconds_total 45');
});

it('counts on when a declaration changes, and begins anew with a container', async () => {
  const { clock, lines, change } = scraped();
  const startedMs = clock.now();
  const cpu = () =>
    lines('a')
      .filter((line) => /^(container|node)_cpu/.test(line))
      .map((line) => line.split(' ')[1]);
  await clock.advance(10_000);
  expect(cpu()).toEqual(['5', '15']);
  change([podOf('a', '100m', startedMs)]);
  await clock.advance(10_000);
  expect(cpu()).toEqual(['6', '26']);
  change([podOf('a', '100m', clock.now())]);
  await clock.advance(10_000);
  expect(cpu()).toEqual(['1', '37']);
});

it('tells the same in cAdvisor’s names, with what containers may use', async () => {
  const { clock, cadvisor, lines } = scraped();
  await clock.advance(10_000);
  const container = (more = '') =>
    `{container="main",${more}id="/kubepods/burstable/poduid-a/1",image="nginx",name="1",` +
    'namespace="default",pod="on-a"}';
  const machine = '{boot_id="",machine_id="a",system_uuid=""}';
  expect(cadvisor('a')).toEqual([
    `container_cpu_usage_seconds_total${container('cpu="total",')} 5`,
    `container_memory_cache${container()} 0`,
    `container_memory_rss${container()} 67108864`,
    `container_memory_swap${container()} 0`,
    `container_memory_usage_bytes${container()} 67108864`,
    `container_memory_working_set_bytes${container()} 67108864`,
    `container_spec_cpu_period${container()} 100000`,
    `container_spec_cpu_quota${container()} 200000`,
    `container_spec_cpu_shares${container()} 512`,
    `container_spec_memory_limit_bytes${container()} 0`,
    `container_start_time_seconds${container()} 1700000000`,
    `machine_cpu_cores${machine} 4`,
    `machine_memory_bytes${machine} 8589934592`,
  ]);
  // Both pages count one and the same time.
  await clock.advance(10_000);
  expect(lines('a')[0]).toMatch(/^container_cpu_usage_seconds_total.* 10$/);
  expect(cadvisor('a')[0]).toMatch(/^container_cpu_usage_seconds_total.* 10$/);
});

describe('containers that are measured', () => {
  it('count as measured, and not before', async () => {
    const { clock, measured, lines, cadvisor } = scraped();
    await clock.advance(10_000);
    measured.set('on-a', 'pending');
    // Of the node alone, as it declares.
    expect(lines('a')).toEqual([
      'node_cpu_usage_seconds_total 10',
      'node_memory_working_set_bytes 0',
      'resource_scrape_error 0',
    ]);
    measured.set('on-a', { atMs: clock.now(), cpuSeconds: 7, cores: 0.7, memoryBytes: 4096 });
    const one = 'namespace="default",pod="on-a"';
    expect(lines('a')).toEqual([
      `container_cpu_usage_seconds_total{container="main",${one}} 7`,
      `container_memory_working_set_bytes{container="main",${one}} 4096`,
      `container_start_time_seconds{container="main",${one}} 1700000000`,
      'node_cpu_usage_seconds_total 17',
      'node_memory_working_set_bytes 4096',
      `pod_cpu_usage_seconds_total{${one}} 7`,
      `pod_memory_working_set_bytes{${one}} 4096`,
      'resource_scrape_error 0',
    ]);
    expect(cadvisor('a')[0]).toMatch(/^container_cpu_usage_seconds_total.* 7$/);
    measured.set('on-a', { atMs: clock.now(), cpuSeconds: 9, cores: 0.2, memoryBytes: 4096 });
    expect(lines('a')).toContain('node_cpu_usage_seconds_total 19');
  });

  it('are summed up by pod and node, as those that declare are', async () => {
    const { clock, measured, summary } = scraped();
    await clock.advance(10_000);
    const time = formatTime(clock.now());
    const amounts = (cores: number, seconds: number, bytes: number) => ({
      cpu: { time, usageNanoCores: cores * 1e9, usageCoreNanoSeconds: seconds * 1e9 },
      memory: { time, usageBytes: bytes, workingSetBytes: bytes, rssBytes: bytes },
    });
    const shown = (name: string, of: object) => {
      const containers = [{ name: 'main', startTime: formatTime(1_700_000_000_000), ...of }];
      const podRef = { name: `on-${name}`, namespace: 'default', uid: `uid-${name}` };
      return [{ podRef, startTime: null, containers, ...of }];
    };
    measured.set('on-a', { atMs: clock.now(), cpuSeconds: 7, cores: 0.7, memoryBytes: 4096 });
    expect(summary('a')).toEqual({
      node: { nodeName: 'a', startTime: null, ...amounts(1.7, 17, 4096) },
      pods: shown('a', amounts(0.7, 7, 4096)),
    });
    expect(summary('b')).toEqual({
      node: { nodeName: 'b', startTime: null, ...amounts(3, 30, 64 * 1024 * 1024) },
      pods: shown('b', amounts(2, 20, 64 * 1024 * 1024)),
    });
  });
});
