/**
 * What has gone wrong in etcd before, one scenario each, under its issue number (etcd-io/etcd): those
 * that take several members. `test/conformance/store/past-bugs.test.ts` has the others.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Kv } from '../../store/kv.ts';
import { eventually, tool } from './harness.ts';
import { load, missing, put, StoreCluster, type StoreProcess } from './store-cluster.ts';

const etcdctl = tool('etcdctl');

describe.skipIf(etcdctl === undefined)('members', () => {
  let cluster: StoreCluster;
  let kv: Kv;

  const others = (member: StoreProcess): StoreProcess[] =>
    cluster.members.filter((each) => each !== member);

  async function ctl(line: string, members = cluster.members): Promise<string> {
    const args = [...line.split(' '), '--command-timeout=30s'];
    const { code, stdout, stderr } = await cluster.etcdctl(etcdctl!, args, members);
    if (code !== 0) throw new Error(`${line}: ${stdout}${stderr}`);
    return stdout;
  }

  /** Members have to have been connected for etcd's HealthInterval of five seconds. */
  const addLearner = (peerUrl: string): Promise<string> =>
    eventually('the members to be healthy', () =>
      ctl(`member add d --learner --peer-urls ${peerUrl}`),
    );

  beforeEach(async () => {
    cluster = await StoreCluster.plan(['a', 'b', 'c']);
    await cluster.start(cluster.members, ['--snapshot-count', '200', '--bcrypt-cost', '4']);
    kv = cluster.connect();
  });
  afterEach(async () => {
    await kv.close();
    await cluster.stop();
  });

  it('13766, 14370, 17780: killed under load and compaction, are level and lose nothing', async () => {
    const writing = load(kv, 'load');
    for (let round = 0; round < 3; round++) {
      await writing.progress();
      const { revision } = await kv.range({ key: 'none' });
      await kv.compact(revision).catch(() => {});
      await Promise.all(cluster.members.map((member) => member.end('SIGKILL')));
      await cluster.start(cluster.members, ['--snapshot-count', '200']);
      // The client may still wait before it dials again.
      const after = await eventually('a member is reached', () => kv.range({ key: 'none' }));
      expect(after.revision).toBeGreaterThanOrEqual(revision);
      await writing.progress();
    }
    expect(await missing(kv, await writing.end())).toEqual([]);
    await cluster.level(etcdctl!);
  }, 120_000);

  it('14571: one that restarts while authentication is on stays level with the others', async () => {
    for (const line of [
      ...['user add root:r', 'user add ann:a', 'role add root', 'user grant-role root root'],
      ...['role add team', 'role grant-permission team readwrite team/ --prefix'],
      ...['user grant-role ann team', 'auth enable'],
    ])
      await ctl(line);
    const [restarted] = cluster.members;
    await restarted!.end('SIGKILL');
    restarted!.start(cluster.initialCluster());
    await restarted!.ready();
    for (let i = 0; i < 5; i++) await ctl(`put team/${i} x --user ann:a`, [restarted!]);
    await expect(ctl('put other x --user ann:a', [restarted!])).rejects.toThrow(
      'permission denied',
    );
    await ctl('auth disable --user root:r');
    await cluster.level(etcdctl!);
  }, 60_000);

  it('15271: a watch that moves to a member that lags never goes back in time', async () => {
    await put(kv, 'w', '0');
    const lagging = others(await cluster.leader(etcdctl!))[0]!;
    lagging.signal('SIGSTOP');
    const ahead = cluster.connect(others(lagging));
    for (let i = 1; i <= 20; i++) await put(ahead, 'w', String(i));
    const { revision } = await ahead.range({ key: 'w' });
    const behind = cluster.connect([lagging]);
    const watch = behind.watch({ key: 'w', startRevision: revision });
    lagging.signal('SIGCONT');
    for (let i = 21; i <= 30; i++) await put(ahead, 'w', String(i));
    let last = revision - 1;
    for await (const { events } of watch) {
      for (const { kv: seen } of events) {
        expect(seen.modRevision).toBeGreaterThan(last);
        last = seen.modRevision;
      }
      if (last >= revision + 10) break;
    }
    await Promise.all([ahead.close(), behind.close()]);
  }, 60_000);

  it('18667: agree on a transaction that reads below the compaction: it fails everywhere', async () => {
    for (let i = 0; i < 10; i++) await put(kv, 'k', String(i));
    const { revision } = await kv.range({ key: 'k' });
    await kv.compact(revision);
    const old = { type: 'range', request: { key: 'k', revision: revision - 3 } } as const;
    const write = { type: 'put', request: { key: 'half', value: Buffer.from('x') } } as const;
    for (const member of cluster.members) {
      const own = cluster.connect([member]);
      const txn = own.txn({ compare: [], success: [write, old], failure: [] });
      await expect(txn).rejects.toMatchObject({ reason: 'compacted' });
      await own.close();
    }
    expect((await kv.range({ key: 'half' })).count).toBe(0);
    await cluster.level(etcdctl!);
  }, 60_000);

  it('18055, 20271: take one snapshot after another, also while they defragment', async () => {
    const slow = others(await cluster.leader(etcdctl!))[0]!;
    for (let round = 0; round < 2; round++) {
      await slow.end('SIGKILL');
      const rest = cluster.connect(others(slow));
      await Promise.all(
        Array.from({ length: 16 }, async (_, writer) => {
          for (let i = 0; i < 400; i++) await put(rest, `k${writer}`, String(i));
        }),
      );
      await rest.close();
      slow.start(cluster.initialCluster(), 'new', ['--snapshot-count', '200']);
      await Promise.all([slow.ready(), ctl('defrag', others(slow))]);
      await ctl('defrag', [slow]);
      await cluster.level(etcdctl!);
    }
  }, 120_000);

  it('15247, 12528: a leader that slept does not end leases that were renewed elsewhere', async () => {
    const asleep = await cluster.leader(etcdctl!);
    const awake = others(asleep);
    const id = /lease ([0-9a-f]+)/.exec(await ctl('lease grant 5'))![1]!;
    await ctl(`put leased v --lease ${id}`);
    asleep.signal('SIGSTOP');
    await cluster.leader(etcdctl!, awake);
    for (let i = 0; i < 8; i++) {
      await ctl(`lease keep-alive --once ${id}`, awake);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    asleep.signal('SIGCONT');
    for (let i = 0; i < 3; i++) {
      await ctl(`lease keep-alive --once ${id}`, awake);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect(await ctl('get leased --print-value-only', [asleep])).toBe('v\n');
    await cluster.level(etcdctl!);
  }, 60_000);

  it('20418, 21378, 21417: a leader that slept answers no read with what is old', async () => {
    await put(kv, 'x', 'old');
    const asleep = await cluster.leader(etcdctl!);
    asleep.signal('SIGSTOP');
    const awake = cluster.connect(others(asleep));
    await put(awake, 'x', 'new');
    const asked = Array.from({ length: 4 }, () =>
      ctl('get x --print-value-only --command-timeout 8s', [asleep]).catch(() => 'refused'),
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    asleep.signal('SIGCONT');
    for (const answer of await Promise.all(asked)) expect(answer).not.toBe('old\n');
    await awake.close();
  }, 60_000);

  it('19557, 20340, 20387, 21736: know who they are after changes and restarts', async () => {
    const added = await addLearner('http://127.0.0.1:1');
    const id = /Member +([0-9a-f]+) added/.exec(added)![1]!;
    // A change of its URL makes no voter of a learner.
    await ctl(`member update ${id} --peer-urls http://127.0.0.1:2`);
    const learner = async (): Promise<string> =>
      (await ctl('member list')).split('\n').find((line) => line.startsWith(id)) ?? '';
    expect(await learner()).toContain('http://127.0.0.1:2, , true');
    await Promise.all(cluster.members.map((member) => member.end('SIGKILL')));
    await cluster.start();
    expect(await learner()).toContain('http://127.0.0.1:2, , true');
    await ctl(`member remove ${id}`);
    await Promise.all(cluster.members.map((member) => member.end('SIGKILL')));
    await cluster.start();
    await eventually('all to agree', async () => {
      const lists = await Promise.all(cluster.members.map((each) => ctl('member list', [each])));
      expect(lists[0]!.match(/started/g)).toHaveLength(3);
      return new Set(lists).size === 1;
    });
    // Who was removed never comes back.
    expect(await learner()).toBe('');
  }, 90_000);

  it('20896, 20071, 21667: --force-new-cluster leaves nobody but this member', async () => {
    await put(kv, 'kept');
    await addLearner('http://127.0.0.1:1');
    await Promise.all(cluster.members.map((member) => member.end('SIGKILL')));
    const [survivor] = cluster.members;
    survivor!.start(cluster.initialCluster(), 'new', ['--force-new-cluster']);
    await survivor!.ready();
    const alone = [survivor!];
    expect((await ctl('member list', alone)).trim().split('\n')).toHaveLength(1);
    expect(await ctl('get kept --print-value-only', alone)).toBe('kept\n');
    await survivor!.end('SIGTERM');
    survivor!.start(cluster.initialCluster());
    await survivor!.ready();
    expect((await ctl('member list', alone)).trim().split('\n')).toHaveLength(1);
  }, 60_000);
});
