/** Stories that seeds have told, or might, each by itself. */
import { describe, expect, it } from 'vitest';
import { addressesOf, type Host, type SimCluster } from './cluster.ts';
import { bytes, elected, granted, level, newLeader, put } from './stories.ts';

describe('a leader', () => {
  it('whose disk stalls gives office up, and writes go on without it', async () => {
    const { cluster, leader, rest } = await elected();
    await put(cluster, leader, 'before');
    leader.machine.weather.slowDiskMs = 60_000;
    const stuck = leader.member!.put({ key: 'stuck', value: bytes('x') }).catch(() => {});
    const successor = await newLeader(cluster, leader);
    expect(rest).toContain(successor);
    await put(cluster, successor, 'after');
    leader.machine.weather.slowDiskMs = 0;
    await cluster.outcome(stuck, 70_000);
    expect(await cluster.until(() => level(cluster), 70_000)).toBe(true);
    expect(cluster.problems).toEqual([]);
  });

  // etcd's bugs 20418, 21378, 21417.
  it('that sleeps while another is elected answers no read of the past when it wakes', async () => {
    const { cluster, leader, rest } = await elected();
    await put(cluster, leader, 'x');
    cluster.pause(leader);
    const successor = await newLeader(cluster, leader);
    const revision = await put(cluster, successor, 'x');
    cluster.resume(leader);
    // It still believes to lead: this is asked before a message reaches it.
    const read = await cluster.outcome(leader.member!.range({ key: 'x' }), 20_000);
    expect(read!.revision).toBeGreaterThanOrEqual(revision);
    expect(rest).toContain(successor);
  });

  // etcd's bugs 15247, 12528.
  it('that sleeps past the end of a lease renewed elsewhere does not revoke it', async () => {
    const { cluster, leader } = await elected();
    const lease = (await cluster.outcome(leader.member!.leases.grant({ ttlSeconds: 3 }), 5000))!;
    await cluster.outcome(
      leader.member!.put({ key: 'held', value: bytes('x'), lease: lease.id }),
      5000,
    );
    cluster.pause(leader);
    const successor = await newLeader(cluster, leader);
    for (let i = 0; i < 8; i++) {
      const renewed = await cluster.outcome(successor.member!.leases.keepAlive(lease.id), 5000);
      expect(renewed).toBe(3);
      await cluster.until(() => false, 1000);
    }
    cluster.resume(leader);
    await cluster.outcome(successor.member!.leases.keepAlive(lease.id), 5000);
    await cluster.until(() => false, 2000);
    const read = await cluster.outcome(successor.member!.range({ key: 'held' }), 5000);
    expect(read!.count).toBe(1);
  });

  it('is not deposed by wall clocks that jump, nor are leases ended by them', async () => {
    const { cluster, leader } = await elected();
    const lease = (await cluster.outcome(leader.member!.leases.grant({ ttlSeconds: 60 }), 5000))!;
    const { raftTerm } = leader.member!.head();
    for (const host of cluster.hosts) host.clock.skewMs = 3_600_000;
    await cluster.until(() => false, 5000);
    const left = await cluster.outcome(leader.member!.leases.timeToLive(lease.id, false), 5000);
    expect(left!.ttlSeconds).toBeGreaterThan(50);
    expect(leader.member!.head().raftTerm).toBe(raftTerm);
  });

  it('does not wait for ever for one that died while it installed a snapshot', async () => {
    const { cluster, leader, rest } = await elected();
    const [slow] = rest;
    cluster.kill(slow!);
    for (let i = 0; i < 100; i++) await put(cluster, leader, `k${i}`);
    cluster.start(slow!);
    // Its disk is so slow that the snapshot is under way for long; then its power fails.
    slow!.machine.weather.slowDiskMs = 400;
    await cluster.until(() => false, 1500);
    cluster.kill(slow!);
    slow!.machine.weather.slowDiskMs = 0;
    cluster.start(slow!);
    expect(await cluster.until(() => slow!.member !== undefined && level(cluster), 30_000)).toBe(
      true,
    );
  });
});

describe('a member', () => {
  async function grown(): Promise<{ cluster: SimCluster; leader: Host; learner: Host }> {
    const { cluster, leader } = await elected();
    await put(cluster, leader, 'x');
    const url = cluster.freshUrl();
    const add = () => leader.member!.membership.add({ peerUrls: [url], isLearner: true });
    const { member, members } = await granted(cluster, add);
    const { clusterId } = leader.member!.identity;
    const join = { clusterId, memberId: member.id, members: addressesOf(members) };
    const learner = cluster.welcome(url, join);
    await cluster.until(() => learner.member !== undefined && level(cluster), 30_000);
    return { cluster, leader, learner };
  }

  it('that learns serves hardly anything, and everything once it votes', async () => {
    const { cluster, leader, learner } = await grown();
    await expect(learner.member!.put({ key: 'y', value: bytes('y') })).rejects.toMatchObject({
      reason: 'notSupportedForLearner',
    });
    const promote = () => leader.member!.membership.promote(learner.id);
    expect(await granted(cluster, promote)).toHaveLength(4);
    // It hears of its promotion a little later.
    await granted(cluster, () => learner.member!.put({ key: 'y', value: bytes('y') }));
    expect(cluster.problems).toEqual([]);
  });

  // etcd's bugs 19557, 20340, 20387: the members must not be in two minds over who belongs.
  it('that was removed is told so, also when it was down meanwhile', async () => {
    const { cluster, leader, learner } = await grown();
    cluster.kill(learner);
    const remove = () => leader.member!.membership.remove(learner.id);
    expect(await granted(cluster, remove)).toHaveLength(3);
    cluster.start(learner);
    expect(await cluster.until(() => learner.isRemoved, 20_000)).toBe(true);
  });

  it('that leads and is removed hands on, and what it wrote stays', async () => {
    const { cluster, leader } = await elected();
    const revision = await put(cluster, leader, 'x');
    const remove = () => leader.member!.membership.remove(leader.id);
    expect(await granted(cluster, remove)).toHaveLength(2);
    const successor = await newLeader(cluster, leader);
    await cluster.until(() => leader.isRemoved, 20_000);
    const read = await cluster.outcome(successor.member!.range({ key: 'x' }), 5000);
    expect(read!.kvs[0]!.modRevision).toBe(revision);
    await put(cluster, successor, 'y');
  });
});
