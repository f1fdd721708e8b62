/**
 * What the scheduler does and says, as stock kubectl shows it: pods that cannot be placed, in
 * Kubernetes' words, and then can, when the cause goes.
 */
import { writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Kubectl, kubectlOf } from './deployment-walk.ts';
import { eventually, kubectls, temporaryFolder, TestCluster } from './harness.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let cluster: TestCluster;
let kubectl: Kubectl;

const newest = kubectls().at(-1);

beforeAll(async () => {
  folder = await temporaryFolder();
  cluster = await TestCluster.up(`${folder.path}/data`, ['--no-control-plane-node']);
  kubectl = kubectlOf(newest?.path ?? '', cluster.kubeconfig, folder.path);
}, 120_000);
afterEach(async () => {
  await kubectl('delete', 'pods', '--all', '--force', '--grace-period=0', '--wait=false');
  await eventually('no pods', async () => (await kubectl('get', 'pods', '-o', 'name')) === '');
}, 120_000);
afterAll(async () => {
  expect(await cluster.stop()).toBe(0);
  await folder.remove();
}, 60_000);

interface Sketch {
  readonly labels?: object;
  readonly cpu?: string;
  readonly ports?: readonly object[];
  readonly spec?: object;
}

let files = 0;

async function create(object: object): Promise<void> {
  const file = `${folder.path}/object-${files++}.json`;
  await writeFile(file, JSON.stringify(object));
  await kubectl('create', '-f', file);
}

async function pod(name: string, { labels, cpu = '100m', ports, spec }: Sketch = {}) {
  await create({
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels } },
    spec: {
      containers: [{ name: 'c', image: 'nginx', ports, resources: { requests: { cpu } } }],
      terminationGracePeriodSeconds: 0,
      ...spec,
    },
  });
}

const condition = '{.status.conditions[?(@.type=="PodScheduled")].message}';

/** The pod waits, and tells why by its condition and by an event. */
async function waits(name: string, why: string): Promise<void> {
  await eventually(`${name} to wait`, async () => {
    const told = await kubectl('get', 'pod', name, '-o', `jsonpath=${condition}`);
    if (told !== why) throw new Error(told);
    return true;
  });
  await eventually(`the event of ${name}`, async () => {
    const described = await kubectl('describe', 'pod', name);
    return described.includes('FailedScheduling') && described.includes(why);
  });
}

const nodeOf = (name: string): Promise<string> =>
  kubectl('get', 'pod', name, '-o', 'jsonpath={.spec.nodeName}');

async function runs(name: string, on: RegExp = /^node\d$/): Promise<string> {
  await kubectl('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s');
  const node = await nodeOf(name);
  expect(node).toMatch(on);
  return node;
}

const unhelpful =
  'no new claims to deallocate, preemption: 0/3 nodes are available: ' +
  '3 Preemption is not helpful for scheduling.';
const noVictims =
  'no new claims to deallocate, preemption: 0/3 nodes are available: ' +
  '3 No preemption victims found for incoming pod.';

const term = (app: string, topologyKey = 'kubernetes.io/hostname') => ({
  requiredDuringSchedulingIgnoredDuringExecution: [
    { labelSelector: { matchLabels: { app } }, topologyKey },
  ],
});

