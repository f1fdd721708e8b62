/**
 * What has gone wrong in etcd before, one scenario each, under its issue number (etcd-io/etcd) or
 * advisory: those that one member can show. `test/e2e/store-past-bugs.long.test.ts` has the rest.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../platform/logger.ts';
import { realClock } from '../../../platform/node/clock.ts';
import { realCrypto } from '../../../platform/node/crypto/crypto.ts';
import { realDisk } from '../../../platform/node/files/disk.ts';
import { realRandom } from '../../../platform/node/random.ts';
import { sha1 } from '../../../platform/node/crypto/sha1.ts';
import { MemoryStorage } from '../../../store/engine/memory.ts';
import { browserRules } from '../../../store/http/browsers.ts';
import type { Watch, WatchBatch } from '../../../store/kv.ts';
import type { Member } from '../../../store/server/interface.ts';
import type { MemberOptions } from '../../../store/replica/options.ts';
import { startMember } from '../../../store/server/member.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RawClient } from './raw-client.ts';
import { startOurs, type TestServer } from './servers.ts';

const everything = { key: '\0', rangeEnd: '\0' };
const put = (key: string, value = 'v') => ({ key, value: Buffer.from(value) });
const putting = (key: string) => ({ type: 'put' as const, request: put(key) });

let storage: MemoryStorage;
let member: Member;
const start = (options: Partial<MemberOptions> = {}): Promise<Member> =>
  startMember({
    ...{ dataDir: '/unused', clock: realClock, random: realRandom, disk: realDisk, sha1 },
    ...{ logger: silentLogger, crypto: realCrypto, engine: storage.open, ...options },
  });

/** Power fails now, and comes back. */
async function crash(): Promise<void> {
  storage.crash();
  void member.stop();
  member = await start();
}

const next = async (watch: Watch): Promise<WatchBatch> => {
  const result = await watch[Symbol.asyncIterator]().next();
  if (result.done === true) throw new Error('the watch has ended');
  return result.value;
};

async function events(watch: Watch, count: number): Promise<string[]> {
  const seen: string[] = [];
  while (seen.length < count)
    for (const { type, kv } of (await next(watch)).events)
      seen.push(`${type} ${kv.key}@${kv.modRevision}`);
  return seen;
}

beforeEach(async () => {
  storage = new MemoryStorage();
  member = await start();
});
afterEach(() => member.stop());

describe('a crash', () => {
  it('13766: leaves no data behind the index it says is applied', async () => {
    for (let round = 0; round < 10; round++) {
      const writes = Array.from({ length: 30 }, (_, i) => member.put(put(`k${i % 7}`, `${round}`)));
      await writes[round * 2];
      for (const each of writes) each.catch(() => {});
      await crash();
      const hash = (await member.maintenance.hashKv(0)).hash;
      await crash();
      expect((await member.maintenance.hashKv(0)).hash).toBe(hash);
    }
  });

  it('14370: loses nothing that was acknowledged', async () => {
    for (let i = 0; i < 20; i++) {
      const { revision } = await member.put(put(`k${i}`));
      await crash();
      const { kvs } = await member.range({ key: `k${i}` });
      expect(kvs[0]!.modRevision).toBe(revision);
    }
  });

  it('14571: does not forget who may do what', async () => {
    const { auth } = member;
    const passwordHash = await auth.hashPassword('a');
    for (const user of ['root', 'ann'])
      await auth.change({ do: 'userAdd', user, passwordHash, noPassword: false });
    for (const role of ['root', 'team']) await auth.change({ do: 'roleAdd', role });
    const permission = { access: 'readwrite', key: 'team/', rangeEnd: 'team0' } as const;
    await auth.change({ do: 'roleGrantPermission', role: 'team', permission });
    await auth.change({ do: 'userGrantRole', user: 'root', role: 'root' });
    await auth.change({ do: 'userGrantRole', user: 'ann', role: 'team' });
    await auth.change({ do: 'enable' });
    await crash();
    await member.ready();
    const token = await member.auth.authenticate('ann', 'a');
    const ann = member.onBehalfOf(member.auth.identify({ token }));
    expect((await ann.put(put('team/x'))).revision).toBeGreaterThan(1);
    await expect(ann.put(put('other'))).rejects.toMatchObject({ reason: 'permissionDenied' });
  });

  it('14685, 17780: in a compaction or a defragmentation lets no revision fall', async () => {
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 50; i++) await member.put(put(`k${i % 3}`));
      await member.deleteRange({ key: 'k0' });
      const { revision } = member.head();
      await member.compact(revision);
      member.maintenance.defragment().catch(() => {});
      await crash();
      expect((await member.range(everything)).revision).toBe(revision);
      await expect(member.compact(revision)).rejects.toMatchObject({ reason: 'compacted' });
    }
  });
});

