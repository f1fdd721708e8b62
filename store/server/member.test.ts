import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { nextTurn } from '../../platform/node/next-turn.ts';
import { realRandom } from '../../platform/node/random.ts';
import { sha1 } from '../../platform/node/crypto/sha1.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { EngineError } from '../engine/engine.ts';
import type { Engine, EngineFactory } from '../engine/engine.ts';
import { MemoryStorage } from '../engine/memory.ts';
import type { Watch, WatchBatch } from '../kv.ts';
import type { Member } from './interface.ts';
import type { MemberOptions } from '../replica/options.ts';
import { startMember } from './member.ts';

const bytes = (text: string): Buffer => Buffer.from(text);
const put = (key: string, value = 'v') => ({ key, value: bytes(value) });
const everything = { key: '\0', rangeEnd: '\0' };

let storage: MemoryStorage;
let member: Member;

const start = (options: Partial<MemberOptions> = {}): Promise<Member> =>
  startMember({
    dataDir: '/unused',
    clock: realClock,
    random: realRandom,
    disk: realDisk,
    logger: silentLogger,
    sha1,
    engine: storage.open,
    ...options,
  });

async function take(watch: Watch, events: number): Promise<WatchBatch[]> {
  const batches: WatchBatch[] = [];
  for (let seen = 0; seen < events;) {
    const result = await watch[Symbol.asyncIterator]().next();
    if (result.done === true) break;
    batches.push(result.value);
    seen += result.value.events.length;
  }
  return batches;
}

beforeEach(async () => {
  storage = new MemoryStorage();
  member = await start();
});
afterEach(() => member.stop());

describe('a fresh member', () => {
  it('has the IDs that etcd computes for its default cluster', () => {
    expect(BigInt(member.identity.memberId).toString(16)).toBe('8e9e05c52164694d');
    expect(BigInt(member.identity.clusterId).toString(16)).toBe('cdf818194e3a8c32');
  });

  it('is at revision 1, leads, and makes 2 with its first write', async () => {
    expect((await member.range(everything)).revision).toBe(1);
    const status = await member.status();
    expect(status.leader).toBe(member.identity.memberId);
    expect(status.raftAppliedIndex).toBe(status.raftIndex);
    expect(await member.put(put('a'))).toEqual({ revision: 2 });
  });
});

it.each([true, false])(
  'blocks for lone writes if its thread is its own: %s',
  async (ownsThread) => {
    const blocked: (boolean | undefined)[] = [];
    const engine: EngineFactory = async (options) => {
      const opened = await new MemoryStorage().open(options);
      const batch: Engine['batch'] = (operations, how) => {
        if (how.sync) blocked.push(how.mayBlock);
        return opened.batch(operations, how);
      };
      return new Proxy(opened, {
        get: (target, name: keyof Engine) =>
          name === 'batch' ? batch : (target[name] as (() => unknown) | undefined)?.bind(target),
      });
    };
    const own = await start({ engine, ownsThread, nextTurn, clock: new FakeClock() });
    for (let i = 0; i < 20; i++) await own.put(put('a'));
    await own.stop();
    expect(blocked[0]).toBe(false);
    expect(blocked.at(-1)).toBe(ownsThread);
  },
);

