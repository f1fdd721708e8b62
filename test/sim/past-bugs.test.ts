/** Bugs that etcd once had, by their numbers there: ours must not have them. */
import { describe, expect, it } from 'vitest';
// Loaded late by members: here it must not take time that the simulation does not know of.
import '../../store/persistence/backup.ts';
import type { WatchBatch } from '../../store/kv.ts';
import type { Member } from '../../store/server/interface.ts';
import { SimCluster, type Host } from './cluster.ts';
import { bytes, elected, level, newLeader, put } from './stories.ts';
import { brokenGuarantees } from './watch-guarantees.ts';
import { follow, type Watched } from './watchers.ts';

const EVERYTHING = { key: '\0', rangeEnd: '\0' };

async function hashes(cluster: SimCluster): Promise<Set<number>> {
  for (;;) {
    await cluster.until(() => level(cluster), 30_000);
    const all = Promise.all(cluster.running.map(({ member }) => member!.maintenance.hashKv(0)));
    const answers = (await cluster.outcome(all, 5000))!;
    // A compaction has no revision of its own: one of them may not have heard of it yet.
    if (new Set(answers.map(({ compactRevision }) => compactRevision)).size === 1)
      return new Set(answers.map(({ hash }) => hash));
    await cluster.until(() => false, 100);
  }
}

const revisionsOf = (result: IteratorResult<WatchBatch> | undefined): number[] =>
  result === undefined || result.done === true
    ? []
    : result.value.events.map(({ kv }) => kv.modRevision);

/** Power fails everywhere at once, and comes back. */
async function blackout(cluster: SimCluster): Promise<void> {
  for (const host of cluster.hosts) cluster.kill(host);
  for (const host of cluster.hosts) cluster.start(host);
  await cluster.until(() => cluster.running.length === cluster.hosts.length, 10_000);
}

/** Writes to whichever member runs; the keys that were acknowledged, as they come. */
function write(cluster: SimCluster, name: string, count: number): readonly string[] {
  const acknowledged: string[] = [];
  const one = async (key: string, afterMs: number): Promise<void> => {
    await cluster.time.sleep(afterMs);
    const { member } = cluster.random.pick(cluster.hosts);
    await member?.put({ key, value: bytes(key) }).then(
      () => acknowledged.push(key),
      () => {},
    );
  };
  for (let i = 0; i < count; i++) void one(`${name}/${i}`, i);
  return acknowledged;
}

async function missing(
  cluster: SimCluster,
  host: Host,
  keys: readonly string[],
): Promise<string[]> {
  const read = (await cluster.outcome(host.member!.range(EVERYTHING), 20_000))!;
  return keys.filter((key) => !read.kvs.some((kv) => kv.key === key));
}

function watching(member: Member, startRevision: number): Watched {
  const request = { ...EVERYTHING, startRevision };
  const watched: Watched = { request, from: startRevision, batches: [] };
  void follow(member.watch(request), member, watched);
  return watched;
}

async function restarted(cluster: SimCluster, host: Host): Promise<Member> {
  cluster.kill(host);
  cluster.start(host);
  await cluster.until(() => host.member !== undefined, 10_000);
  return host.member!;
}