describe('a watch', () => {
  it('15220: is not told of progress while it is behind', async () => {
    for (let i = 0; i < 1500; i++) void member.put(put('k'));
    await member.put(put('k'));
    const watch = member.watch({ ...everything, startRevision: 2 });
    watch.requestProgress();
    let last = 1;
    for (let seen = 0; seen < 1501;) {
      const batch = await next(watch);
      for (const { kv } of batch.events) expect(kv.modRevision).toBe(++last);
      if (batch.events.length === 0) expect(batch.revision).toBeLessThanOrEqual(last);
      seen += batch.events.length;
    }
  });

  it('17247: sees each change of each key once', async () => {
    const watch = member.watch(everything);
    for (let i = 0; i < 20; i++)
      await member.txn({
        compare: [],
        success: [putting('a'), putting('b'), { type: 'range', request: { key: 'a' } }],
        failure: [],
      });
    const seen = await events(watch, 40);
    expect(new Set(seen).size).toBe(40);
  });

  it('17529: whose reader starves gets every event, or is told of the compaction', async () => {
    await member.stop();
    member = await start({ watchLimits: { watcherBytes: 1000, windowBytes: 1000 } });
    const starved = member.watch(everything);
    for (let i = 0; i < 300; i++) await member.put(put('k', 'v'.repeat(100)));
    const { revision } = member.head();
    await member.compact(revision - 10);
    let last = 1;
    const outcome = await (async () => {
      while (last < revision)
        for (const { kv } of (await next(starved)).events) {
          expect(kv.modRevision).toBe(last + 1);
          last = kv.modRevision;
        }
      return 'everything';
    })().catch((error: { reason?: string }) => error.reason);
    expect(['everything', 'compacted']).toContain(outcome);
  });

  it('18089, 19179: that starts at a compacted tombstone still sees the delete', async () => {
    await member.put(put('k'));
    const { revision } = await member.deleteRange({ key: 'k' });
    await member.put(put('other'));
    await member.compact(revision, true);
    const watch = member.watch({ key: 'k', startRevision: revision });
    expect(await events(watch, 1)).toEqual([`delete k@${revision}`]);
  });

  it('20221: of the future hears nothing of the past, not even progress', async () => {
    await member.put(put('k'));
    const watch = member.watch({ key: 'k', startRevision: 7 });
    watch.requestProgress();
    for (let i = 0; i < 5; i++) await member.put(put('k'));
    expect(await events(watch, 1)).toEqual(['put k@7']);
  });
});

describe('a lease', () => {
  let clock: FakeClock;
  beforeEach(async () => {
    await member.stop();
    clock = new FakeClock();
    storage = new MemoryStorage();
    member = await start({ clock });
  });

  it('20615: that is being revoked is not renewed', async () => {
    for (let i = 0; i < 20; i++) {
      const { id } = await member.leases.grant({ ttlSeconds: 60 });
      const [, renewed] = await Promise.all([
        member.leases.revoke(id),
        member.leases.keepAlive(id),
      ]);
      // Renewed before the end, or not at all; after it nobody finds the lease.
      expect([0, 60]).toContain(renewed);
      expect(await member.leases.keepAlive(id)).toBe(0);
      expect(await member.leases.timeToLive(id, false)).toMatchObject({ ttlSeconds: -1 });
    }
  });

  it('11456, 11457: that expired takes the lock with it, and fences its holder off', async () => {
    const { id } = await member.leases.grant({ ttlSeconds: 5 });
    const { revision } = await member.put({ ...put('lock/a'), lease: id });
    const held = { key: 'lock/a', target: 'create', operand: revision, result: 'equal' } as const;
    const guarded = { compare: [held], success: [putting('guarded')], failure: [] };
    expect((await member.txn(guarded)).succeeded).toBe(true);
    await clock.advance(10_000);
    expect((await member.txn(guarded)).succeeded).toBe(false);
    expect((await member.range({ key: 'guarded' })).kvs[0]!.version).toBe(1);
  });
});

it('18667: a transaction that reads below the compaction fails whole', async () => {
  for (let i = 0; i < 5; i++) await member.put(put('k'));
  await member.compact(4);
  const old = { type: 'range', request: { key: 'k', revision: 3 } } as const;
  const txn = { compare: [], success: [putting('a'), old], failure: [] };
  await expect(member.txn(txn)).rejects.toMatchObject({ reason: 'compacted' });
  expect((await member.range({ key: 'a' })).count).toBe(0);
});