describe('requests', () => {
  it.each([
    ['emptyKey', (m: Member) => m.put(put(''))],
    ['emptyKey', (m: Member) => m.range({ key: '' })],
    ['keyNotFound', (m: Member) => m.put({ ...put('x', ''), ignoreValue: true })],
    ['valueProvided', (m: Member) => m.put({ ...put('x'), ignoreValue: true })],
    ['leaseProvided', (m: Member) => m.put({ ...put('x'), ignoreLease: true, lease: '7' })],
    ['leaseNotFound', (m: Member) => m.put({ ...put('x'), lease: '7' })],
    ['leaseNotFound', (m: Member) => m.leases.revoke('7')],
    ['leaseTtlTooLarge', (m: Member) => m.leaseGrant(9_000_000_001)],
    ['futureRevision', (m: Member) => m.range({ key: 'x', revision: 99 })],
    ['futureRevision', (m: Member) => m.compact(99)],
    ['requestTooLarge', (m: Member) => m.put(put('x', 'v'.repeat(1_600_000)))],
  ] as const)('are refused: %s', async (reason, call) => {
    await expect(call(member)).rejects.toMatchObject({ name: 'StoreError', reason });
    expect(member.head().revision).toBe(1);
  });

  it('are refused beyond the quota, except those that free space', async () => {
    await member.stop();
    member = await start({ quotaBackendBytes: 5000 });
    await member.put(put('a', 'v'.repeat(3000)));
    await expect(member.put(put('b', 'v'.repeat(3000)))).rejects.toMatchObject({
      reason: 'noSpace',
    });
    expect(await member.deleteRange({ key: 'a' })).toMatchObject({ deleted: 1 });
    const alarm = { memberId: member.identity.memberId, alarm: 'noSpace' } as const;
    await vi.waitFor(async () => expect(await member.maintenance.alarms()).toEqual([alarm]));
    // It stands, across a restart and with any quota, until it is disarmed.
    await member.stop();
    member = await start({ quotaBackendBytes: -1 });
    await expect(member.put(put('b'))).rejects.toMatchObject({ reason: 'noSpace' });
    expect(await member.maintenance.changeAlarm('deactivate', alarm)).toBe(true);
    expect(await member.maintenance.changeAlarm('deactivate', alarm)).toBe(false);
    await member.put(put('b'));
  });

  it('of a transaction apply whole or not at all', async () => {
    const missing = { type: 'put', request: { ...put('b'), lease: '7' } } as const;
    const txn = {
      compare: [],
      success: [{ type: 'put', request: put('a') }, missing],
      failure: [],
    };
    await expect(member.txn(txn as never)).rejects.toMatchObject({ reason: 'leaseNotFound' });
    expect(await member.range(everything)).toMatchObject({ revision: 1, count: 0 });
  });

  it('that only read make no log entry', async () => {
    const before = (await member.status()).raftIndex;
    const read = { type: 'range', request: { key: 'a' } } as const;
    await member.txn({ compare: [], success: [read], failure: [] });
    await member.range({ key: 'a' });
    expect((await member.status()).raftIndex).toBe(before);
  });

  it('under way and later reject with "stopped" once the member stops', async () => {
    const underWay = member.put(put('a'));
    const stopping = member.stop();
    await expect(underWay).rejects.toMatchObject({ reason: 'stopped' });
    await stopping;
    await expect(member.put(put('a'))).rejects.toMatchObject({ reason: 'stopped' });
    await expect(member.range({ key: 'a' })).rejects.toMatchObject({ reason: 'stopped' });
    expect(() => member.watch(everything)).toThrow('server stopped');
  });
});

describe('group commit', () => {
  it('shares one fsync among the proposals that came during the one before', async () => {
    let fsyncs = 0;
    member.onTiming((name) => {
      if (name === 'walFsync') fsyncs++;
    });
    await Promise.all(Array.from({ length: 200 }, (_, i) => member.put(put(`k${i}`))));
    expect(fsyncs).toBeLessThanOrEqual(3);
    expect(member.head().revision).toBe(201);
  });
});

describe('a crash', () => {
  it('keeps every acknowledged write, applies none twice, and raises the term', async () => {
    const { raftTerm } = member.head();
    for (let i = 0; i < 20; i++) await member.put(put('counter', String(i)));
    storage.crash();
    member = await start();
    const { kvs } = await member.range({ key: 'counter' });
    expect(kvs[0]).toMatchObject({ version: 20, modRevision: 21, value: bytes('19') });
    expect(member.head()).toEqual({ revision: 21, raftTerm: raftTerm + 1 });
  });

  it('at any moment keeps what was acknowledged', async () => {
    for (let round = 0; round < 20; round++) {
      let acknowledged = 0;
      const writing = Array.from({ length: 30 }, async (_, i) => {
        await member.put(put(`round${round}/${String(i).padStart(2, '0')}`));
        acknowledged++;
      });
      for (let hops = 0; hops < round; hops++) await Promise.resolve();
      if (round % 3 === 0) await writing[0];
      const promised = acknowledged;
      storage.crash();
      void Promise.allSettled(writing);
      member = await start();
      const found = await member.range({ key: `round${round}/`, rangeEnd: `round${round}0` });
      expect(found.count).toBeGreaterThanOrEqual(promised);
    }
  });

  it('survives with leases, their keys, and the compacted revision', async () => {
    const { id } = await member.leaseGrant(60);
    await member.put({ ...put('leased'), lease: id });
    await member.put(put('a', '1'));
    await member.put(put('a', '2'));
    await member.compact(4);
    storage.crash();
    member = await start();
    expect(await member.leases.timeToLive(id, true)).toMatchObject({
      grantedTtlSeconds: 60,
      keys: ['leased'],
    });
    await expect(member.range({ key: 'a', revision: 3 })).rejects.toMatchObject({
      reason: 'compacted',
      compactRevision: 4,
    });
    expect((await member.range({ key: 'a' })).kvs[0]!.value).toEqual(bytes('2'));
  });
});

