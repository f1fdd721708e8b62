/** What processes use of the machine, as stock kubectl and an autoscaler see it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Kubectl, kubectlOf } from './deployment-walk.ts';
import { eventually, kubectls, temporaryFolder, TestCluster } from './harness.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let cluster: TestCluster;
let kubectl: Kubectl;

const newest = kubectls().at(-1);
/** A share of a core that a busy process gets on the busiest machine. */
const SOME_MILLI_CPU = 20;

beforeAll(async () => {
  folder = await temporaryFolder();
  const up = ['--runtime', 'process', '--nodes', '1'];
  cluster = await TestCluster.up(`${folder.path}/data`, up);
  kubectl = kubectlOf(newest?.path ?? '', cluster.kubeconfig, folder.path);
}, 120_000);
afterAll(async () => {
  expect(await cluster.stop()).toBe(0);
  await folder.remove();
}, 60_000);

/** Milli-CPU and MiB of each pod by the first word of its name; empty until they are measured. */
async function top(): Promise<ReadonlyMap<string, { milliCpu: number; mib: number }>> {
  const text = await kubectl('top', 'pod', '--no-headers').catch(() => '');
  const rows = text.matchAll(/^(\w+)\S* +(\d+)m +(\d+)Mi *$/gm);
  return new Map(
    [...rows].map(([, name = '', cpu, mib]) => [name, { milliCpu: Number(cpu), mib: Number(mib) }]),
  );
}

describe.skipIf(newest === undefined)('processes', () => {
  it('are measured, with what they start, and scaled by that', async () => {
    const run = (name: string, ...more: string[]) =>
      kubectl('create', 'deployment', name, '--image=sh', '--', 'sh', '-c', ...more);
    await run('idle', 'sleep 100000');
    // Busy is what the container's own process has started.
    await run('busy', '(while :; do :; done) & wait');
    await kubectl('set', 'resources', 'deployment/busy', '--requests=cpu=10m');
    await kubectl('rollout', 'status', 'deployment/busy', '--timeout=60s');
    await eventually('both to be measured', async () => (await top()).size === 2, 120_000);
    await eventually(
      'the loop to be seen',
      async () => ((await top()).get('busy')?.milliCpu ?? 0) > SOME_MILLI_CPU,
      120_000,
    );
    const used = await top();
    expect(used.get('busy')!.mib).toBeGreaterThan(0);
    expect(used.get('idle')!.milliCpu).toBeLessThan(used.get('busy')!.milliCpu);
    const summary = await kubectl('get', '--raw', '/api/v1/nodes/node1/proxy/stats/summary');
    expect(JSON.parse(summary)).toMatchObject({ node: { nodeName: 'node1' } });
    await kubectl('autoscale', 'deployment', 'busy', '--min=1', '--max=2', '--cpu-percent=50');
    const replicas = ['get', 'deployment', 'busy', '-o', 'jsonpath={.spec.replicas}'];
    await eventually('a second replica', async () => (await kubectl(...replicas)) === '2', 300_000);
    const utilization = 'jsonpath={.status.currentMetrics[0].resource.current.averageUtilization}';
    expect(Number(await kubectl('get', 'hpa', 'busy', '-o', utilization))).toBeGreaterThan(100);
  }, 700_000);
});
