import { expect, it } from 'vitest';
import { formatTime } from '../../api/time.ts';
import type { Node, Pod } from '../../api/types/core-v1.ts';
import type { Metrics } from '../../platform/metrics/metrics.ts';
import { metricsText } from '../../platform/metrics/text.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { cadvisorMetrics } from './cadvisor-metrics.ts';
import { DeclaredUsage } from './declared-usage.ts';
import { resourceMetrics } from './resource-metrics.ts';

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
  const usage = new DeclaredUsage(clock, {
    find: () => undefined,
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