describe('the log', () => {
  it('stays bounded, and a restart goes on from what was dropped', async () => {
    await member.stop();
    const lines: [string, object][] = [];
    const info = (fields: object, message: string): void => void lines.push([message, fields]);
    const logger = { ...silentLogger, info };
    const small = { snapshotCount: 50, snapshotCatchUpEntries: 10, logger };
    member = await start(small);
    for (let i = 0; i < 400; i++) await member.put(put('k', String(i)));
    await member.stop();
    const saved = lines.filter(([message]) => message === 'saved snapshot to disk');
    const indexes = saved.map(([, fields]) => (fields as Record<string, number>)['snapshot-index']);
    expect(indexes.length).toBeGreaterThan(0);
    expect(indexes.every((index, i) => i === 0 || index! - indexes[i - 1]! > 50)).toBe(true);
    const entries = [...storage.tree.keys()].filter((key) => key.startsWith('l'));
    expect(entries.length).toBeLessThanOrEqual(60);
    member = await start(small);
    expect((await member.range({ key: 'k' })).kvs[0]).toMatchObject({ version: 400 });
  });
});

describe('compaction', () => {
  it('removes from the engine what cannot be read any more', async () => {
    for (let i = 0; i < 50; i++) await member.put(put('k', String(i)));
    await member.deleteRange({ key: 'k' });
    await member.put(put('other'));
    await member.compact(member.head().revision);
    await expect(member.compact(10)).rejects.toMatchObject({ reason: 'compacted' });
    await member.stop();
    expect([...storage.tree.keys()].filter((key) => key.startsWith('r'))).toHaveLength(1);
    member = await start();
    expect(await member.range(everything)).toMatchObject({ revision: 53, count: 1 });
  });

  it('at a tombstone still shows the delete to a watch from there (etcd 18089)', async () => {
    await member.put(put('k'));
    const { revision } = await member.deleteRange({ key: 'k' });
    await member.compact(revision);
    await member.stop();
    member = await start();
    const [batch] = await take(member.watch({ key: 'k', startRevision: revision }), 1);
    expect(batch!.events).toMatchObject([{ type: 'delete', kv: { key: 'k', modRevision: 3 } }]);
  });

  it('at revision 0 succeeds exactly once', async () => {
    await member.compact(0);
    await expect(member.compact(0)).rejects.toMatchObject({ reason: 'compacted' });
  });
});

describe('a read', () => {
  it('of the past finds values that memory no longer holds', async () => {
    await member.stop();
    member = await start({ valueCacheBytes: 1 });
    for (let i = 0; i < 20; i++) await member.put(put('k', `value ${i}`));
    await member.stop();
    member = await start({ valueCacheBytes: 1 });
    for (let i = 0; i < 20; i++)
      expect((await member.range({ key: 'k', revision: i + 2 })).kvs[0]!.value).toEqual(
        bytes(`value ${i}`),
      );
    const { prevKv } = await member.put({ ...put('k'), prevKv: true });
    expect(prevKv!.value).toEqual(bytes('value 19'));
  });
});

