import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Kv } from '../../store/kv.ts';
import { eventually, run, succeed, tool, wherryMain } from './harness.ts';
import { missing, put, StoreCluster } from './store-cluster.ts';
import type { StoreProcess } from './store-cluster.ts';

const etcdctl = tool('etcdctl');

describe.skipIf(etcdctl === undefined)('members of a store', () => {
  let cluster: StoreCluster;
  let first: StoreProcess[];
  let joiner: StoreProcess;
  let kv: Kv;

  const ctl = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await cluster.etcdctl(etcdctl!, args, first);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  };
  /** What a cluster refuses for its quorum's sake it may grant a little later. */
  const ctlInTheEnd = (...args: string[]): Promise<string> =>
    eventually(args.join(' '), () => ctl(...args));

  const memberList = async (): Promise<string[]> =>
    (await ctl('member', 'list')).trim().split('\n');
  const idOf = async (member: StoreProcess): Promise<string> =>
    (await memberList()).find((line) => line.includes(member.peerUrl))!.split(', ')[0]!;

  beforeEach(async () => {
    cluster = await StoreCluster.plan(['a', 'b', 'c', 'd']);
    first = cluster.members.slice(0, 3);
    joiner = cluster.members[3]!;
    await cluster.start(first, ['--snapshot-count', '200', '--snapshot-catchup-entries', '20']);
    kv = cluster.connect(first);
  });
  afterEach(async () => {
    await kv.close();
    await cluster.stop();
  });

  it('grow by a learner that is promoted, and shrink again', async () => {
    await put(kv, 'x');
    const added = await ctlInTheEnd(
      ...['member', 'add', 'd', '--learner', '--peer-urls', joiner.peerUrl],
    );
    const id = /Member\s+(\w+) added/.exec(added)?.[1];
    expect(id, added).toBeDefined();
    expect(added).toContain('ETCD_INITIAL_CLUSTER_STATE="existing"');
    const early = await cluster.etcdctl(etcdctl!, ['member', 'promote', id!], first);
    expect(early.stderr).toContain(
      'can only promote a learner member which is in sync with leader',
    );
    joiner.start(cluster.initialCluster(), 'existing');
    await joiner.ready().catch(() => {});
    await ctlInTheEnd('member', 'promote', id!);
    const list = await memberList();
    expect(list).toHaveLength(4);
    expect(list.join()).not.toContain('true');
    await cluster.level(etcdctl!);
    await ctlInTheEnd('member', 'remove', id!);
    await eventually('the removed member to stop itself', async () => joiner.hasExited);
    expect(joiner.output).toContain('permanently removed');
    joiner.start(cluster.initialCluster(), 'existing');
    await eventually('it to stay away', async () => joiner.hasExited);
    expect(joiner.output).toContain('permanently removed');
    await put(kv, 'y');
  }, 120_000);

  it('replace one that is dead, its data lost', async () => {
    await put(kv, 'before');
    const [dead, ...living] = first;
    await dead!.end('SIGKILL');
    await rm(dead!.dataDir, { recursive: true });
    await ctlInTheEnd('member', 'remove', await idOf(dead!));
    await put(kv, 'meanwhile');
    await ctlInTheEnd('member', 'add', 'd', '--peer-urls', joiner.peerUrl);
    joiner.start(cluster.initialCluster([...living, joiner]), 'existing');
    await joiner.ready();
    await cluster.level(etcdctl!, [...living, joiner]);
    // It counts: with one of the old ones gone there is still a quorum.
    await living[0]!.end('SIGKILL');
    await put(kv, 'after');
  }, 120_000);

  it('bring one that slept back by a snapshot', async () => {
    const [slow] = first;
    await slow!.end('SIGKILL');
    for (let i = 0; i < 600; i++) await put(kv, `k${i}`);
    slow!.start(cluster.initialCluster(first));
    await slow!.ready();
    await cluster.level(etcdctl!, first);
    expect(first.some(({ output }) => output.includes('sent a snapshot'))).toBe(true);
    expect(first.some(({ output }) => output.includes('"msg":"applied snapshot"'))).toBe(true);
    const texts = first.map(async ({ address }) =>
      (await fetch(`http://${address}/metrics`)).text(),
    );
    const metrics = (await Promise.all(texts)).join('');
    for (const what of ['send_success{To=', 'receive_success{From='])
      expect(metrics).toMatch(new RegExp(`^etcd_network_snapshot_${what}"\\w+"} [1-9]`, 'm'));
    expect(metrics).toMatch(/^etcd_snap_db_save_total_duration_seconds_count [1-9]/m);
    expect(metrics).toMatch(/^etcd_snap_db_fsync_duration_seconds_count [1-9]/m);
  }, 120_000);

  it('hand leadership over when the leader is stopped, and when it is told to', async () => {
    const leader = await cluster.leader(etcdctl!, first);
    await leader.end('SIGTERM');
    expect([leader.exitCode, leader.output]).toEqual([
      0,
      expect.not.stringContaining('could not hand over'),
    ]);
    await put(kv, 'soon');
    leader.start(cluster.initialCluster(first));
    await leader.ready();
    const second = await cluster.leader(etcdctl!, first);
    const moved = await cluster.etcdctl(etcdctl!, ['move-leader', await idOf(leader)], first);
    expect(moved.stdout).toContain('Leadership transferred from');
    expect(await cluster.leader(etcdctl!, first)).toBe(leader);
    expect(second).not.toBe(leader);
  }, 60_000);

  it('go on from one of them when the others are lost for good', async () => {
    const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
    for (const key of keys) await put(kv, key);
    await cluster.level(etcdctl!, first);
    const [survivor, ...lost] = first;
    await Promise.all(first.map((member) => member.end('SIGKILL')));
    for (const { dataDir } of lost) await rm(dataDir, { recursive: true });
    survivor!.start(cluster.initialCluster(first), 'new', ['--force-new-cluster']);
    await survivor!.ready();
    first = [survivor!];
    expect(await memberList()).toHaveLength(1);
    const alone = cluster.connect(first);
    expect(await missing(alone, keys)).toEqual([]);
    await put(alone, 'alone');
    // And grows again.
    await ctlInTheEnd('member', 'add', 'd', '--peer-urls', joiner.peerUrl);
    joiner.start(cluster.initialCluster([survivor!, joiner]), 'existing');
    await joiner.ready();
    await put(alone, 'two');
    await cluster.level(etcdctl!, [survivor!, joiner]);
    await alone.close();
  }, 120_000);

  it('begin anew as three from a snapshot', async () => {
    for (let i = 0; i < 20; i++) await put(kv, `k${i}`);
    const file = join(cluster.folder.path, 'saved.db');
    const saved = await cluster.etcdctl(etcdctl!, ['snapshot', 'save', file], [first[0]!]);
    expect(saved.stderr + saved.stdout).toContain('saved');
    await put(kv, 'too late');
    const ids = (await memberList()).map((line) => line.split(',')[0]);
    await Promise.all(first.map((member) => member.end('SIGKILL')));
    for (const member of first) {
      member.dataDir += '-restored';
      await succeed(process.execPath, [
        ...[wherryMain, 'etcdctl', 'snapshot', 'restore', file, '--name', member.name],
        ...['--data-dir', member.dataDir, '--initial-cluster', cluster.initialCluster(first)],
        ...['--initial-advertise-peer-urls', member.peerUrl],
        ...['--initial-cluster-token', 'another'],
      ]);
    }
    await cluster.start(first, ['--initial-cluster-token', 'another']);
    const again = cluster.connect(first);
    expect(await missing(again, ['k0', 'k19', 'too late'])).toEqual(['too late']);
    await put(again, 'new');
    await cluster.level(etcdctl!, first);
    const idsNow = (await memberList()).map((line) => line.split(',')[0]);
    expect(idsNow.filter((id) => ids.includes(id))).toEqual([]);
    await again.close();
  }, 120_000);

  it('refuse a data folder that is in use, and leave it alone', async () => {
    const [one] = first;
    const inUse = await run(process.execPath, [
      ...[wherryMain, 'store', '--name', one!.name, '--data-dir', one!.dataDir],
      ...['--listen-client-urls', 'http://127.0.0.1:0', '--advertise-client-urls'],
      'http://127.0.0.1:0',
    ]);
    expect([inUse.code, inUse.stderr + inUse.stdout]).toEqual([
      1,
      expect.stringMatching(/use|lock/),
    ]);
    await put(kv, 'unharmed');
    await cluster.level(etcdctl!, first);
  });

  it('do not talk to one of another cluster, whatever its URL', async () => {
    const [one, ...others] = first;
    await put(kv, 'ours');
    await one!.end('SIGKILL');
    one!.dataDir += '-foreign';
    one!.start(cluster.initialCluster([one!, joiner]), 'new');
    for (const other of others)
      await eventually('it to be refused', async () =>
        other.output.includes('cluster ID mismatch'),
      );
    await put(kv, 'still ours');
    await cluster.level(etcdctl!, others);
  }, 60_000);
});