describe.skipIf(newest === undefined)('stock kubectl sees', () => {
  it('taints', async () => {
    await kubectl('taint', 'nodes', '--all', 'dedicated=db:NoSchedule');
    await pod('p');
    const why = '0/3 nodes are available: 3 node(s) had untolerated taint {dedicated: db}.';
    await waits('p', `${why} ${unhelpful}`);
    const toleration = { key: 'dedicated', operator: 'Equal', value: 'db', effect: 'NoSchedule' };
    await pod('tolerant', { spec: { tolerations: [toleration] } });
    await runs('tolerant');
    await kubectl('taint', 'node', 'node2', 'dedicated-');
    await runs('p', /^node2$/);
    await kubectl('taint', 'nodes', 'node1', 'node3', 'dedicated-');
  }, 120_000);

  it('node selectors and affinity', async () => {
    await pod('p', { spec: { nodeSelector: { disk: 'ssd' } } });
    const expression = { key: 'disk', operator: 'Exists' };
    const nodeAffinity = {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [expression] }],
      },
    };
    await pod('q', { spec: { affinity: { nodeAffinity } } });
    const why = "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.";
    await waits('p', `${why} ${unhelpful}`);
    await waits('q', `${why} ${unhelpful}`);
    await kubectl('label', 'node', 'node3', 'disk=ssd');
    await runs('p', /^node3$/);
    await runs('q', /^node3$/);
    await kubectl('label', 'node', 'node3', 'disk-');
  }, 120_000);

  it('pods that want to be near others, or not', async () => {
    await pod('near', { spec: { affinity: { podAffinity: term('db') } } });
    const far = "0/3 nodes are available: 3 node(s) didn't match pod affinity rules.";
    await waits('near', `${far} ${unhelpful}`);
    await pod('db', { labels: { app: 'db' } });
    const node = await runs('db');
    await runs('near', new RegExp(`^${node}$`));
    const affinity = { podAntiAffinity: term('alone') };
    for (const i of [1, 2, 3, 4]) {
      await pod(`alone-${i}`, { labels: { app: 'alone' }, spec: { affinity } });
      if (i < 4) await runs(`alone-${i}`);
    }
    const why = "0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules.";
    await waits('alone-4', `${why} ${noVictims}`);
    const left = await nodeOf('alone-2');
    await kubectl('delete', 'pod', 'alone-2');
    await runs('alone-4', new RegExp(`^${left}$`));
  }, 120_000);

  it('spreading across zones', async () => {
    const zone = 'topology.kubernetes.io/zone';
    await kubectl('label', 'nodes', 'node1', 'node2', `${zone}=a`);
    await kubectl('label', 'node', 'node3', `${zone}=b`);
    await kubectl('cordon', 'node3');
    const constraint = {
      ...{ maxSkew: 1, topologyKey: zone, whenUnsatisfiable: 'DoNotSchedule' },
      labelSelector: { matchLabels: { app: 'web' } },
    };
    const spread = { labels: { app: 'web' }, spec: { topologySpreadConstraints: [constraint] } };
    await pod('web-1', spread);
    await runs('web-1', /^node[12]$/);
    await pod('web-2', spread);
    await waits(
      'web-2',
      "0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't match pod " +
        'topology spread constraints. no new claims to deallocate, preemption: 0/3 nodes are ' +
        'available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found ' +
        'for incoming pod.',
    );
    await kubectl('uncordon', 'node3');
    await runs('web-2', /^node3$/);
    await kubectl('label', 'nodes', '--all', `${zone}-`);
  }, 120_000);

  it('host ports and what nodes have', async () => {
    const ports = [{ containerPort: 80, hostPort: 8080 }];
    for (const i of [1, 2, 3, 4]) {
      await pod(`web-${i}`, { ports });
      if (i < 4) await runs(`web-${i}`);
    }
    const taken = "3 node(s) didn't have free ports for the requested pod ports";
    await waits('web-4', `0/3 nodes are available: ${taken}. ${noVictims}`);
    const left = await nodeOf('web-1');
    await kubectl('delete', 'pod', 'web-1');
    await runs('web-4', new RegExp(`^${left}$`));
    for (const i of [1, 2, 3]) await pod(`large-${i}`, { cpu: '3' });
    for (const i of [1, 2, 3]) await runs(`large-${i}`);
    await pod('more', { cpu: '2' });
    await waits('more', `0/3 nodes are available: 3 Insufficient cpu. ${noVictims}`);
    await pod('giant', { cpu: '64' });
    await waits('giant', `0/3 nodes are available: 3 Insufficient cpu. ${unhelpful}`);
    await kubectl('delete', 'pod', 'large-3');
    await runs('more');
  }, 120_000);

  it('gates', async () => {
    await pod('p', { spec: { schedulingGates: [{ name: 'example.com/quota' }] } });
    await eventually('the gate', async () => {
      const shown = await kubectl('get', 'pod', 'p', '--no-headers');
      return shown.includes('SchedulingGated');
    });
    const patch = '[{"op": "remove", "path": "/spec/schedulingGates"}]';
    await kubectl('patch', 'pod', 'p', '--type=json', '-p', patch);
    await runs('p');
  }, 120_000);

  it('priorities, and preemption that keeps budgets', async () => {
    await kubectl('create', 'priorityclass', 'low', '--value=10');
    await kubectl('create', 'priorityclass', 'high', '--value=100');
    const never = '--preemption-policy=Never';
    await kubectl('create', 'priorityclass', 'meek', '--value=100', never);
    await kubectl('create', 'pdb', 'kept', '--selector=kept=yes', '--min-available=100%');
    const low = { priorityClassName: 'low' };
    await pod('kept-1', { cpu: '3', labels: { kept: 'yes' }, spec: low });
    await pod('kept-2', { cpu: '3', labels: { kept: 'yes' }, spec: low });
    await pod('free', { cpu: '3', spec: low });
    for (const name of ['kept-1', 'kept-2']) await runs(name);
    const node = await runs('free');
    await eventually('the budget to know its pods', async () => {
      const pdb = await kubectl('get', 'pdb', 'kept', '-o', 'jsonpath={.status.currentHealthy}');
      return pdb === '2';
    });
    await pod('meek', { cpu: '3', spec: { priorityClassName: 'meek' } });
    await waits(
      'meek',
      '0/3 nodes are available: 3 Insufficient cpu. no new claims to deallocate, preemption: ' +
        'not eligible due to preemptionPolicy=Never.',
    );
    await kubectl('delete', 'pod', 'meek');
    await pod('urgent', { cpu: '3', spec: { priorityClassName: 'high' } });
    await runs('urgent', new RegExp(`^${node}$`));
    const left = await kubectl('get', 'pods', '-o', 'jsonpath={.items[*].metadata.name}');
    expect(left.split(' ').sort()).toEqual(['kept-1', 'kept-2', 'urgent']);
    const told = await kubectl('get', 'events', '--field-selector=reason=Preempted');
    expect(told).toMatch(/pod\/free +Preempted by pod \S+ on node node\d/);
    await kubectl('delete', 'priorityclass', 'low', 'high', 'meek');
    await kubectl('delete', 'pdb', 'kept');
  }, 120_000);
});
