/** etcd's Auth contract on the wire, against our server and the real one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Plain } from './etcd-proto.ts';
import { RawClient } from './raw-client.ts';
import { contenders, type TestServer } from './servers.ts';

const denied = { code: 7, details: 'etcdserver: permission denied' };
const refused = (code: number, text: string) => ({ code, details: `etcdserver: ${text}` });

describe.each(contenders)('Auth of $name', ({ start, name }) => {
  let server: TestServer;
  let root: RawClient;
  let user: RawClient;

  beforeAll(async () => {
    server = await start();
    root = new RawClient(server.address);
    user = new RawClient(server.address);
  });
  afterAll(async () => {
    root.close();
    user.close();
    await server.stop();
  });

  const grant = (key: string, rangeEnd: string, permType: string) =>
    root.call('RoleGrantPermission', {
      name: 'team',
      perm: { permType, key, range_end: rangeEnd },
    });

  it('refuses what does not fit together', async () => {
    expect(await root.refusal('AuthEnable')).toEqual(refused(9, 'root user does not exist'));
    expect(await root.refusal('UserAdd', {})).toEqual(refused(3, 'user name is empty'));
    await root.call('UserAdd', { name: 'root', password: 'r' });
    expect(await root.refusal('AuthEnable')).toEqual(
      refused(9, 'root user does not have root role'),
    );
    expect(await root.refusal('UserAdd', { name: 'root', password: 'x' })).toEqual(
      refused(9, 'user name already exists'),
    );
    expect(await root.refusal('UserGet', { name: 'nobody' })).toEqual(
      refused(9, 'user name not found'),
    );
    expect(await root.refusal('UserGrantRole', { user: 'root', role: 'absent' })).toEqual(
      refused(9, 'role name not found'),
    );
    expect(await root.refusal('RoleAdd', {})).toEqual(refused(3, 'role name is empty'));
    await root.call('RoleAdd', { name: 'team' });
    expect(await root.refusal('RoleAdd', { name: 'team' })).toEqual(
      refused(9, 'role name already exists'),
    );
    expect(await root.refusal('RoleRevokePermission', { role: 'team', key: 'x' })).toEqual(
      refused(9, 'permission is not granted to the role'),
    );
    expect(await root.refusal('UserRevokeRole', { name: 'root', role: 'team' })).toEqual(
      refused(9, 'role is not granted to the user'),
    );
    expect(await root.refusal('Authenticate', { name: 'root', password: 'r' })).toEqual(
      refused(9, 'authentication is not enabled'),
    );
  });

  // etcd 3.4 cut them off, silently.
  it.runIf(name === 'ours')('refuses passwords that bcrypt would cut off', async () => {
    const password = 'ä'.repeat(37);
    const tooLong = { code: 2, details: 'bcrypt: password length exceeds 72 bytes' };
    expect(await root.refusal('UserAdd', { name: 'long', password })).toEqual(tooLong);
    expect(await root.refusal('UserChangePassword', { name: 'root', password })).toEqual(tooLong);
  });

  it('lists users, roles and permissions', async () => {
    await root.call('RoleAdd', { name: 'root' });
    await root.call('UserGrantRole', { user: 'root', role: 'root' });
    await root.call('UserAdd', { name: 'ann', password: 'a' });
    await root.call('UserGrantRole', { user: 'ann', role: 'team' });
    await grant('b', 'd', 'READ');
    await grant('d', 'f', 'READWRITE');
    await grant('a', '', 'WRITE');
    expect((await root.call('UserList'))['users']).toEqual(['ann', 'root']);
    expect((await root.call('RoleList'))['roles']).toEqual(['root', 'team']);
    expect((await root.call('UserGet', { name: 'ann' }))['roles']).toEqual(['team']);
    const { perm } = await root.call('RoleGet', { role: 'team' });
    expect((perm as Plain[]).map((each) => each['key'])).toEqual(['a', 'b', 'd']);
  });

  it('asks for a name once it is enabled, and for the right password', async () => {
    await root.call('AuthEnable');
    expect(await root.refusal('Range', { key: 'a' })).toEqual(refused(3, 'user name is empty'));
    expect(await root.refusal('UserList')).toEqual(refused(3, 'user name is empty'));
    const wrong = refused(3, 'authentication failed, invalid user ID or password');
    for (const [who, password] of [
      ['root', 'x'],
      ['nobody', 'r'],
    ])
      expect(await root.refusal('Authenticate', { name: who, password })).toEqual(wrong);
    user.useToken('nonsense');
    expect(await user.refusal('Range', { key: 'a' })).toEqual(refused(16, 'invalid auth token'));
    await root.login('root', 'r');
    await user.login('ann', 'a');
    await root.call('Put', { key: 'a', value: '1' });
    expect((await root.call('UserList'))['users']).toHaveLength(2);
  });

  it('lets a user read and write the union of what the roles grant', async () => {
    const range = (key: string, end = '') => ({ key, range_end: end });
    await user.call('Range', range('b', 'f'));
    await user.call('Put', { key: 'e', value: '1' });
    await user.call('Put', { key: 'a', value: '2' });
    for (const [key, end] of [
      ['b', 'g'],
      ['b', '\0'],
      ['a', ''],
      ['a', 'c'],
    ])
      expect(await user.refusal('Range', range(key!, end)), `${key}…${end}`).toEqual(denied);
    expect(await user.refusal('Put', { key: 'b', value: '1' })).toEqual(denied);
    // The previous value is a read.
    expect(await user.refusal('Put', { key: 'a', prev_kv: true })).toEqual(denied);
    expect(await user.refusal('DeleteRange', range('c', 'e'))).toEqual(denied);
    expect((await user.call('DeleteRange', { ...range('d', 'f'), prev_kv: true }))['deleted']).toBe(
      '1',
    );
  });

  it('checks every part of a transaction', async () => {
    const put = (key: string) => ({ request_put: { key } });
    await user.call('Txn', { compare: [{ key: 'b' }], success: [put('e')], failure: [put('d')] });
    const refusals: Plain[] = [
      { compare: [{ key: 'z' }] },
      { success: [put('e'), put('b')] },
      { failure: [put('e'), { request_range: { key: 'z' } }] },
      { success: [{ request_delete_range: { key: 'c' } }] },
    ];
    // etcd 3.4 looks at the outer transaction only (CVE-2026-33343).
    if (name === 'ours') {
      refusals.push(
        { success: [{ request_txn: { success: [put('b')] } }] },
        { success: [{ request_txn: { success: [{ request_range: { key: 'z' } }] } }] },
        { success: [{ request_put: { key: 'a', prev_kv: true } }] },
      );
    }
    for (const txn of refusals)
      expect(await user.refusal('Txn', txn), JSON.stringify(txn)).toEqual(denied);
  });

  it('protects leases by the keys on them', async () => {
    const { ID } = await root.call('LeaseGrant', { TTL: 500 });
    await root.call('Put', { key: 'secret', lease: ID });
    expect(await user.refusal('LeaseRevoke', { ID })).toEqual(denied);
    expect(await user.refusal('Put', { key: 'e', lease: ID })).toEqual(denied);
    // etcd before 3.4.24 tells the keys to anybody, and before 3.6.16 lets anybody renew and list.
    if (name === 'ours') {
      expect(await user.refusal('LeaseTimeToLive', { ID, keys: true })).toEqual(denied);
      expect(await user.refusal('LeaseLeases')).toEqual(denied);
      const renewal = user.keepAlive();
      renewal.send({ ID });
      expect(await renewal.ended).toEqual(denied);
      const allowed = root.keepAlive();
      allowed.send({ ID });
      expect(await allowed.next()).toMatchObject({ ID, TTL: '500' });
      allowed.cancel();
    }
    const { ID: own } = await user.call('LeaseGrant', { TTL: 500 });
    await user.call('Put', { key: 'e', lease: own });
    const renewal = user.keepAlive();
    renewal.send({ ID: own });
    expect(await renewal.next()).toMatchObject({ ID: own, TTL: '500' });
    renewal.cancel();
    await user.call('LeaseRevoke', { ID: own });
    await root.call('LeaseRevoke', { ID });
    expect((await user.call('LeaseLeases'))['leases']).toBeUndefined();
  });

  it('keeps administration to root, and shows users themselves', async () => {
    expect(await user.refusal('UserAdd', { name: 'x', password: 'x' })).toEqual(denied);
    expect(await user.refusal('RoleList')).toEqual(denied);
    expect((await user.call('UserGet', { name: 'ann' }))['roles']).toEqual(['team']);
    expect(await user.refusal('UserGet', { name: 'root' })).toEqual(denied);
    expect((await user.call('RoleGet', { role: 'team' }))['perm']).toHaveLength(3);
    expect(await user.refusal('RoleGet', { role: 'root' })).toEqual(denied);
    // etcd 3.4 answers the first with a text of its own and lets any user do the others.
    if (name === 'ours') {
      expect(await user.refusal('Defragment')).toEqual(denied);
      expect(await user.refusal('Compact', { revision: 2 })).toEqual(denied);
      expect(await user.refusal('HashKV')).toEqual(denied);
    }
  });

  it('refuses a watch of what may not be read, and keeps the stream', async () => {
    const stream = user.watch();
    stream.send({ create_request: { key: 'a', range_end: 'c' } });
    const refusal = await stream.next();
    expect(refusal).toMatchObject({ created: true, canceled: true });
    expect(refusal['cancel_reason']).toContain('permission denied');
    stream.send({ create_request: { key: 'b', range_end: 'f', watch_id: 9 } });
    expect(await stream.next()).toMatchObject({ created: true, watch_id: '9' });
    await user.call('Put', { key: 'd', value: 'seen' });
    expect((await stream.next())['events']).toHaveLength(1);
    stream.cancel();
  });

  it('takes rights and users away at once', async () => {
    await root.call('RoleRevokePermission', { role: 'team', key: 'd', range_end: 'f' });
    expect(await user.refusal('Put', { key: 'd' })).toEqual(denied);
    expect(await root.refusal('UserDelete', { name: 'root' })).toEqual(
      refused(3, 'invalid auth management'),
    );
    expect(await root.refusal('UserRevokeRole', { name: 'root', role: 'root' })).toEqual(
      refused(3, 'invalid auth management'),
    );
    await root.call('UserChangePassword', { name: 'ann', password: 'b' });
    expect(await user.refusal('Range', { key: 'b' })).toEqual(refused(16, 'invalid auth token'));
    await user.login('ann', 'b');
    await root.call('UserDelete', { name: 'ann' });
    expect(await user.refusal('Range', { key: 'b' })).toEqual(refused(16, 'invalid auth token'));
  });

  it('asks nobody once it is disabled', async () => {
    await root.call('AuthDisable');
    user.useToken();
    root.useToken();
    await user.call('Put', { key: 'anything' });
    await root.call('AuthDisable');
  });
});
