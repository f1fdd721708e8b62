/** The npm package etcd3 against our store and a real etcd. */
import { once } from 'node:events';
import {
  Etcd3,
  EtcdAuthenticationFailedError,
  EtcdLeaseInvalidError,
  EtcdLockFailedError,
  EtcdPermissionDeniedError,
  EtcdRoleNotFoundError,
  EtcdUserExistsError,
  Range,
  type IKeyValue,
  type Watcher,
} from 'etcd3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contenders, type TestServer } from '../conformance/store/servers.ts';

const text = (bytes: Buffer | undefined): string => bytes?.toString() ?? 'nothing';

describe.each(contenders)('npm etcd3 on $name', ({ start }) => {
  let server: TestServer;
  let client: Etcd3;

  beforeAll(async () => {
    server = await start();
    client = new Etcd3({ hosts: `http://${server.address}` });
  });
  afterAll(async () => {
    client.close();
    await server.stop();
  });

  it('puts, gets, lists, sorts, counts and deletes', async () => {
    await client.put('kv/a').value('1');
    await client.put('kv/b').value('3');
    await client.put('kv/c').value('2');
    const previous = await client.put('kv/a').value('0').getPrevious();
    expect(previous?.value.toString()).toBe('1');
    expect(await client.get('kv/a').string()).toBe('0');
    expect(await client.get('kv/absent').string()).toBeNull();
    expect(await client.getAll().prefix('kv/').numbers()).toEqual({
      ...{ 'kv/a': 0, 'kv/b': 3, 'kv/c': 2 },
    });
    const sorted = client.getAll().prefix('kv/').sort('Value', 'Descend').limit(2);
    expect(await sorted.keys()).toEqual(['kv/b', 'kv/c']);
    expect(await client.getAll().prefix('kv/').count()).toBe(3);
    expect(await client.getAll().inRange({ start: 'kv/b', end: 'kv/c' }).strings()).toEqual({
      'kv/b': '3',
    });
    const first = await client.get('kv/a').exec();
    const { create_revision } = first.kvs[0]!;
    expect(await client.get('kv/a').revision(create_revision).string()).toBe('1');
    const deleted = await client.delete().key('kv/a').getPrevious();
    expect(deleted.map(({ key, value }) => `${text(key)}=${text(value)}`)).toEqual(['kv/a=0']);
    expect((await client.delete().prefix('kv/').exec()).deleted).toBe('2');
    const ns = client.namespace('kv/ns/');
    await ns.put('x').value('y');
    expect(await client.get('kv/ns/x').string()).toBe('y');
    expect(await ns.getAll().strings()).toEqual({ x: 'y' });
  });

  it('runs transactions, and software transactions that conflict', async () => {
    await client.put('txn/a').value('1');
    const swap = (expected: string, next: string) =>
      client
        .if('txn/a', 'Value', '==', expected)
        .and('txn/absent', 'Create', '==', 0)
        .then(client.put('txn/a').value(next), client.get('txn/a'))
        .else(client.get('txn/a'))
        .commit();
    expect((await swap('1', '2')).succeeded).toBe(true);
    const lost = await swap('1', '3');
    expect(lost.succeeded).toBe(false);
    expect(lost.responses[0]!.response_range.kvs[0]!.value.toString()).toBe('2');
    await client.put('txn/n').value(0);
    const add = () =>
      client.stm({ retries: 50 }).transact(async (tx) => {
        const n = (await tx.get('txn/n').number()) ?? 0;
        await tx.put('txn/n').value(n + 1);
      });
    await Promise.all(Array.from({ length: 8 }, add));
    expect(await client.get('txn/n').number()).toBe(8);
  });

  it('holds leases, renews them and loses them', async () => {
    const lease = client.lease(5, { autoKeepAlive: false });
    const id = await lease.grant();
    await lease.put('lease/a').value('1');
    await lease.keepaliveOnce();
    const left = await client.leaseClient.leaseTimeToLive({ ID: id, keys: true });
    expect(left).toMatchObject({ grantedTTL: '5', keys: [Buffer.from('lease/a')] });
    await lease.revoke();
    expect(await client.get('lease/a').string()).toBeNull();
    await expect(client.leaseClient.leaseRevoke({ ID: id })).rejects.toThrow(/lease not found/);
    const lost = client.lease(5, { autoKeepAlive: false });
    await client.leaseClient.leaseRevoke({ ID: await lost.grant() });
    await expect(lost.keepaliveOnce()).rejects.toBeInstanceOf(EtcdLeaseInvalidError);
  });

  it('watches from a revision, in order, until told not to', async () => {
    const header = (await client.put('watch/a').value('1')).header;
    const watcher: Watcher = await client
      .watch()
      .prefix('watch/')
      .startRevision(header.revision)
      .withPreviousKV()
      .create();
    const seen: string[] = [];
    const all = new Promise<void>((resolve) => {
      const note = (kind: string) => (kv: IKeyValue, before?: IKeyValue) => {
        seen.push(`${kind} ${text(kv.key)}=${text(kv.value)} was ${text(before?.value)}`);
        if (seen.length === 4) resolve();
      };
      watcher.on('put', note('put')).on('delete', note('delete'));
    });
    await client.put('watch/a').value('2');
    await client.put('elsewhere').value('x');
    await client.delete().key('watch/a');
    await client.put('watch/b').value('3');
    await all;
    expect(seen).toEqual([
      'put watch/a=1 was nothing',
      'put watch/a=2 was 1',
      'delete watch/a= was 2',
      'put watch/b=3 was nothing',
    ]);
    const only = await client.watch().key('watch/only').create();
    const deleted = once(only, 'delete');
    await client.put('watch/only').value('1');
    await client.delete().key('watch/only');
    expect(((await deleted) as [IKeyValue])[0].key.toString()).toBe('watch/only');
    await only.cancel();
    await watcher.cancel();
  });

  it('locks: one at a time', async () => {
    const lock = client.lock('mutex').ttl(10);
    await lock.acquire();
    await expect(client.lock('mutex').acquire()).rejects.toBeInstanceOf(EtcdLockFailedError);
    await lock.release();
    expect(await client.lock('mutex').do(() => Promise.resolve('held'))).toBe('held');
  });

  it('elects: the next when the first resigns', async () => {
    const election = client.election('boss', 10);
    const first = election.campaign('first');
    await first.wait();
    const second = election.campaign('second');
    // It is told once: perhaps before the first hears that it has resigned.
    const elected = second.wait();
    expect(await election.leader()).toBe('first');
    const observer = await election.observe();
    await first.proclaim('still first');
    await eventuallyLeads(observer, 'still first');
    await first.resign();
    await elected;
    await eventuallyLeads(observer, 'second');
    await observer.cancel();
    await second.resign();
  });

  it('manages users and roles, and feels them', async () => {
    const root = client.user('root');
    await root.create('secret');
    await expect(root.create('secret')).rejects.toBeInstanceOf(EtcdUserExistsError);
    await client.role('root').create();
    await root.addRole('root');
    const role = client.role('team');
    await role.create();
    await role.grant({ permission: 'Readwrite', range: Range.prefix('team/') });
    expect(await role.permissions()).toMatchObject([{ permission: 'Readwrite' }]);
    await client.user('ann').create('a');
    await client.user('ann').addRole('team');
    await expect(client.user('ann').addRole('none')).rejects.toBeInstanceOf(EtcdRoleNotFoundError);
    await client.auth.authEnable();
    const as = (username: string, password: string): Etcd3 =>
      new Etcd3({ hosts: `http://${server.address}`, auth: { username, password } });
    const [ann, mallory, admin] = [as('ann', 'a'), as('ann', 'wrong'), as('root', 'secret')];
    await ann.put('team/x').value('1');
    expect(await ann.get('team/x').string()).toBe('1');
    await expect(ann.get('other').string()).rejects.toBeInstanceOf(EtcdPermissionDeniedError);
    await expect(mallory.get('team/x').string()).rejects.toBeInstanceOf(
      EtcdAuthenticationFailedError,
    );
    // A change of rights makes older tokens stale: the client signs in again by itself.
    await admin.role('team').revoke({ permission: 'Readwrite', range: Range.prefix('team/') });
    await expect(ann.get('team/x').string()).rejects.toBeInstanceOf(EtcdPermissionDeniedError);
    await admin.auth.authDisable();
    for (const each of [ann, mallory, admin]) each.close();
  });

  it('describes the cluster', async () => {
    const { members } = await client.cluster.memberList({});
    expect(members).toHaveLength(1);
    const status = await client.maintenance.status();
    expect(status.leader).toBe(members[0]!.ID);
    expect(Number(status.dbSize)).toBeGreaterThan(0);
    expect((await client.maintenance.alarm({ action: 'Get' })).alarms).toEqual([]);
  });
});

async function eventuallyLeads(
  observer: { leader(): string | undefined; once(event: 'change', then: () => void): unknown },
  name: string,
): Promise<void> {
  while (observer.leader() !== name)
    await new Promise<void>((resolve) => observer.once('change', resolve));
}
