/** What stock kubectl asks of the controllers: metrics, autoscaling, taints, drains, jobs. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Kubectl, kubectlOf } from './deployment-walk.ts';
import { eventually, kubectls, temporaryFolder, TestCluster } from './harness.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let cluster: TestCluster;
let kubectl: Kubectl;

const newest = kubectls().at(-1);

beforeAll(async () => {
  folder = await temporaryFolder();
  cluster = await TestCluster.up(`${folder.path}/data`, ['--nodes', '3']);
  kubectl = kubectlOf(newest?.path ?? '', cluster.kubeconfig, folder.path);
}, 120_000);
afterAll(async () => {
  expect(await cluster.stop()).toBe(0);
  await folder.remove();
}, 60_000);

const nodesOfPods = async (): Promise<readonly string[]> =>
  (await kubectl('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].spec.nodeName}'))
    .trim()
    .split(' ');

const settled = (): Promise<string> =>
  kubectl('rollout', 'status', 'deployment/web', '--timeout=60s');

describe.skipIf(newest === undefined)('stock kubectl', () => {
  it('moves pods by taints and drains', async () => {
    await kubectl('create', 'deployment', 'web', '--image=nginx', '--replicas=6');
    await settled();
    await kubectl('taint', 'node', 'node1', 'maintenance=now:NoExecute');
    await eventually('node1 to be empty', async () => !(await nodesOfPods()).includes('node1'));
    await settled();
    expect((await nodesOfPods()).length).toBe(6);
    const told = await kubectl('get', 'events', '--field-selector=reason=TaintManagerEviction');
    expect(told).toContain('Marking for deletion Pod default/web-');
    await kubectl('taint', 'node', 'node1', 'maintenance-');
    await kubectl('drain', 'node2', '--timeout=60s');
    await settled();
    expect(await nodesOfPods()).not.toContain('node2');
    const taints = ['get', 'node', 'node2', '-o', 'jsonpath={.spec.taints[*].key}'];
    expect(await kubectl(...taints)).toContain('node.kubernetes.io/unschedulable');
    await kubectl('uncordon', 'node2');
    await eventually('the taint to go', async () => (await kubectl(...taints)) === '');
  }, 180_000);

  it('shows what pods use, and scales by it', async () => {
    await kubectl('set', 'resources', 'deployment', 'web', '--requests=cpu=200m,memory=64Mi');
    const annotations = { 'wherry.io/cpu-usage': '90%', 'wherry.io/memory-usage': '32Mi' };
    const patch = { spec: { replicas: 2, template: { metadata: { annotations } } } };
    await kubectl('patch', 'deployment', 'web', '-p', JSON.stringify(patch));
    await settled();
    await eventually('two pods', async () => (await nodesOfPods()).length === 2);
    expect(await kubectl('top', 'pod', '-l', 'app=web')).toMatch(/web-\S+ +180m +32Mi/);
    expect(await kubectl('top', 'node')).toMatch(/node\d +\d+m +\d+% +\d+Mi +\d+%/);
    await kubectl('autoscale', 'deployment', 'web', '--min=1', '--max=6', '--cpu-percent=50');
    const scaled = ['get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}'];
    await eventually('four replicas', async () => (await kubectl(...scaled)) === '4', 90_000);
    expect(await kubectl('get', 'hpa', 'web')).toMatch(/cpu: 90%\/50%/);
    expect(await kubectl('describe', 'hpa', 'web')).toMatch(/SuccessfulRescale.*New size: 4/);
  }, 180_000);

  it('has a class of storage to start with', async () => {
    await kubectl('wait', '--for=create', 'storageclass/standard', '--timeout=30s');
    expect(await kubectl('get', 'storageclass')).toContain('standard (default)');
  }, 60_000);

  it('runs a Job from a CronJob', async () => {
    await kubectl('create', 'cronjob', 'yearly', '--image=x', '--schedule=0 0 1 1 *', '--', 'true');
    await kubectl('create', 'job', 'now', '--from=cronjob/yearly');
    await kubectl('wait', '--for=condition=complete', 'job/now', '--timeout=30s');
  }, 60_000);
});
