/** etcd's Watch contract on the wire, against our server and the real one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Plain } from './etcd-proto.ts';
import { RawClient, type RawStream } from './raw-client.ts';
import { contenders, type TestServer } from './servers.ts';

interface Watched {
  readonly header: { readonly revision?: string };
  readonly watch_id?: string;
  readonly events?: { readonly type?: string; readonly kv: Plain; readonly prev_kv?: Plain }[];
}

describe.each(contenders)('Watch of $name', ({ name, start }) => {
  let server: TestServer;
  let client: RawClient;
  let prefixes = 0;
  const open: RawStream[] = [];
  const fresh = (): string => `w${prefixes++}/`;
  const under = (p: string) => ({ key: p, range_end: p.slice(0, -1) + '0' });

  beforeAll(async () => {
    server = await start();
    client = new RawClient(server.address);
  });
  afterAll(async () => {
    for (const stream of open) stream.cancel();
    client.close();
    await server.stop();
  });

  const stream = (): RawStream => {
    const opened = client.watch();
    open.push(opened);
    return opened;
  };
  const create = (on: RawStream, request: Plain): Promise<Plain> => {
    on.send({ create_request: request });
    return on.next();
  };
  const put = async (key: string, value = 'v'): Promise<number> => {
    const { header } = (await client.call('Put', { key, value })) as { header: Plain };
    return Number(header['revision']);
  };
  /** Keys and types of the next `count` events, however they are grouped. */
  const events = async (on: RawStream, count: number) => {
    const seen: { type: string; key: unknown }[] = [];
    while (seen.length < count) {
      const response = (await on.next()) as unknown as Watched;
      for (const { type = 'PUT', kv } of response.events ?? []) seen.push({ type, key: kv['key'] });
    }
    return seen;
  };

  it('says created first, with IDs counted from 0, then events in order', async () => {
    const p = fresh();
    const on = stream();
    const created = await create(on, under(p));
    expect(created).toMatchObject({ created: true });
    expect(created['watch_id']).toBeUndefined();
    expect(await create(on, under(p))).toMatchObject({ created: true, watch_id: '1' });
    const r = await put(`${p}a`, '1');
    const both = (await on.take(2)) as unknown as Watched[];
    expect(both.map((response) => response.watch_id ?? '0').sort()).toEqual(['0', '1']);
    for (const response of both) {
      expect(response.events).toEqual([
        {
          kv: {
            ...{ key: `${p}a`, value: '1', version: '1' },
            ...{ create_revision: String(r), mod_revision: String(r) },
          },
        },
      ]);
      expect(response.header.revision).toBe(String(r));
    }
  });

  it('replays from a revision, deletes with key and revision only', async () => {
    const p = fresh();
    const r = await put(`${p}a`, '1');
    await client.call('DeleteRange', { key: `${p}a` });
    const on = stream();
    await create(on, { ...under(p), start_revision: r, prev_kv: true });
    const seen = [];
    while (seen.length < 2) {
      seen.push(...(((await on.next()) as unknown as Watched).events ?? []));
    }
    expect(seen[0]!.prev_kv).toBeUndefined();
    expect(seen[1]).toMatchObject({
      type: 'DELETE',
      kv: { key: `${p}a`, mod_revision: String(r + 1) },
      prev_kv: { key: `${p}a`, value: '1', mod_revision: String(r) },
    });
    expect(Object.keys(seen[1]!.kv).sort()).toEqual(['key', 'mod_revision']);
  });

  it('delivers the events of one revision together', async () => {
    const p = fresh();
    const on = stream();
    await create(on, under(p));
    const success = ['a', 'b', 'c'].map((key) => ({ request_put: { key: p + key } }));
    await client.call('Txn', { success });
    const response = (await on.next()) as unknown as Watched;
    expect(response.events!.map((event) => event.kv['key'])).toEqual([`${p}a`, `${p}b`, `${p}c`]);
  });

  it('filters on the server', async () => {
    const p = fresh();
    const on = stream();
    await create(on, { ...under(p), filters: ['NOPUT'] });
    await put(`${p}a`);
    await client.call('DeleteRange', { key: `${p}a` });
    expect(await events(on, 1)).toEqual([{ type: 'DELETE', key: `${p}a` }]);
    const other = stream();
    await create(other, { ...under(p), filters: ['NODELETE'] });
    await put(`${p}b`);
    await client.call('DeleteRange', { key: `${p}b` });
    await put(`${p}c`);
    expect((await events(other, 2)).map((event) => event.key)).toEqual([`${p}b`, `${p}c`]);
  });

  it('reads an empty key as the least one', async () => {
    const on = stream();
    await create(on, { range_end: '\0' });
    await put('anything');
    expect(await events(on, 1)).toEqual([{ type: 'PUT', key: 'anything' }]);
  });

  it('takes IDs of the client, refuses those in use, and keeps the stream', async () => {
    const p = fresh();
    const on = stream();
    expect(await create(on, { ...under(p), watch_id: 7 })).toMatchObject({ watch_id: '7' });
    expect(await create(on, { ...under(p), watch_id: 7 })).toMatchObject({
      ...{ watch_id: '-1', created: true, canceled: true },
      cancel_reason: 'mvcc: duplicate watch ID provided on the WatchStream',
    });
    await put(`${p}a`);
    expect(await events(on, 1)).toEqual([{ type: 'PUT', key: `${p}a` }]);
  });

  it('refuses an empty range', async () => {
    const on = stream();
    expect(await create(on, { key: 'b', range_end: 'a' })).toMatchObject({
      ...{ watch_id: '-1', created: true, canceled: true },
      cancel_reason: 'mvcc: watcher range is empty',
    });
  });

  it.skipIf(name === 'etcd')('refuses a negative revision (3.4 misbehaves)', async () => {
    const on = stream();
    const refused = await create(on, { key: 'a', start_revision: -3 });
    expect(refused).toMatchObject({ watch_id: '-1', created: true, canceled: true });
  });

  it('cancels, and meets an unknown ID with silence', async () => {
    const p = fresh();
    const on = stream();
    await create(on, { ...under(p), watch_id: 3 });
    on.send({ cancel_request: { watch_id: 55 } });
    on.send({ cancel_request: { watch_id: 3 } });
    const canceled = await on.next();
    expect(canceled).toMatchObject({ watch_id: '3', canceled: true });
    expect(canceled['cancel_reason']).toBeUndefined();
    await put(`${p}a`);
    expect(await create(on, { ...under(p), watch_id: 3 })).toMatchObject({ created: true });
  });

  it('cancels a compacted watch with the first readable revision', async () => {
    const p = fresh();
    const r = await put(`${p}a`);
    const last = await put(`${p}b`);
    await client.call('Compact', { revision: last });
    const on = stream();
    expect(await create(on, { ...under(p), start_revision: r })).toMatchObject({ created: true });
    const canceled = await on.next();
    expect(canceled).toMatchObject({ canceled: true, compact_revision: String(last) });
    expect(canceled['cancel_reason']).toBeUndefined();
    expect((canceled['header'] as Plain)['revision']).toBeUndefined();
    await create(on, { ...under(p), start_revision: last, watch_id: 9 });
    expect(await events(on, 1)).toEqual([{ type: 'PUT', key: `${p}b` }]);
  });

  it('waits silently for a future revision', async () => {
    const p = fresh();
    const now = await put(`${p}before`);
    const on = stream();
    await create(on, { ...under(p), start_revision: now + 3 });
    await put(`${p}skipped-1`);
    await put(`${p}skipped-2`);
    await put(`${p}first`);
    expect(await events(on, 1)).toEqual([{ type: 'PUT', key: `${p}first` }]);
  });

  it('answers a progress request once for the stream', async () => {
    const p = fresh();
    const on = stream();
    await create(on, under(p));
    const r = await put('elsewhere');
    on.send({ progress_request: {} });
    const progress = (await on.next()) as unknown as Watched;
    expect(progress.watch_id).toBe('-1');
    expect(progress.header.revision).toBe(String(r));
    expect(progress.events).toBeUndefined();
  });

  it('keeps watchers after the client half-closed', async () => {
    const p = fresh();
    const on = stream();
    await create(on, under(p));
    on.halfClose();
    await put(`${p}a`);
    expect(await events(on, 1)).toEqual([{ type: 'PUT', key: `${p}a` }]);
  });

  it('fragments what is too large for those who asked', async () => {
    const p = fresh();
    const value = 'v'.repeat(700_000);
    for (const key of ['a', 'b']) await put(p + key, value);
    const on = stream();
    await create(on, { ...under(p), prev_kv: true, fragment: true });
    const whole = stream();
    await create(whole, { ...under(p), prev_kv: true });
    const success = ['a', 'b'].map((key) => ({ request_put: { key: p + key, value } }));
    await client.call('Txn', { success });
    const fragments = await on.take(2);
    expect(fragments.map((response) => (response['events'] as unknown[]).length)).toEqual([1, 1]);
    expect(fragments.map((response) => response['fragment'])).toEqual([true, undefined]);
    expect((await whole.next())['events']).toHaveLength(2);
  });

  it('serves many watchers on one stream, each event once and in order', async () => {
    const p = fresh();
    const on = stream();
    const watchers = 50;
    for (let i = 0; i < watchers; i++) await create(on, { ...under(p), watch_id: 100 + i });
    const writes = 40;
    const revisions = [];
    for (let i = 0; i < writes; i++) revisions.push(String(await put(`${p}k${i % 5}`, String(i))));
    const seen = new Map<string, unknown[]>();
    for (let count = 0; count < watchers * writes;) {
      const response = (await on.next()) as unknown as Watched;
      const list = seen.get(response.watch_id!) ?? [];
      for (const { kv } of response.events ?? []) list.push(kv['mod_revision']);
      seen.set(response.watch_id!, list);
      count += response.events?.length ?? 0;
    }
    expect(seen.size).toBe(watchers);
    for (const list of seen.values()) expect(list).toEqual(revisions);
  });
});

