/** `connectEtcd` on our server and on the real one: the Kv contract over the wire. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../platform/logger.ts';
import { realClock } from '../../../platform/node/clock.ts';
import { connectEtcd } from '../../../store/client/connect.ts';
import { announcesProgress } from '../../../store/client/watch-stream.ts';
import { StoreError, type Event, type Kv, type Watch, type WatchBatch } from '../../../store/kv.ts';
import { contenders, startOurs, type TestServer } from './servers.ts';

const effects = { clock: realClock, logger: silentLogger };
const connect = (...addresses: string[]): Kv =>
  connectEtcd({ ...effects, endpoints: addresses.map((address) => `http://${address}`) });
const put = (key: string, value = 'v') =>
  ({ type: 'put', request: { key, value: Buffer.from(value) } }) as const;
const write = async (kv: Kv, ...keys: string[]): Promise<number> =>
  (await kv.txn({ compare: [], success: keys.map((key) => put(key)), failure: [] })).revision;

async function next(watch: AsyncIterator<WatchBatch>): Promise<WatchBatch> {
  const result = await watch.next();
  if (result.done === true) throw new Error('the watch ended');
  return result.value;
}

const keys = (batch: WatchBatch): string[] => batch.events.map((event: Event) => event.kv.key);

async function failureOf(promise: Promise<unknown>): Promise<StoreError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreError);
  return error as StoreError;
}

describe.each(contenders)('a client of $name', ({ name, start }) => {
  let server: TestServer;
  let kv: Kv;

  beforeAll(async () => {
    server = await start();
    kv = connect(server.address);
  });
  afterAll(async () => {
    await kv.close();
    await server.stop();
  });

  it('writes and reads', async () => {
    const { id, ttlSeconds } = await kv.leaseGrant(60);
    expect(ttlSeconds).toBe(60);
    const request = { key: '/a\xff', value: Buffer.from([0, 255]), lease: id };
    const response = await kv.txn({
      compare: [{ key: '/a\xff', target: 'mod', result: 'equal', operand: 0 }],
      success: [{ type: 'put', request }],
      failure: [],
    });
    expect(response).toEqual({
      revision: response.revision,
      succeeded: true,
      responses: [{ type: 'put', response: { revision: response.revision } }],
    });
    const { kvs, revision, count } = await kv.range({ key: '/', rangeEnd: '0' });
    expect({ revision, count }).toEqual({ revision: response.revision, count: 1 });
    const version = { createRevision: revision, modRevision: revision, version: 1 };
    expect(kvs).toEqual([{ ...request, ...version }]);
  });

  it('tells version and size', async () => {
    const { version, dbSize } = await kv.status();
    expect(version).toMatch(/^3\.\d+\.\d+/);
    expect(dbSize).toBeGreaterThan(0);
  });

  it('maps texts back to errors', async () => {
    const revision = await write(kv, 'x');
    expect((await failureOf(kv.range({ key: '' }))).reason).toBe('emptyKey');
    const future = await failureOf(kv.range({ key: 'x', revision: revision + 100 }));
    expect(future.reason).toBe('futureRevision');
    expect((await failureOf(kv.compact(revision + 100))).reason).toBe('futureRevision');
    const twice = { compare: [], success: [put('x'), put('x')], failure: [] };
    expect((await failureOf(kv.txn(twice))).reason).toBe('duplicateKey');
    const huge = { compare: [], success: [put('x', 'v'.repeat(1_600_000))], failure: [] };
    expect((await failureOf(kv.txn(huge))).reason).toBe('requestTooLarge');
    const larger = { compare: [], success: [put('x', 'v'.repeat(2_600_000))], failure: [] };
    expect((await failureOf(kv.txn(larger))).reason).toBe('requestTooLarge');
  });

  it('watches: created, events by revision, the pair before', async () => {
    const watch = kv.watch({ key: 'w/', rangeEnd: 'w0', prevKv: true });
    const created = await watch.created;
    const iterator = watch[Symbol.asyncIterator]();
    const first = await write(kv, 'w/a', 'w/b', 'other');
    expect(first).toBe(created + 1);
    const second = await write(kv, 'w/a');
    const one = await next(iterator);
    expect([one.revision, keys(one)]).toEqual([first, ['w/a', 'w/b']]);
    const two = await next(iterator);
    expect(two.events[0]!.prevKv!.modRevision).toBe(first);
    expect(two.revision).toBe(second);
    watch.cancel();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it('announces progress past writes elsewhere, and never before an event', async () => {
    const watch = kv.watch({ key: 'p/', rangeEnd: 'p0' });
    const iterator = watch[Symbol.asyncIterator]();
    await watch.created;
    for (let round = 0; round < 20; round++) {
      const event = await write(kv, `p/${round}`);
      const elsewhere = await write(kv, 'elsewhere');
      // etcd before 3.4.25 may announce a revision before its event (etcd issue 15220).
      if (name !== 'etcd') watch.requestProgress();
      let batch = await next(iterator);
      while (name === 'etcd' && batch.events.length === 0) batch = await next(iterator);
      if (name === 'etcd') watch.requestProgress();
      expect([batch.revision, keys(batch)]).toEqual([event, [`p/${round}`]]);
      let progress = await next(iterator);
      expect(progress.events).toEqual([]);
      while (progress.revision < elsewhere) {
        watch.requestProgress();
        progress = await next(iterator);
      }
      expect(progress.revision).toBe(elsewhere);
    }
    watch.cancel();
  });

  it('filters and starts in the past', async () => {
    const revision = await write(kv, 'f/a');
    const remove = { type: 'deleteRange', request: { key: 'f/a' } } as const;
    await kv.txn({ compare: [], success: [remove], failure: [] });
    const deletes = kv.watch({ key: 'f/', rangeEnd: 'f0', startRevision: revision, noPut: true });
    const [batch] = await Promise.all([next(deletes[Symbol.asyncIterator]())]);
    expect(batch.events.map((event) => [event.type, event.kv.key])).toEqual([['delete', 'f/a']]);
    deletes.cancel();
  });

  it('ends a compacted watch with the first readable revision', async () => {
    const revision = await write(kv, 'c/a');
    const last = await write(kv, 'c/a');
    await kv.compact(last);
    const watch = kv.watch({ key: 'c/a', startRevision: revision });
    const failure = await failureOf(next(watch[Symbol.asyncIterator]()));
    expect(failure.reason).toBe('compacted');
    expect(failure.compactRevision).toBe(last);
  });

  it('carries many watches on one stream, and cancels one without the others', async () => {
    const watches: Watch[] = [];
    for (let i = 0; i < 100; i++) watches.push(kv.watch({ key: `m/${i % 10}` }));
    await Promise.all(watches.map((watch) => watch.created));
    watches[0]!.cancel();
    await write(kv, ...Array.from({ length: 10 }, (_, i) => `m/${i}`));
    const batches = await Promise.all(
      watches.slice(1).map((watch) => next(watch[Symbol.asyncIterator]())),
    );
    batches.forEach((batch, i) => expect(keys(batch)).toEqual([`m/${(i + 1) % 10}`]));
    for (const watch of watches) watch.cancel();
  });
});

describe('a client and its connections', () => {
  it('says which endpoint cannot be reached, and why', async () => {
    const kv = connect('127.0.0.1:1');
    const failure = await failureOf(kv.range({ key: 'a' }));
    expect(failure.reason).toBe('unavailable');
    expect(failure.message).toMatch(/http:\/\/127\.0\.0\.1:1.*ECONNREFUSED/);
    const watch = kv.watch({ key: 'a' });
    expect((await failureOf(watch.created)).reason).toBe('unavailable');
    expect((await failureOf(next(watch[Symbol.asyncIterator]()))).reason).toBe('unavailable');
    await kv.close();
  });

  it('refuses endpoints that are none', () => {
    expect(() => connectEtcd({ ...effects, endpoints: [] })).toThrow('at least one endpoint');
    expect(() => connectEtcd({ ...effects, endpoints: ['localhost:2379'] })).toThrow(
      'localhost:2379 is not http(s)://host:port',
    );
  });

  it('tries endpoints in turn', async () => {
    const server = await startOurs();
    const kv = connect('127.0.0.1:1', server.address);
    expect(await write(kv, 'a')).toBe(2);
    expect((await kv.range({ key: 'a' })).count).toBe(1);
    await kv.close();
    await server.stop();
  });

  it('fails watches and calls when the store stops, and works with its successor', async () => {
    const first = await startOurs();
    const second = await startOurs();
    const kv = connect(first.address, second.address);
    await write(kv, 'a');
    const watch = kv.watch({ key: 'a' });
    await watch.created;
    const ended = failureOf(next(watch[Symbol.asyncIterator]()));
    await first.stop();
    expect((await ended).reason).toBe('unavailable');
    expect(await write(kv, 'b', 'c')).toBe(2);
    const again = kv.watch({ key: 'd' });
    await again.created;
    await write(kv, 'd');
    expect(keys(await next(again[Symbol.asyncIterator]()))).toEqual(['d']);
    await kv.close();
    expect((await failureOf(next(again[Symbol.asyncIterator]()))).reason).toBe('stopped');
    expect((await failureOf(kv.range({ key: 'a' }))).reason).toBe('stopped');
    await second.stop();
  });

  it('knows which versions announce progress rightly', () => {
    const versions = ['3.4.23', '3.4.31', '3.5.0', '3.5.12', '3.5.13', '3.6.0', '4.0.0', '3.3.9'];
    expect(versions.filter(announcesProgress)).toEqual(['3.4.31', '3.5.13', '3.6.0', '4.0.0']);
  });
});