describe('a watch', () => {
  it('sees one batch per revision with previous pairs, then ends when left', async () => {
    const watch = member.watch({ ...everything, prevKv: true });
    expect(await watch.created).toBe(1);
    await member.put(put('a', '1'));
    await member.put(put('a', '2'));
    const batches = await take(watch, 2);
    const events = batches.flatMap((batch) => batch.events);
    expect(events[1]).toMatchObject({ type: 'put', prevKv: { value: bytes('1'), version: 1 } });
    watch.cancel();
    expect(await watch[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
    expect(member.statistics().watchers).toBe(0);
  });

  it('from the past reads history from the engine after a restart', async () => {
    for (let i = 0; i < 2500; i++) void member.put(put('k', String(i)));
    await member.put(put('end'));
    await member.stop();
    member = await start();
    const batches = await take(member.watch({ ...everything, startRevision: 2 }), 2501);
    const revisions = batches.flatMap(({ events }) => events.map(({ kv }) => kv.modRevision));
    expect(revisions).toEqual(Array.from({ length: 2501 }, (_, i) => i + 2));
  });

  it('whose consumer sleeps is slow, holds up nobody, and misses nothing', async () => {
    const watch = member.watch(everything);
    const value = bytes('v'.repeat(100_000));
    for (let i = 0; i < 40; i++) await member.put({ key: `k${i}`, value });
    expect(member.statistics().slowWatchers).toBe(1);
    const keys = (await take(watch, 40)).flatMap(({ events }) => events.map(({ kv }) => kv.key));
    expect(keys).toEqual(Array.from({ length: 40 }, (_, i) => `k${i}`));
  });

  it('from a compacted revision ends with "compacted"', async () => {
    await member.put(put('a'));
    await member.put(put('a'));
    await member.compact(3);
    const watch = member.watch({ key: 'a', startRevision: 2 });
    await expect(watch[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      reason: 'compacted',
      compactRevision: 3,
    });
  });

  it('from the future is silent until then, also about progress (etcd 20221)', async () => {
    const watch = member.watch({ key: 'a', startRevision: 4 });
    watch.requestProgress();
    const next = watch[Symbol.asyncIterator]().next();
    await member.put(put('a', '2'));
    await member.put(put('a', '3'));
    await member.put(put('a', '4'));
    const { value } = (await next) as { value: WatchBatch };
    expect(value.events.every((event) => event.kv.modRevision >= 4)).toBe(true);
  });

  it('told of progress gets nothing at or below it afterwards', async () => {
    const watch = member.watch(everything);
    await member.put(put('a'));
    watch.requestProgress();
    const [first] = await take(watch, 1);
    const { value } = (await watch[Symbol.asyncIterator]().next()) as { value: WatchBatch };
    expect([first!.revision, value]).toEqual([2, { revision: 2, events: [] }]);
  });

  it('ends with "stopped" when the member stops', async () => {
    const next = member.watch(everything)[Symbol.asyncIterator]().next();
    await member.stop();
    await expect(next).rejects.toMatchObject({ reason: 'stopped' });
  });
});

describe('under a clock moved by hand', () => {
  let clock: FakeClock;

  beforeEach(async () => {
    await member.stop();
    clock = new FakeClock();
    storage = new MemoryStorage();
    member = await start({ clock, watchProgressNotifyIntervalMs: 10_000 });
  });

  it('a lease that is not renewed ends with its keys, in one revision', async () => {
    const { id, ttlSeconds } = await member.leaseGrant(1);
    expect(ttlSeconds).toBe(2);
    await member.put({ ...put('b'), lease: id });
    await member.put({ ...put('a'), lease: id });
    const watch = member.watch(everything);
    await clock.advance(1500);
    expect(await member.leases.keepAlive(id)).toBe(2);
    await clock.advance(1500);
    expect((await member.range(everything)).count).toBe(2);
    await clock.advance(1500);
    const [batch] = await take(watch, 1);
    expect(batch!.events.map(({ type, kv }) => [type, kv.key])).toEqual([
      ['delete', 'a'],
      ['delete', 'b'],
    ]);
    expect(await member.leases.keepAlive(id)).toBe(0);
    expect(await member.leases.timeToLive(id, false)).toMatchObject({ ttlSeconds: -1 });
  });

  it('a long lease has no more left after a restart than its last checkpoint said', async () => {
    const { id } = await member.leaseGrant(1000);
    await clock.advance(301_000);
    await member.stop();
    member = await start({ clock });
    expect((await member.leases.timeToLive(id, false)).ttlSeconds).toBeLessThanOrEqual(701);
    // Renewed, it is whole again, whatever the checkpoint said.
    expect(await member.leases.keepAlive(id)).toBe(1000);
    await member.stop();
    member = await start({ clock });
    expect((await member.leases.timeToLive(id, false)).ttlSeconds).toBeGreaterThanOrEqual(1000);
  });

  it('a restart gives a lease its full time again', async () => {
    const { id } = await member.leaseGrant(10);
    await clock.advance(9000);
    await member.stop();
    member = await start({ clock });
    await clock.advance(9000);
    expect(await member.leases.list()).toEqual([id]);
    await clock.advance(3000);
    expect(await member.leases.list()).toEqual([]);
  });

  it('a silent watch is told of progress at each interval', async () => {
    await member.put(put('a'));
    const next = member
      .watch({ ...everything, progressNotify: true })
      [Symbol.asyncIterator]()
      .next();
    await clock.advance(10_000);
    expect(await next).toEqual({ done: false, value: { revision: 2, events: [] } });
  });

  it('a stopped member leaves no timer behind', async () => {
    await member.put(put('a'));
    member.watch({ ...everything, progressNotify: true });
    await member.stop();
    expect(clock.timers).toBe(0);
  });
});

describe('a disk that fails', () => {
  it('acknowledges nothing more, says why, and ends the watches', async () => {
    await member.stop();
    let broken = false;
    const failing: EngineFactory = async (options) => {
      const engine = await storage.open(options);
      return new Proxy(engine, {
        get(target, name: keyof Engine) {
          if (name === 'batch' && broken)
            return () => Promise.reject(new EngineError('noSpace', 'No space left on device'));
          return (target[name] as (() => unknown) | undefined)?.bind(target);
        },
      });
    };
    const failures: Error[] = [];
    member = await start({ engine: failing, onFailure: (error) => failures.push(error) });
    const next = member.watch(everything)[Symbol.asyncIterator]().next();
    broken = true;
    await expect(member.put(put('a'))).rejects.toMatchObject({ reason: 'noSpace' });
    await expect(member.range({ key: 'a' })).rejects.toMatchObject({ reason: 'noSpace' });
    await expect(next).rejects.toMatchObject({ reason: 'unavailable' });
    expect(failures).toMatchObject([{ reason: 'noSpace' }]);
    await member.stop();
    broken = false;
    member = await start();
    expect((await member.range({ key: 'a' })).count).toBe(0);
  });
});
