/**
 * Three store members and two API servers: whichever process is killed or stops answering, the
 * cluster goes on, and `wherry status` and `wherry doctor` say what is wrong.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, run, temporaryFolder, TestCluster, wherryMain } from './harness.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let cluster: TestCluster;
const nodes = ['--nodes', '1'];

beforeAll(async () => {
  folder = await temporaryFolder();
  const args = ['--store-members', '3', '--apiservers', '2', ...nodes];
  cluster = await TestCluster.up(`${folder.path}/data`, args);
});
afterAll(async () => {
  await cluster.stop();
  await folder.remove();
});

const wherry = (...args: string[]) =>
  run(process.execPath, [wherryMain, ...args, '--data-dir', cluster.dataDir]);

let count = 0;
/** Creates a ConfigMap; its name if the server acknowledged it. */
async function write(): Promise<string | undefined> {
  const name = `entry-${count++}`;
  return (await cluster.kubectlLite('create', 'configmap', name)).code === 0 ? name : undefined;
}

/** Writes until `wanted` were acknowledged; fails if that takes too long. */
async function acknowledged(wanted: number): Promise<string[]> {
  const names: string[] = [];
  await eventually(
    `${wanted} writes`,
    async () => {
      const name = await write();
      if (name !== undefined) names.push(name);
      return names.length >= wanted;
    },
    60_000,
  );
  return names;
}

const healthy = () =>
  eventually('a healthy cluster', async () => (await wherry('doctor')).code === 0, 60_000);

async function expectAll(names: readonly string[]): Promise<void> {
  const { stdout } = await cluster.kubectlLite('get', 'configmaps', '-o', 'name');
  const there = new Set(stdout.split('\n'));
  expect(names.filter((name) => !there.has(`configmap/${name}`))).toEqual([]);
}

it("shows a node agent's metrics, though it is a process of its own", async () => {
  const path = '/api/v1/nodes/node1/proxy/metrics';
  const { stdout } = await cluster.kubectlLite('get', '--raw', path);
  for (const name of ['kubelet_running_pods', 'rest_client_requests_total', 'process_start'])
    expect(stdout).toContain(`\n${name}`);
});

describe('a cluster of several members and servers', () => {
  const members = ['store1', 'store2', 'store3'];
  const all = [...members, 'apiserver1', 'apiserver2', 'controllers', 'scheduler', 'node1'];

  it.each(all)(
    'goes on while %s is killed',
    async (name) => {
      const before = await acknowledged(1);
      const { pid, restarts } = cluster.component(name);
      process.kill(pid, 'SIGKILL');
      const during = await acknowledged(3);
      await eventually('its successor', () =>
        Promise.resolve(cluster.component(name).pid !== pid && cluster.component(name).ready),
      );
      await healthy();
      const row = new RegExp(`^${name} +ready +\\d+ +\\S+ +\\S+ +${restarts + 1}$`, 'm');
      expect((await wherry('status')).stdout).toMatch(row);
      expect((await wherry('doctor')).stdout).toMatch(/^ok +processes +8 run, restarts: \d+$/m);
      await expectAll([...before, ...during]);
    },
    180_000,
  );

  it.each(all)(
    'goes on while %s does not answer, and status and doctor say so in a line',
    async (name) => {
      const { pid } = cluster.component(name);
      process.kill(pid, 'SIGSTOP');
      try {
        const names = await acknowledged(3);
        const status = await wherry('status');
        expect(status.code).toBe(1);
        expect(status.stdout).toMatch(new RegExp(`^${name} +silent +${pid} `, 'm'));
        const lines = status.stdout.split('\n').filter((line) => line.startsWith('! '));
        expect(lines).toHaveLength(1);
        expect(lines[0]).toContain(`! ${name} does not answer (no answer within 2 s): `);
        expect(lines[0]).toContain(`\`wherry restart ${name}\``);
        const { code, stdout } = await wherry('doctor');
        expect(code).toBe(1);
        const failures = stdout.split('\n').filter((line) => line.startsWith('FAIL'));
        expect(failures).toHaveLength(1);
        expect(failures[0]).toMatch(
          new RegExp(`^FAIL +((store member|process) )?${name} .*wherry`),
        );
        await expectAll(names);
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      await healthy();
    },
    180_000,
  );

  it('goes on without its supervisor, and a death is told of', async () => {
    const { pid } = cluster.component('store3');
    process.kill(cluster.state().pid, 'SIGSTOP');
    try {
      process.kill(pid, 'SIGKILL');
      await eventually('its end', async () => {
        const { stdout } = await wherry('status');
        expect(stdout).toMatch(/^store3 +dead /m);
        return /^! store3 has died and is started again/m.test(stdout);
      });
      const stopped = 'the process of `wherry up` is stopped, so no client reaches an API server';
      expect((await wherry('status')).stdout).toContain(`! ${stopped}`);
      const { stdout } = await wherry('doctor');
      expect(stdout).toMatch(new RegExp(`^FAIL +process supervisor +${stopped}`, 'm'));
      expect(stdout).toMatch(/^FAIL +process store3 +store3 has died/m);
      expect(stdout).toMatch(/^WARN +store quorum +2 of 3 members answer.*one more failure/m);
    } finally {
      process.kill(cluster.state().pid, 'SIGCONT');
    }
    await healthy();
  }, 120_000);

  it('says so when it has no majority, and heals', async () => {
    const pids = ['store1', 'store2'].map((name) => cluster.component(name).pid);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    const { stdout } = await wherry('doctor');
    const { stdout: status } = await wherry('status');
    for (const pid of pids) process.kill(pid, 'SIGCONT');
    expect(status).toMatch(/^! store3 is not ready: /m);
    expect(stdout).toMatch(/^FAIL +store quorum +1 of 3 members answer, 2 are needed/m);
    await healthy();
    await acknowledged(1);
  }, 120_000);

  it('starts again as it was, with every write there', async () => {
    const names = await acknowledged(3);
    await cluster.killEverything();
    cluster = await TestCluster.up(cluster.dataDir, ['--apiservers', '2', ...nodes]);
    expect(cluster.state().components.filter(({ name }) => /^store/.test(name))).toHaveLength(3);
    await expectAll(names);
  }, 120_000);
});