it('19406: writes go on while a large compaction is under way', async () => {
  const success = Array.from({ length: 100 }, (_, i) => putting(`k${i}`));
  for (let i = 0; i < 200; i++) await member.txn({ compare: [], success, failure: [] });
  let isCompacted = false;
  const compaction = member.compact(member.head().revision, true).then(() => {
    isCompacted = true;
  });
  let during = 0;
  while (!isCompacted && during < 1000) {
    await member.put(put('other'));
    during++;
  }
  expect(during).toBeGreaterThan(1);
  await compaction;
});

it('22139: what a nested transaction puts counts against the quota', async () => {
  await member.stop();
  member = await start({ quotaBackendBytes: 100_000 });
  const large = { type: 'put', request: put('k', 'v'.repeat(60_000)) } as const;
  const inner = { compare: [], success: [large], failure: [] };
  const nested = { compare: [], success: [{ type: 'txn', request: inner }], failure: [] } as const;
  const refusal = async (): Promise<unknown> => {
    for (let i = 0; i < 10; i++) await member.txn(nested);
    return undefined;
  };
  await expect(refusal()).rejects.toMatchObject({ reason: 'noSpace' });
});

describe('security', () => {
  let server: TestServer;
  let root: RawClient;
  let ann: RawClient;
  const denied = { code: 7, details: 'etcdserver: permission denied' };

  beforeEach(async () => {
    server = await startOurs({ auth: { bcryptCost: 4, tokenTtlSeconds: 300 } });
    [root, ann] = [new RawClient(server.address), new RawClient(server.address)];
    await root.call('Put', { key: 'secret', value: 's' });
    await root.call('Put', { key: 'team/a', value: '1' });
    for (const name of ['root', 'ann']) await root.call('UserAdd', { name, password: name });
    await root.call('UserGrantRole', { user: 'root', role: 'root' });
    await root.call('RoleAdd', { name: 'team' });
    const perm = { permType: 'READWRITE', key: 'team/', range_end: 'team0' };
    await root.call('RoleGrantPermission', { name: 'team', perm });
    await root.call('RoleGrantPermission', { name: 'team', perm: { permType: 'WRITE', key: 'w' } });
    await root.call('UserGrantRole', { user: 'ann', role: 'team' });
    await root.call('AuthEnable');
    await root.login('root', 'root');
    await ann.login('ann', 'ann');
  });
  afterEach(async () => {
    for (const each of [root, ann]) each.close();
    await server.stop();
  });

  it('CVE-2026-33413: no call is answered without a name', async () => {
    const nobody = new RawClient(server.address);
    const calls: Record<string, object> = {
      ...{ Range: { key: 'team/a' }, Put: { key: 'team/a' }, DeleteRange: { key: 'team/a' } },
      ...{ Txn: { success: [{ request_range: { key: 'team/a' } }] }, Compact: { revision: 2 } },
      ...{ LeaseGrant: { TTL: 10 }, LeaseRevoke: { ID: 1 }, LeaseLeases: {} },
      ...{ LeaseTimeToLive: { ID: 1, keys: true }, Alarm: {}, Hash: {}, HashKV: {} },
      ...{ Defragment: {}, Downgrade: { action: 'VALIDATE', version: '3.5' }, MemberList: {} },
      ...{ UserAdd: { name: 'x' }, UserGet: { name: 'ann' }, UserList: {}, RoleList: {} },
      ...{ RoleAdd: { name: 'x' }, RoleGet: { role: 'team' }, AuthDisable: {} },
    };
    for (const [method, request] of Object.entries(calls)) {
      const { code, details } = await nobody.refusal(method, request as never);
      expect([3, 7], `${method}: ${details}`).toContain(code);
    }
    nobody.close();
  });

  it('CVE-2026-33343: nested transactions are checked like others', async () => {
    const nest = (op: object, depth: number): object =>
      depth === 0 ? op : { request_txn: { success: [nest(op, depth - 1)] } };
    for (const op of [
      { request_range: { key: 'secret' } },
      { request_put: { key: 'secret', value: 'x' } },
      { request_delete_range: { key: 'secret' } },
      { request_txn: { compare: [{ target: 'VALUE', key: 'secret', value: 's' }] } },
    ])
      for (const branch of ['success', 'failure'])
        expect(await ann.refusal('Txn', { [branch]: [nest(op, 2)] })).toEqual(denied);
    expect((await root.call('Range', { key: 'secret' }))['kvs']).toMatchObject([{ value: 's' }]);
  });

  it('GHSA-xg4h: a watch of a range needs the whole range', async () => {
    const stream = ann.watch();
    for (const [key, rangeEnd] of [
      ['team/', 'z'],
      ['a', 'team0'],
      ['team/', '\0'],
      ['\0', '\0'],
    ]) {
      stream.send({ create_request: { key: key!, range_end: rangeEnd! } });
      expect(await stream.next()).toMatchObject({
        ...{ created: true, canceled: true },
        cancel_reason: `rpc error: code = PermissionDenied desc = ${denied.details}`,
      });
    }
    stream.cancel();
  });

  it('21681, 21685: neither previous values nor leases leak what may not be read', async () => {
    await root.call('Put', { key: 'w', value: 'hidden' });
    expect(await ann.call('Put', { key: 'w', value: 'x' })).toHaveProperty('header');
    expect(await ann.refusal('Put', { key: 'w', value: 'x', prev_kv: true })).toEqual(denied);
    expect(await ann.refusal('DeleteRange', { key: 'w', prev_kv: true })).toEqual(denied);
    const put = { request_put: { key: 'w', value: 'x', prev_kv: true } };
    expect(await ann.refusal('Txn', { success: [put] })).toEqual(denied);
    await root.call('LeaseGrant', { TTL: 600, ID: 7 });
    await root.call('Put', { key: 'secret', value: 's', lease: 7 });
    expect(await ann.refusal('LeaseTimeToLive', { ID: 7, keys: true })).toEqual(denied);
    expect(await ann.refusal('LeaseRevoke', { ID: 7 })).toEqual(denied);
    expect(await ann.refusal('Put', { key: 'w', value: 'x', lease: 7 })).toEqual(denied);
    const leased = { request_put: { key: 'w', value: 'x', lease: 7 } };
    expect(await ann.refusal('Txn', { success: [leased] })).toEqual(denied);
  });

  it('CVE-2021-28235: no debugging path tells passwords', async () => {
    await root.call('UserAdd', { name: 'bob', password: 'hush-28235' });
    for (const path of ['/debug/requests', '/debug/events', '/debug/pprof/heap']) {
      const answer = await fetch(`http://${server.address}${path}`);
      expect([answer.status, await answer.text()]).toEqual([404, '404 page not found\n']);
    }
    const vars = await fetch(`http://${server.address}/debug/vars`);
    expect(await vars.text()).not.toContain('hush');
  });
});