describe('writes', () => {
  it('13766: members that crash under load come out alike, and have all that was acknowledged', async () => {
    const { cluster } = await elected();
    const books: (readonly string[])[] = [];
    for (let round = 0; round < 4; round++) {
      books.push(write(cluster, `round ${round}`, 60));
      await cluster.until(() => false, 40);
      await blackout(cluster);
      await cluster.until(() => false, 8000);
      expect((await hashes(cluster)).size).toBe(1);
    }
    expect(books.flat().length).toBeGreaterThan(20);
    expect(await missing(cluster, cluster.hosts[0]!, books.flat())).toEqual([]);
  });

  it('14370: a lone member acknowledges nothing that a loss of power takes back', async () => {
    const cluster = new SimCluster(3, { members: 1 });
    const [host] = cluster.hosts;
    cluster.start(host!);
    await cluster.until(() => host!.member !== undefined, 5000);
    for (let i = 0; i < 20; i++) {
      await put(cluster, host!, `k${i}`);
      await restarted(cluster, host!);
    }
    const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
    expect(await missing(cluster, host!, keys)).toEqual([]);
  });

  it('14571: permissions are the same on a member that was restarted', async () => {
    const { cluster, leader, rest } = await elected();
    const { auth } = leader.member!;
    const permission = { access: 'readwrite', key: 'mine', rangeEnd: '' } as const;
    const changes: Parameters<typeof auth.change>[0][] = [
      ...['root', 'limited'].flatMap((name) => [
        { do: 'userAdd', user: name, passwordHash: '', noPassword: true } as const,
        { do: 'roleAdd', role: name } as const,
        { do: 'userGrantRole', user: name, role: name } as const,
      ]),
      { do: 'roleGrantPermission', role: 'limited', permission },
      { do: 'enable' },
    ];
    for (const change of changes) await cluster.outcome(auth.change(change), 5000);
    const again = await restarted(cluster, rest[0]!);
    await cluster.until(() => level(cluster), 20_000);
    const caller = { user: 'limited', revision: auth.revision };
    for (const member of [again, leader.member!]) {
      const calls = member.onBehalfOf(caller);
      const mine = calls.put({ key: 'mine', value: bytes('x') }).then(() => 'written');
      expect(await cluster.outcome(mine, 5000)).toBe('written');
      const theirs = calls
        .put({ key: 'theirs', value: bytes('x') })
        .catch(({ reason }: { reason: string }) => reason);
      expect(await cluster.outcome(theirs, 5000)).toBe('permissionDenied');
    }
    expect((await hashes(cluster)).size).toBe(1);
  });

  it('18667: a transaction that reads what is compacted fails everywhere, and does nothing', async () => {
    const { cluster, leader } = await elected();
    for (let i = 0; i < 10; i++) await put(cluster, leader, 'x');
    await cluster.outcome(leader.member!.compact(8), 5000);
    const txn = leader.member!.txn({
      compare: [],
      success: [
        { type: 'put', request: { key: 'y', value: bytes('y') } },
        { type: 'range', request: { key: 'x', revision: 3 } },
      ],
      failure: [],
    });
    const reason = txn.catch((error: { reason: string }) => error.reason);
    expect(await cluster.outcome(reason, 5000)).toBe('compacted');
    expect(await missing(cluster, leader, ['y'])).toEqual(['y']);
    expect((await hashes(cluster)).size).toBe(1);
  });
});

describe('compactions', () => {
  it('17780: the revision does not fall when all that is left of it is compacted away', async () => {
    const { cluster, leader } = await elected();
    await put(cluster, leader, 'x');
    const deleted = await cluster.outcome(leader.member!.deleteRange({ key: 'x' }), 5000);
    await cluster.outcome(leader.member!.compact(deleted!.revision, true), 5000);
    await blackout(cluster);
    await newLeader(cluster, leader).catch(() => undefined);
    await cluster.until(() => level(cluster), 20_000);
    // A second election may follow the first one, and would take the write with it.
    await cluster.until(() => false, 2000);
    const head = Math.min(...cluster.running.map(({ member }) => member!.head().revision));
    expect(head).toBe(deleted!.revision);
    expect(await put(cluster, cluster.hosts[0]!, 'y')).toBe(deleted!.revision + 1);
  });

  it('14685: a crash while the space is given back changes nothing', async () => {
    const { cluster, leader } = await elected();
    for (let i = 0; i < 50; i++) await put(cluster, leader, `k${i % 7}`);
    const { revision } = leader.member!.head();
    void leader.member!.compact(revision - 5).catch(() => {});
    void leader.member!.maintenance.defragment().catch(() => {});
    await cluster.until(() => false, 3);
    const member = await restarted(cluster, leader);
    await cluster.until(() => level(cluster), 20_000);
    expect(member.head().revision).toBe(revision);
    expect((await hashes(cluster)).size).toBe(1);
  });

  it('17529: a watcher that a compaction overtook is told so, or gets everything', async () => {
    const { cluster, leader } = await elected();
    for (let i = 0; i < 30; i++) await put(cluster, leader, `k${i % 3}`);
    const watch = leader.member!.watch({ ...EVERYTHING, startRevision: 2 });
    const iterator = watch[Symbol.asyncIterator]();
    const first = await cluster.outcome(iterator.next(), 5000);
    await cluster.outcome(leader.member!.compact(25, true), 5000);
    const told = revisionsOf(first);
    let ended: { reason: string; compactRevision: number } | undefined;
    for (let i = 0; i < 60 && ended === undefined && told.at(-1) !== 31; i++) {
      const next = await cluster.outcome(
        iterator.next().catch((error: typeof ended) => {
          ended = error;
          return undefined;
        }),
        2000,
      );
      told.push(...revisionsOf(next));
    }
    expect(told).toEqual(told.map((_, i) => i + 2));
    if (told.at(-1) !== 31)
      expect(ended).toMatchObject({ reason: 'compacted', compactRevision: 25 });
  });
});

