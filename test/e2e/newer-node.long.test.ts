/**
 * The same programs on releases of Node.js that RocksDB's binding does not run on: LevelDB keeps
 * the data there (store/engine/on-disk.ts). Each is fetched from npm.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasRocksdb } from '../../platform/node/files/rocksdb-binding.ts';
import {
  eventually,
  kubectlLiteMain,
  run,
  succeed,
  temporaryFolder,
  tool,
  wherryMain,
} from './harness.ts';
import { load, missing, StoreCluster, type StoreProcess } from './store-cluster.ts';

const etcdctl = tool('etcdctl');

const TIMEOUT_MS = 300_000;

describe.each(['22', '24'])('Node.js %s', (major) => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  /** Undefined where npm has none, or cannot be reached. */
  let node: string | undefined;

  beforeAll(async () => {
    folder = await temporaryFolder();
    const name = `node-${process.platform}-${process.arch}`;
    const args = ['install', '--prefix', folder.path, '--no-audit', '--no-fund'];
    const { code, stderr } = await run('npm', [...args, `${name}@${major}`], {
      timeoutMs: TIMEOUT_MS,
    });
    if (code === 0) node = join(folder.path, 'node_modules', name, 'bin', 'node');
    else console.warn(`SKIPPED: no Node.js ${major} for this machine: ${stderr}`);
  }, TIMEOUT_MS);
  afterAll(() => folder.remove());

  const up = ['up', '--detach', '--port', '0', '--store-port', '0', '--data-dir'];

  it('keeps a cluster over kill -9', { timeout: TIMEOUT_MS }, async (context) => {
    if (node === undefined) return context.skip();
    const path = join(folder.path, 'cluster');
    const lite = (...args: string[]): Promise<string> =>
      succeed(node!, [kubectlLiteMain, '--kubeconfig', join(path, 'kubeconfig'), ...args]);
    const start = (): Promise<string> =>
      succeed(node!, [wherryMain, ...up, path], { timeoutMs: 120_000 });
    await start();
    try {
      await lite('create', 'deployment', 'web', '--image=nginx', '--replicas=3');
      await lite('rollout', 'status', 'deployment/web');
      await lite('create', 'configmap', 'kept', '--from-literal=a=b');
      expect(await readdir(join(path, 'store', 'member'))).not.toContain('IDENTITY');
      const state = await readFile(join(path, 'run.json'), 'utf8');
      const { pid } = JSON.parse(state) as { pid: number };
      process.kill(pid, 'SIGKILL');
      await eventually('the next start', start, 120_000);
      expect(await lite('get', 'configmap', 'kept', '-o', 'jsonpath={.data.a}')).toBe('b');
      await lite('scale', 'deployment', 'web', '--replicas=4');
      await lite('rollout', 'status', 'deployment/web');
    } finally {
      await succeed(node, [wherryMain, 'down', '--data-dir', path]);
    }
  });

  it('is one member beside others on this Node.js', { timeout: TIMEOUT_MS }, async (context) => {
    if (node === undefined || etcdctl === undefined) return context.skip();
    const cluster = await StoreCluster.plan(['a', 'b', 'c']);
    const [a, b, c] = cluster.members as [StoreProcess, StoreProcess, StoreProcess];
    b.node = node;
    const short = ['--snapshot-count', '200', '--snapshot-catchup-entries', '20'];
    const kv = cluster.connect();
    const acknowledged: string[] = [];
    /** Far enough behind for a snapshot, with the leader on the Node.js of `leader`. */
    const catchUp = async (member: StoreProcess, leader: StoreProcess): Promise<void> => {
      await eventually('the leader to be where it is wanted', async () => {
        const statuses = await cluster.status(etcdctl);
        const wanted = statuses.find(({ Endpoint }) => Endpoint === leader.address)!.Status;
        if (wanted.leader === wanted.header.member_id) return true;
        const from = await cluster.leader(etcdctl);
        const id = /^[^,]+, (\w+)/.exec(
          (await cluster.etcdctl(etcdctl, ['endpoint', 'status'], [leader])).stdout,
        )![1]!;
        await cluster.etcdctl(etcdctl, ['move-leader', id], [from]);
        return false;
      });
      const saved = (): number => leader.output.split('saved snapshot to disk').length;
      const before = saved();
      await member.end('SIGKILL');
      const writers = load(kv, member.name);
      await eventually('a log without what it lacks', async () => {
        await writers.progress();
        return saved() > before + 2;
      });
      acknowledged.push(...(await writers.end()));
      member.start(cluster.initialCluster(), 'new', short);
      await member.ready();
      expect(member.output).toContain('applied snapshot');
      await cluster.level(etcdctl);
    };
    try {
      await cluster.start(cluster.members, short);
      await catchUp(b, a);
      await catchUp(c, b);
      await Promise.all(cluster.members.map((member) => member.end('SIGKILL')));
      await cluster.start(cluster.members, short);
      await cluster.level(etcdctl);
      expect(await missing(kv, acknowledged)).toEqual([]);
    } finally {
      await kv.close();
      await cluster.stop();
    }
  });

  it('refuses data of RocksDB in a sentence', { timeout: TIMEOUT_MS }, async (context) => {
    if (node === undefined || !hasRocksdb) return context.skip();
    const path = join(folder.path, 'rocksdb');
    await succeed(process.execPath, [wherryMain, ...up, path], { timeoutMs: 120_000 });
    await succeed(process.execPath, [wherryMain, 'down', '--data-dir', path]);
    const { code, stdout, stderr } = await run(node, [wherryMain, ...up, path]);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain('was written with RocksDB');
  });
});