describe('our Watch alone', () => {
  it('ends its streams with Unavailable when it stops', async () => {
    const server = await contenders[0]!.start();
    const client = new RawClient(server.address);
    const watch = client.watch();
    watch.send({ create_request: { key: 'a' } });
    await watch.next();
    const keepAlive = client.keepAlive();
    keepAlive.send({ ID: 1 });
    await keepAlive.next();
    await server.stop();
    const stopped = { code: 14, details: 'etcdserver: server stopped' };
    expect(await watch.ended).toEqual(stopped);
    expect(await keepAlive.ended).toEqual(stopped);
    client.close();
  });

  it('ends a stream that sends what is no message, and serves the others', async () => {
    const server = await contenders[0]!.start();
    const client = new RawClient(server.address);
    const broken = client.watch();
    broken.sendBytes(Buffer.of(0x0a, 50, 1));
    expect(await broken.ended).toMatchObject({ code: 13 });
    const other = client.watch();
    other.send({ create_request: { key: 'a' } });
    expect(await other.next()).toMatchObject({ created: true });
    client.close();
    await server.stop();
  });

  it('gives no progress while one watcher of the stream waits for a future revision', async () => {
    const server = await contenders[0]!.start();
    const client = new RawClient(server.address);
    const on = client.watch();
    on.send({ create_request: { key: 'a', start_revision: 4, watch_id: 1 } });
    on.send({ create_request: { key: 'a', watch_id: 2 } });
    await on.take(2);
    on.send({ progress_request: {} });
    for (const value of ['2', '3', '4']) await client.call('Put', { key: 'a', value });
    const seen: unknown[] = [];
    while (seen.length < 5) {
      const response = await on.next();
      const [event] = (response['events'] ?? []) as { kv: Plain }[];
      seen.push([response['watch_id'], event?.kv['value'] ?? 'progress']);
    }
    const progress = seen.findIndex((entry) => (entry as unknown[])[1] === 'progress');
    const reached = seen.findIndex((entry) => String(entry) === '1,4');
    expect(progress).toBeGreaterThan(reached);
    client.close();
    await server.stop();
  });
});