describe('watches', () => {
  it('15271: one that resumes at a member that lags sees nothing twice and nothing too early', async () => {
    const { cluster, leader, rest } = await elected();
    const [behind] = rest;
    for (let i = 0; i < 5; i++) await put(cluster, leader, 'x');
    const ids = cluster.hosts.map(({ id }) => id);
    cluster.network.isolate(behind!.id, ids, 'both');
    for (let i = 0; i < 5; i++) await put(cluster, leader, 'x');
    const resumed = leader.member!.head().revision + 1;
    const watched = watching(behind!.member!, resumed);
    await cluster.until(() => false, 2000);
    expect(watched.batches).toEqual([]);
    cluster.network.heal();
    await put(cluster, leader, 'y');
    await cluster.until(() => watched.batches.length > 0, 20_000);
    // The truth is what reached somebody's disk.
    await cluster.until(() => false, 100);
    expect(brokenGuarantees(watched, cluster.truth)).toEqual([]);
    expect(watched.batches[0]!.events[0]!.kv.modRevision).toBe(resumed);
  });
});

describe('snapshots to followers', () => {
  /** So far behind that the log does not reach it any more. */
  async function leaveBehind(cluster: SimCluster, leader: Host, slow: Host): Promise<void> {
    cluster.kill(slow);
    for (let i = 0; i < 80; i++) await put(cluster, leader, `k${i}`);
    cluster.start(slow);
    await cluster.until(() => slow.member !== undefined, 5000);
  }

  it('18055: two in a row are installed', async () => {
    const { cluster, leader, rest } = await elected();
    for (let round = 0; round < 2; round++) {
      await leaveBehind(cluster, leader, rest[0]!);
      expect(await cluster.until(() => level(cluster), 30_000)).toBe(true);
    }
    expect(cluster.problems).toEqual([]);
    expect((await hashes(cluster)).size).toBe(1);
  });

  it('20271: one that comes while space is given back is installed whole', async () => {
    const { cluster, leader, rest } = await elected();
    const [slow] = rest;
    await leaveBehind(cluster, leader, slow!);
    for (let i = 0; i < 20; i++) {
      void slow!.member!.maintenance.defragment().catch(() => {});
      await cluster.until(() => false, 20);
    }
    expect(await cluster.until(() => level(cluster), 30_000)).toBe(true);
    expect(cluster.problems).toEqual([]);
    expect((await hashes(cluster)).size).toBe(1);
  });
});

describe('leases', () => {
  it('20615: one that is being revoked is renewed for nobody', async () => {
    const { cluster, leader } = await elected();
    for (let i = 0; i < 20; i++) {
      const { leases } = leader.member!;
      const { id } = (await cluster.outcome(leases.grant({ ttlSeconds: 60 }), 5000))!;
      const revoked = leases.revoke(id);
      const renewed = leases.keepAlive(id);
      await cluster.outcome(revoked, 5000);
      expect(await cluster.outcome(renewed, 5000)).toBe(0);
    }
  });

  it('11456, 11457: a lock whose lease is over fences off the one that held it', async () => {
    const { cluster, leader } = await elected();
    const { id } = (await cluster.outcome(leader.member!.leases.grant({ ttlSeconds: 2 }), 5000))!;
    const lock = { key: 'lock/a', value: bytes(''), lease: id };
    const { revision } = (await cluster.outcome(leader.member!.put(lock), 5000))!;
    const work = (): Promise<boolean> =>
      leader
        .member!.txn({
          compare: [{ key: 'lock/a', result: 'equal', target: 'create', operand: revision }],
          success: [{ type: 'put', request: { key: 'work', value: bytes('done') } }],
          failure: [],
        })
        .then(({ succeeded }) => succeeded);
    expect(await cluster.outcome(work(), 5000)).toBe(true);
    await cluster.until(() => false, 6000);
    expect(await cluster.outcome(work(), 5000)).toBe(false);
  });
});
