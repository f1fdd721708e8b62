/** Real processes, killed for real: nothing acknowledged is lost, and the loops finish their work. */
import { spawn } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, run, temporaryFolder, TestCluster, wherryMain } from './harness.ts';

interface PodObject {
  metadata: { name: string; uid: string; resourceVersion: string; deletionTimestamp?: string };
  status: {
    phase: string;
    podIP?: string;
    startTime?: string;
    containerStatuses?: { containerID?: string; restartCount: number }[];
  };
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let cluster: TestCluster;

beforeEach(async () => {
  folder = await temporaryFolder();
  cluster = await TestCluster.up(`${folder.path}/data`, ['--separate']);
});
afterEach(async () => {
  await cluster.stop();
  await folder.remove();
});

async function lite(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cluster.kubectlLite(...args);
  if (code !== 0) throw new Error(`kubectl-lite ${args.join(' ')}: ${code}\n${stdout}${stderr}`);
  return stdout;
}

async function pods(): Promise<PodObject[]> {
  const list = JSON.parse(await lite('get', 'pods', '-n', 'web', '-o', 'json')) as {
    items: PodObject[];
  };
  return list.items;
}

const components = ['store', 'apiserver', 'controllers', 'scheduler', 'node1', 'node2', 'node3'];

describe('a cluster of processes', () => {
  it('shows its components and restarts one on request', async () => {
    const status = await run(process.execPath, [
      wherryMain,
      'status',
      '--data-dir',
      cluster.dataDir,
    ]);
    expect(status.code).toBe(0);
    for (const name of components)
      expect(status.stdout).toMatch(new RegExp(`^${name} +ready +\\d+ `, 'm'));
    const before = cluster.component('scheduler').pid;
    const restarted = await run(process.execPath, [
      wherryMain,
      'restart',
      'scheduler',
      '--data-dir',
      cluster.dataDir,
    ]);
    expect(restarted.stdout).toContain(`killed (pid ${before})`);
    expect(cluster.component('scheduler')).toMatchObject({ restarts: 1, ready: true });
    const down = await run(process.execPath, [wherryMain, 'down', '--data-dir', cluster.dataDir]);
    expect(down.stdout).toBe('stopped\n');
    for (const { pid } of [{ pid: before }]) expect(() => process.kill(pid, 0)).toThrow();
  }, 120_000);

  it.each(components)(
    'loses nothing when %s is killed while a client creates pods',
    async (name) => {
      await lite('apply', '-f', 'examples/web.yaml');
      const acknowledged: string[] = [];
      let creating = true;
      const client = (async () => {
        for (let i = 0; creating; i++) {
          const pod = {
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: { name: `extra-${i}`, namespace: 'web' },
            spec: { containers: [{ name: 'c', image: 'nginx' }] },
          };
          const made = await run(
            process.execPath,
            ['dist/kubectl-lite/main.js', 'create', '-f', '-'],
            {
              env: cluster.env,
              input: JSON.stringify(pod),
            },
          );
          if (made.code === 0) acknowledged.push(`extra-${i}`);
        }
      })();
      await eventually('some pods', async () => acknowledged.length >= 3);
      const { pid, restarts } = cluster.component(name);
      process.kill(pid, 'SIGKILL');
      await eventually(`${name} to be back`, async () => {
        const now = cluster.component(name);
        return now.pid !== pid && now.ready && now.restarts === restarts + 1;
      });
      const soFar = acknowledged.length;
      await eventually('the client to go on', async () => acknowledged.length >= soFar + 2);
      creating = false;
      await client;
      await lite('scale', 'deployment', 'web', '-n', 'web', '--replicas=5');
      await eventually(
        'every acknowledged pod and five replicas to run',
        async () => {
          const now = await pods();
          const names = new Set(
            now.filter((p) => p.status.phase === 'Running').map((p) => p.metadata.name),
          );
          const replicas = [...names].filter((pod) => pod.startsWith('web-'));
          return acknowledged.every((pod) => names.has(pod)) && replicas.length === 5;
        },
        60_000,
      );
    },
    180_000,
  );

  it('finds everything again after all of it is killed, and starts no pod twice', async () => {
    await lite('apply', '-f', 'examples/web.yaml');
    await eventually('three pods to run', async () => {
      const now = await pods();
      return now.length === 3 && now.every((pod) => pod.status.phase === 'Running');
    });
    const identity = (pod: PodObject): object => ({
      name: pod.metadata.name,
      uid: pod.metadata.uid,
      resourceVersion: pod.metadata.resourceVersion,
      ip: pod.status.podIP,
      startTime: pod.status.startTime,
      containers: pod.status.containerStatuses?.map((c) => [c.containerID, c.restartCount]),
    });
    const before = (await pods()).map(identity);
    await cluster.killEverything();
    cluster = await TestCluster.up(cluster.dataDir, ['--separate']);
    // Long enough for a kubelet to sync its pods and for every controller to look at them.
    await lite('scale', 'deployment', 'web', '-n', 'web', '--replicas=4');
    await eventually('a fourth pod', async () => {
      const now = await pods();
      return now.length === 4 && now.every((pod) => pod.status.phase === 'Running');
    });
    const names = new Set(before.map((pod) => (pod as { name: string }).name));
    const after = (await pods()).filter((pod) => names.has(pod.metadata.name)).map(identity);
    expect(after).toEqual(before);
  }, 120_000);

  it('resumes a watch across the death of the store', async () => {
    await lite('create', 'ns', 'web');
    const watching = spawn(
      process.execPath,
      ['dist/kubectl-lite/main.js', 'get', 'configmaps', '-n', 'web', '-w'],
      { env: { ...process.env, ...cluster.env }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let shown = '';
    watching.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
    const configMap = (name: string) =>
      run(process.execPath, ['dist/kubectl-lite/main.js', 'apply', '-f', '-'], {
        env: cluster.env,
        input: `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: web}\n`,
      });
    await eventually('the first', async () => (await configMap('before')).code === 0);
    // The watch has begun: what it has to survive is its end, not a first list that fails.
    await eventually('the watch to tell of the first', async () => shown.includes('before'));
    const { pid } = cluster.component('store');
    process.kill(pid, 'SIGKILL');
    await eventually('the store to be back', async () => {
      const now = cluster.component('store');
      return now.pid !== pid && now.ready;
    });
    await eventually('the second', async () => (await configMap('after')).code === 0);
    await eventually('the watch to tell of the second', async () => shown.includes('after'));
    watching.kill('SIGKILL');
  }, 60_000);
});
