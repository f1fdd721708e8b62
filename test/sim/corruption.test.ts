/** Disks that change what they hold: members find it out from each other, as etcd's do. */
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../platform/logger.ts';
// Loaded late by members: here it must not take time that the simulation does not know of.
import '../../store/persistence/backup.ts';
import { hexId } from '../../store/cluster-member.ts';
import type { Alarm } from '../../store/mvcc/command.ts';
import { rot } from '../support/bit-rot.ts';
import type { Host, SimCluster } from './cluster.ts';
import { bytes, elected, level, newLeader, put } from './stories.ts';

const never = { initial: false, everyMs: 0, compactHashEveryMs: 0 };

/** One whose keys from `k0` to `k59` are on every disk. */
async function filled(
  corruption: typeof never,
  members = 3,
): Promise<{ cluster: SimCluster; leader: Host; rest: Host[] }> {
  const story = await elected(members, { corruption });
  for (let i = 0; i < 60; i++) await put(story.cluster, story.leader, `k${i}`);
  await story.cluster.until(() => level(story.cluster), 5000);
  await story.cluster.until(() => false, 2000);
  return story;
}

/** While the machine is off, the value of k0 changes. */
async function rots(cluster: SimCluster, host: Host): Promise<void> {
  cluster.kill(host);
  const { clock, name, machine } = host;
  const effects = { clock, random: cluster.fork(), logger: silentLogger, disk: machine.disk };
  const rotting = async (): Promise<true> => {
    await rot(await machine.engine({ path: `/${name}/member`, ...effects }), 'k0');
    return true;
  };
  expect(await cluster.outcome(rotting(), 5000)).toBe(true);
  cluster.start(host);
}

const back = (cluster: SimCluster, host: Host): Promise<boolean> =>
  cluster.until(() => host.member !== undefined && level(cluster), 30_000);

const alarmsAt = (host: Host): readonly Alarm[] => host.member!.maintenance.standing();

const corrupt = ({ id }: Pick<Host, 'id'>): Alarm => ({ memberId: id, alarm: 'corrupt' });

it('a hash taken while writes go on is that of its revision for ever', async () => {
  const { cluster, leader } = await elected();
  const { maintenance } = leader.member!;
  let isOver = false;
  const writing = async (): Promise<void> => {
    for (let i = 0; !isOver; i++)
      await leader.member!.put({ key: `k${i % 9}`, value: bytes(String(i)) });
  };
  const writers = Promise.all([writing(), writing(), writing()]);
  const taken = [];
  for (let i = 0; i < 50; i++) {
    await cluster.until(() => false, 1);
    taken.push((await cluster.outcome(maintenance.hashKv(0), 5000))!);
  }
  isOver = true;
  await cluster.outcome(writers, 5000);
  expect(taken.at(-1)!.hashRevision).toBeGreaterThan(taken[0]!.hashRevision + 10);
  for (const hash of taken)
    expect(await cluster.outcome(maintenance.hashKv(hash.hashRevision), 5000)).toEqual(hash);
});

describe('before it serves', () => {
  const initial = { ...never, initial: true };

  it('a member with other data than the others does not start, and they go on', async () => {
    const { cluster, leader, rest } = await filled(initial);
    await rots(cluster, rest[0]!);
    await cluster.until(() => cluster.problems.length > 0, 20_000);
    expect(cluster.problems.join()).toContain(
      `${hexId(rest[0]!.id)} found data inconsistency with peers`,
    );
    expect(rest[0]!.member).toBeUndefined();
    await put(cluster, leader, 'after');
    expect(alarmsAt(leader)).toEqual([]);
  });

  it('one that is only behind starts, and so do all of them at once', async () => {
    const { cluster, leader, rest } = await filled(initial);
    cluster.kill(rest[0]!);
    await put(cluster, leader, 'missed');
    cluster.start(rest[0]!);
    expect(await back(cluster, rest[0]!)).toBe(true);
    for (const host of cluster.hosts) cluster.kill(host);
    for (const host of cluster.hosts) cluster.start(host);
    await cluster.until(() => cluster.running.length === 3, 20_000);
    await put(cluster, await newLeader(cluster, { ...leader }), 'after');
    expect(cluster.problems).toEqual([]);
  });
});

describe('now and then', () => {
  const often = { ...never, everyMs: 1000 };

  it.each([[3], [5]])('the leader finds the one of %i that differs', async (members) => {
    const { cluster, leader, rest } = await filled(often, members);
    expect(alarmsAt(leader)).toEqual([]);
    await rots(cluster, rest[0]!);
    await back(cluster, rest[0]!);
    await cluster.until(() => alarmsAt(leader).length > 0, 20_000);
    expect(alarmsAt(leader)).toEqual([corrupt(rest[0]!)]);
    const refused = leader
      .member!.put({ key: 'x', value: bytes('x') })
      .catch((error: unknown) => error);
    expect(await cluster.outcome(refused, 5000)).toMatchObject({
      message: 'etcdserver: corrupt cluster',
    });
  });

  it('a leader finds that it is itself the one that differs', async () => {
    const { cluster, leader, rest } = await filled({ ...never, everyMs: 20_000 });
    const [rotten] = rest;
    await rots(cluster, rotten!);
    await back(cluster, rotten!);
    await cluster.outcome(leader.member!.moveLeader(rotten!.id), 10_000);
    expect(await newLeader(cluster, leader)).toBe(rotten);
    expect(alarmsAt(leader)).toEqual([]);
    await cluster.until(() => alarmsAt(leader).length > 0, 60_000);
    expect(alarmsAt(leader)).toEqual([corrupt(rotten!)]);
  });

  it('of two that differ nobody can say which is right: the alarm is for no member', async () => {
    const { cluster, rest } = await filled(often, 2);
    await rots(cluster, rest[0]!);
    await back(cluster, rest[0]!);
    await cluster.until(() => cluster.running.some((host) => alarmsAt(host).length > 0), 20_000);
    const [found] = cluster.running.map(alarmsAt).filter(({ length }) => length > 0);
    expect(found).toEqual([corrupt({ id: '0' })]);
  });
});

describe('at compactions', () => {
  const compactions = { ...never, compactHashEveryMs: 1000 };

  it('the leader finds the one that differs, though it was compacted again since', async () => {
    const { cluster, leader, rest } = await filled(compactions);
    await rots(cluster, rest[0]!);
    await back(cluster, rest[0]!);
    await cluster.until(() => false, 3000);
    expect(alarmsAt(leader)).toEqual([]);
    const both = Promise.all([40, 50].map((revision) => leader.member!.compact(revision)));
    await cluster.outcome(both, 5000);
    await cluster.until(() => alarmsAt(leader).length > 0, 20_000);
    expect(alarmsAt(leader)).toEqual([corrupt(rest[0]!)]);
  });

  it('members that are alike are found alike, also those that missed the compaction', async () => {
    const { cluster, leader, rest } = await filled(compactions);
    cluster.kill(rest[0]!);
    await cluster.outcome(leader.member!.compact(40), 5000);
    cluster.start(rest[0]!);
    await back(cluster, rest[0]!);
    await cluster.until(() => false, 5000);
    expect(alarmsAt(leader)).toEqual([]);
    expect(cluster.problems).toEqual([]);
  });
});