describe('CVE-2018-5702: --host-whitelist', () => {
  const ask = (host: string | undefined, hosts: string[]) =>
    browserRules({ origins: ['*'], hosts }).refuse({
      ...{ method: 'GET', path: '/version', query: new URLSearchParams(), peer: { address: '' } },
      headers: host === undefined ? {} : { host },
      signal: new AbortController().signal,
    })?.status;

  it('answers only requests for the names in it', () => {
    expect(ask('localhost:2379', ['localhost', '::1'])).toBeUndefined();
    expect(ask('[::1]:2379', ['localhost', '::1'])).toBeUndefined();
    expect(ask('evil.example', ['localhost'])).toBe(421);
    expect(ask(undefined, ['localhost'])).toBe(421);
    expect(ask('evil.example', ['*'])).toBeUndefined();
  });
});

it('20707: a watch of a negative revision is refused, and the stream goes on', async () => {
  const server = await startOurs();
  const client = new RawClient(server.address);
  const stream = client.watch();
  stream.send({ create_request: { key: 'k', start_revision: -1 } });
  expect(await stream.next()).toMatchObject({ watch_id: '-1', created: true, canceled: true });
  stream.send({ create_request: { key: 'k' } });
  expect(await stream.next()).toMatchObject({ created: true });
  await client.call('Put', { key: 'k', value: 'v' });
  expect(await stream.next()).toMatchObject({ events: [{ kv: { key: 'k' } }] });
  stream.cancel();
  client.close();
  await server.stop();
});

it('19509: a client that drops its watch on the gateway takes nothing down', async () => {
  const server = await startOurs();
  const body = JSON.stringify({ create_request: { key: 'aw==' } });
  const watch = `http://${server.address}/v3/watch`;
  for (let i = 0; i < 20; i++) {
    const abort = new AbortController();
    const { signal } = abort;
    const answer = await fetch(watch, { method: 'POST', body, signal });
    const reader = answer.body!.getReader();
    await reader.read();
    abort.abort();
    await reader.closed.catch(() => {});
  }
  const client = new RawClient(server.address);
  await client.call('Put', { key: 'k', value: 'v' });
  client.close();
  await server.stop();
});
