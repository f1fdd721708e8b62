/** The node that shows the control plane, with stock kubectl. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventually,
  run,
  succeed,
  temporaryFolder,
  TestCluster,
  tool,
  wherryMain,
} from './harness.ts';

const kubectl = tool('kubectl');
const system = ['-n', 'kube-system'];
const components = [
  'etcd-master',
  'kube-apiserver-master',
  'kube-controller-manager-master',
  'kube-scheduler-master',
];

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let cluster: TestCluster;
const k = (...args: string[]): Promise<string> => succeed(kubectl!, args, { env: cluster.env });

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(async () => {
  await cluster?.stop();
  await folder?.remove();
});

/** "etcd-master Running 0" of each component's pod, in order. */
async function shown(): Promise<string[]> {
  const path =
    '{range .items[*]}{.metadata.name} {.status.phase} ' +
    '{.status.containerStatuses[0].restartCount}{"\\n"}{end}';
  return (await k('get', 'pods', ...system, '-o', `jsonpath=${path}`)).trimEnd().split('\n');
}
const allRun = async (restarts: number): Promise<void> => {
  const wanted = components.map((name) => `${name} Running ${restarts}`);
  await eventually(`${wanted.join()}`, async () => (await shown()).join() === wanted.join());
};

describe.skipIf(kubectl === undefined)('the node master', () => {
  it('is there with the components as its pods, and takes no others', async () => {
    cluster = await TestCluster.up(join(folder.path, 'data'), ['--nodes', '1']);
    expect(await k('get', 'node', 'master')).toMatch(/^master +Ready +control-plane /m);
    await allRun(0);
    await k('create', 'deployment', 'web', '--image=nginx', '--replicas=3');
    await k('rollout', 'status', 'deployment/web', '--timeout=60s');
    const on = await k('get', 'pods', '-o', 'jsonpath={.items[*].spec.nodeName}');
    expect(on).toBe('node1 node1 node1');
  }, 90_000);

  it('shows what the components log', async () => {
    expect(await k('logs', ...system, 'etcd-master')).toMatch(/^\S+Z INFO +store {2}\S/m);
    expect(await k('logs', ...system, 'kube-scheduler-master')).toMatch(
      /^\S+Z INFO +scheduler {2}scheduler started/m,
    );
    const last = await k('logs', ...system, 'kube-apiserver-master', '--tail=1');
    expect(last.trimEnd().split('\n')).toHaveLength(1);
  }, 60_000);

  it('lets etcdctl look into the store, and nothing else run', async () => {
    const exec = (...command: string[]) =>
      run(kubectl!, ['exec', ...system, 'etcd-master', '--', ...command], { env: cluster.env });
    const keys = await exec('etcdctl', 'get', '/', '--prefix', '--keys-only');
    expect([keys.code, keys.stdout.split('\n')]).toEqual([
      0,
      expect.arrayContaining(['/registry/deployments/default/web', '/registry/minions/master']),
    ]);
    const wrong = await exec('etcdctl', 'bogus');
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("'bogus'")]);
    const shell = await exec('sh');
    expect([shell.code, shell.stderr]).toEqual([1, expect.stringContaining('only etcdctl')]);
  }, 60_000);

  it('brings a deleted pod back without a restart; drain leaves them alone', async () => {
    const uid = () => k('get', 'pod', ...system, 'etcd-master', '-o', 'jsonpath={.metadata.uid}');
    const before = await uid();
    await k('delete', 'pod', ...system, 'etcd-master');
    await eventually('another mirror', async () => {
      const { code, stdout } = await run(
        kubectl!,
        ['get', 'pod', ...system, 'etcd-master', '-o', 'jsonpath={.metadata.uid}'],
        { env: cluster.env },
      );
      return code === 0 && stdout !== before;
    });
    await k('drain', 'master', '--ignore-daemonsets');
    await allRun(0);
    await k('uncordon', 'master');
  }, 60_000);

  it('counts a start of the whole cluster as a restart, and has the log of the new run', async () => {
    const port = new URL(cluster.state().server).port;
    const store = new URL(cluster.component('store').address!).port;
    await cluster.stop();
    cluster = await TestCluster.up(join(folder.path, 'data'), [
      ...['--nodes', '1', '--port', port, '--store-port', store],
    ]);
    await allRun(1);
    const log = await k('logs', ...system, 'kube-scheduler-master');
    expect(log.match(/scheduler started/g)).toHaveLength(1);
  }, 90_000);
});

describe.skipIf(kubectl === undefined)('the node master of separate processes', () => {
  it('shows a component that died and came back', async () => {
    await cluster?.stop();
    const data = join(folder.path, 'separate');
    cluster = await TestCluster.up(data, ['--separate', '--nodes', '0']);
    await allRun(0);
    await succeed(process.execPath, [wherryMain, 'restart', 'scheduler', '--data-dir', data]);
    await eventually('a restart', async () =>
      (await shown()).includes('kube-scheduler-master Running 1'),
    );
    const previous = await k('logs', ...system, 'kube-scheduler-master', '--previous');
    expect(previous).toContain('scheduler started');
  }, 90_000);
});

describe.skipIf(kubectl === undefined)('stages of a cluster', () => {
  it.each([[[]], [['--separate']]])(
    'change pods as their file says, with %j',
    async (how) => {
      await cluster?.stop();
      const data = join(folder.path, `stages${how.length}`);
      const args = [
        '--stages',
        'examples/stages/failures.yaml',
        '--nodes',
        '1',
        '--no-control-plane-node',
      ];
      cluster = await TestCluster.up(data, [...args, ...how]);
      await k('run', 'load', '--image=x', '-l', 'load=rising');
      const path = 'jsonpath={.metadata.annotations}';
      await eventually('the load', async () =>
        (await k('get', 'pod', 'load', '-o', path)).includes('"wherry.io/cpu-usage":"90%"'),
      );
    },
    90_000,
  );
});
