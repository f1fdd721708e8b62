/** etcd's Lease contract on the wire, against our server and the real one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Plain } from './etcd-proto.ts';
import { RawClient } from './raw-client.ts';
import { contenders, type TestServer } from './servers.ts';

describe.each(contenders)('Lease of $name', ({ start }) => {
  let server: TestServer;
  let client: RawClient;

  beforeAll(async () => {
    server = await start();
    client = new RawClient(server.address);
  });
  afterAll(async () => {
    client.close();
    await server.stop();
  });

  it('grants with an ID of its own, or the one asked for, once', async () => {
    const own = await client.call('LeaseGrant', { TTL: 60 });
    expect(BigInt(String(own['ID']))).toBeGreaterThan(0n);
    expect(own['TTL']).toBe('60');
    const id = '9223372036854775807';
    expect((await client.call('LeaseGrant', { TTL: 60, ID: id }))['ID']).toBe(id);
    expect(await client.refusal('LeaseGrant', { TTL: 60, ID: id })).toEqual({
      code: 9,
      details: 'etcdserver: lease already exists',
    });
    expect(await client.refusal('LeaseGrant', { TTL: 9_000_000_001 })).toEqual({
      code: 11,
      details: 'etcdserver: too large lease TTL',
    });
  });

  it.each([0, -5, 1])('raises a TTL of %i to its least', async (TTL) => {
    expect((await client.call('LeaseGrant', { TTL }))['TTL']).toBe('2');
  });

  it('lists keys of a lease and deletes them with it, in one revision', async () => {
    const { ID } = await client.call('LeaseGrant', { TTL: 100 });
    await client.call('Put', { key: 'l/b', value: '1', lease: ID });
    const last = await client.call('Put', { key: 'l/a', value: '1', lease: ID });
    const alive = await client.call('LeaseTimeToLive', { ID, keys: true });
    expect(alive).toMatchObject({ ID, grantedTTL: '100' });
    expect([...(alive['keys'] as string[])].sort()).toEqual(['l/a', 'l/b']);
    expect(Number(alive['TTL'])).toBeLessThanOrEqual(100);
    expect((await client.call('LeaseLeases'))['leases']).toContainEqual({ ID });
    const revoked = await client.call('LeaseRevoke', { ID });
    const revisionOf = (response: Plain) => Number((response['header'] as Plain)['revision']);
    expect(revisionOf(revoked)).toBe(revisionOf(last) + 1);
    const range = await client.call('Range', { key: 'l/', range_end: 'l0' });
    expect(range['count']).toBeUndefined();
    expect(await client.refusal('LeaseRevoke', { ID })).toEqual({
      code: 5,
      details: 'etcdserver: requested lease not found',
    });
  });

  it('tells of its own revision, whatever is written meanwhile', async () => {
    const writing = (n: number) => client.call('Put', { key: `while/${n}`, value: '1' });
    const { ID } = await client.call('LeaseGrant', { TTL: 100 });
    await client.call('Put', { key: 'leased', lease: ID });
    const writes = Array.from({ length: 40 }, (_, n) => n);
    const before = writes.slice(20).map(writing);
    const revoking = client.call('LeaseRevoke', { ID });
    await Promise.all([...before, ...writes.slice(0, 20).map(writing)]);
    const { revision } = (await revoking)['header'] as { revision: string };
    const stream = client.watch();
    stream.send({ create_request: { key: 'leased', start_revision: revision } });
    await stream.next();
    const { events } = (await stream.next()) as { events: { kv: Plain }[] };
    expect(events[0]!.kv).toMatchObject({ key: 'leased', mod_revision: revision });
    stream.cancel();
  });

  it('moves a key from lease to lease with each put', async () => {
    const { ID: first } = await client.call('LeaseGrant', { TTL: 100 });
    const { ID: second } = await client.call('LeaseGrant', { TTL: 100 });
    await client.call('Put', { key: 'moved', lease: first });
    await client.call('Put', { key: 'moved', lease: second });
    await client.call('Put', { key: 'detached', lease: first });
    await client.call('Put', { key: 'detached' });
    const before = await client.call('LeaseTimeToLive', { ID: first, keys: true });
    expect(before['keys']).toBeUndefined();
    await client.call('LeaseRevoke', { ID: first });
    const { kvs } = await client.call('Range', { key: 'moved' });
    expect(kvs).toMatchObject([{ key: 'moved', lease: second }]);
    await client.call('LeaseRevoke', { ID: second });
    expect((await client.call('Range', { key: 'moved' }))['kvs']).toBeUndefined();
    expect((await client.call('Range', { key: 'detached' }))['count']).toBe('1');
  });

  it('tells an unknown lease by TTLs, not by errors', async () => {
    const unknown = await client.call('LeaseTimeToLive', { ID: 4711, keys: true });
    expect(unknown).toMatchObject({ ID: '4711', TTL: '-1' });
    expect(unknown['grantedTTL']).toBeUndefined();
    const stream = client.keepAlive();
    stream.send({ ID: 4711 });
    const reply = await stream.next();
    expect(reply['ID']).toBe('4711');
    expect(reply['TTL']).toBeUndefined();
    stream.halfClose();
    expect(await stream.ended).toBeUndefined();
  });

  it('renews on a stream, a reply per message, in order', async () => {
    const { ID: a } = await client.call('LeaseGrant', { TTL: 30 });
    const { ID: b } = await client.call('LeaseGrant', { TTL: 40 });
    const stream = client.keepAlive();
    for (const ID of [a, b, a, b]) stream.send({ ID });
    const replies = await stream.take(4);
    expect(replies.map((reply) => [reply['ID'], reply['TTL']])).toEqual([
      [a, '30'],
      [b, '40'],
      [a, '30'],
      [b, '40'],
    ]);
    stream.cancel();
  });

  it('expires a lease and its keys', async () => {
    const { ID } = await client.call('LeaseGrant', { TTL: 1 });
    const watch = client.watch();
    watch.send({ create_request: { key: 'short', prev_kv: true } });
    await watch.next();
    await client.call('Put', { key: 'short', value: 'x', lease: ID });
    await watch.next();
    const gone = await watch.next();
    expect(gone['events']).toMatchObject([{ type: 'DELETE', prev_kv: { value: 'x', lease: ID } }]);
    expect(await client.call('LeaseTimeToLive', { ID })).toMatchObject({ TTL: '-1' });
    watch.cancel();
  });
});
