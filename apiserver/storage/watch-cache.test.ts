import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { configMaps, namespaces } from '../../api/resources.ts';
import { silentLogger } from '../../platform/logger.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { FakeClock, settle } from '../../test/support/fake-clock.ts';
import type { CacheWatcher } from './cache-watcher.ts';
import type { Scope } from './predicate.ts';
import { Storage } from './storage.ts';
import type { WatchItem } from './watch-event.ts';

const resources = [
  { type: configMaps, storagePrefix: 'configmaps' },
  { type: namespaces, storagePrefix: 'namespaces' },
];

const running: Storage[] = [];
afterEach(async () => {
  for (const storage of running.splice(0)) await storage.stop();
});

function open(options: { kv?: MemoryKv; window?: number } = {}) {
  const kv = options.kv ?? new MemoryKv();
  const clock = new FakeClock();
  const { window = 1_000 } = options;
  const storage = new Storage({ kv, clock, logger: silentLogger, resources, window });
  storage.start();
  running.push(storage);
  return { kv, clock, storage, configs: storage.resource('configmaps')! };
}

function config(namespace: string, name: string, app?: string): Mutable<KubernetesObject> {
  const labels = app === undefined ? {} : { labels: { app } };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name, ...labels } };
}

const labelled = (app: string): Scope['predicate'] => ({
  matches: ({ value }) => value.metadata.labels?.['app'] === app,
});

/** "ADDED a/x@3" for what has arrived so far. */
async function arrived(watcher: CacheWatcher): Promise<string[]> {
  const items: string[] = [];
  let failure: unknown;
  const read = async (): Promise<void> => {
    try {
      for await (const item of watcher) items.push(text(item));
    } catch (error) {
      failure = error;
    }
  };
  void read();
  await settle();
  if (failure !== undefined) items.push(`failed: ${(failure as Error).message}`);
  return items;
}

function text(item: WatchItem): string {
  if (item.type === 'BOOKMARK') return `BOOKMARK@${item.revision}`;
  const { namespace, name, resourceVersion } = item.object.value.metadata;
  return `${item.type} ${namespace}/${name}@${resourceVersion}`;
}

const watchFrom = (resourceVersion: string) => ({ resourceVersion, allowBookmarks: true });
const everywhere: Scope = { namespace: '' };

describe('the watch cache', () => {
  it('answers a get only after it has reached the state of the store at the request', async () => {
    const { kv, configs } = open();
    await configs.writer.create('a/x', config('a', 'x'));
    kv.hold(true);
    await configs.writer.create('a/y', config('a', 'y'));
    let found: unknown = 'pending';
    const read = configs.get({ namespace: 'a', name: 'y' }, '').then((object) => (found = object));
    await settle();
    expect(found).toBe('pending');
    kv.hold(false);
    await read;
    expect(found).toMatchObject({ revision: 3 });
  });

  it('asks the store for its revision once for all who ask at about the same time', async () => {
    const { kv, configs } = open();
    await configs.get({ namespace: 'a', name: 'x' }, '');
    const before = kv.calls.range;
    await Promise.all(
      Array.from({ length: 100 }, () => configs.get({ namespace: 'a', name: 'x' }, '')),
    );
    expect(kv.calls.range - before).toBeLessThanOrEqual(2);
  });

  it('learns of writes outside /registry/ by asking for progress', async () => {
    const { kv, clock, configs } = open();
    await configs.get({ namespace: 'a', name: 'x' }, '');
    const put = { key: 'other', value: Buffer.from('x') };
    await kv.txn({ compare: [], success: [{ type: 'put', request: put }], failure: [] });
    const read = configs.get({ namespace: 'a', name: 'x' }, '');
    await settle();
    await clock.advance(10);
    expect(await read).toBeUndefined();
  });

  it('refuses a state newer than the store has, after three seconds', async () => {
    const { clock, configs } = open();
    const read = configs.get({ namespace: 'a', name: 'x' }, '999');
    const refused = expect(read).rejects.toMatchObject({
      status: {
        code: 504,
        reason: 'Timeout',
        message: 'Timeout: Too large resource version: 999, current: 1',
        details: { causes: [{ reason: 'ResourceVersionTooLarge' }], retryAfterSeconds: 1 },
      },
    });
    await settle();
    await clock.advance(3_000);
    await refused;
  });

  it('sends what enters and leaves a selector as ADDED and DELETED', async () => {
    const { configs } = open();
    const watcher = await configs.watch(
      { namespace: 'a', predicate: labelled('web') },
      watchFrom('1'),
    );
    await configs.writer.create('a/x', config('a', 'x', 'db'));
    for (const app of ['web', 'web', 'db']) {
      await configs.writer.transact('a/x', (current) => ({
        type: 'put',
        object: { ...config('a', 'x', app), data: current!.revision } as never,
      }));
    }
    expect(await arrived(watcher)).toEqual(['ADDED a/x@3', 'MODIFIED a/x@4', 'DELETED a/x@5']);
  });

  it('ends a WatchList state with a mark, when bookmarks are asked for', async () => {
    const { configs } = open();
    await configs.writer.create('a/x', config('a', 'x'));
    const watcher = await configs.watch(everywhere, {
      ...watchFrom(''),
      sendInitialEvents: true,
      resourceVersionMatch: 'NotOlderThan',
    });
    await configs.writer.create('a/y', config('a', 'y'));
    expect(await arrived(watcher)).toEqual(['ADDED a/x@2', 'BOOKMARK@2', 'ADDED a/y@3']);
  });

  it('refuses a start before its window', async () => {
    const { configs } = open({ window: 4 });
    for (let i = 0; i < 20; i++) await configs.writer.create(`a/x${i}`, config('a', `x${i}`));
    await configs.get({ namespace: 'a', name: 'x' }, '');
    await expect(configs.watch(everywhere, watchFrom('3'))).rejects.toMatchObject({
      status: { code: 410, reason: 'Expired' },
    });
  });

  it('resumes after a lost watch without losing or repeating an event', async () => {
    const { kv, clock, configs } = open();
    const watcher = await configs.watch(everywhere, watchFrom('1'));
    await configs.writer.create('a/x', config('a', 'x'));
    await settle();
    kv.breakWatches();
    await configs.writer.create('a/y', config('a', 'y'));
    await settle();
    await clock.advance(60);
    await settle();
    await configs.writer.create('a/z', config('a', 'z'));
    expect(await arrived(watcher)).toEqual(['ADDED a/x@2', 'ADDED a/y@3', 'ADDED a/z@4']);
  });

  it('rebuilds after a compaction it missed, and ends its watchers with 410', async () => {
    const { kv, clock, configs } = open();
    const watcher = await configs.watch(everywhere, watchFrom('1'));
    await configs.writer.create('a/x', config('a', 'x'));
    await settle();
    kv.hold(true);
    await configs.writer.create('a/y', config('a', 'y'));
    await configs.writer.create('a/z', config('a', 'z'));
    await kv.compact(kv.revision);
    kv.breakWatches();
    kv.hold(false);
    for (const _ of [1, 2, 3]) {
      await settle();
      await clock.advance(200);
    }
    const page = await configs.list(everywhere, { resourceVersion: '' });
    expect(page.objects.map((object) => object.revision)).toEqual([2, 3, 4]);
    expect((await arrived(watcher)).at(-1)).toMatch(/^failed: too old resource version/);
  });

  it('stops with readers waiting and watchers open', async () => {
    const { kv, storage, configs } = open();
    const watcher = await configs.watch(everywhere, watchFrom('1'));
    kv.hold(true);
    const read = configs.get({ namespace: 'a', name: 'x' }, '77');
    const stopped = expect(read).rejects.toMatchObject({ code: 503 });
    await storage.stop();
    await stopped;
    expect(await arrived(watcher)).toEqual([]);
  });
});

const names = ['x', 'y'];
const spaces = ['a', 'ab'];
const apps = ['web', 'db'];
const target = { space: fc.constantFrom(...spaces), name: fc.constantFrom(...names) };
const commands = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        type: fc.constant('put' as const),
        ...target,
        app: fc.constantFrom(...apps),
        foreign: fc.boolean(),
      }),
    },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('delete' as const), ...target }) },
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constant('watch' as const),
        space: fc.constantFrom('', ...spaces),
        app: fc.constantFrom(undefined, ...apps),
        back: fc.nat(6),
      }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('break' as const) }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('settle' as const) }) },
  ),
  { maxLength: 40 },
);

interface Change {
  readonly revision: number;
  readonly space: string;
  readonly name: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** What a watcher must see, straight from the history of changes. */
function expected(changes: readonly Change[], of: { space: string; app?: string; from: number }) {
  return changes.flatMap(({ revision, space, name, before, after }) => {
    if (revision <= of.from || (of.space !== '' && of.space !== space)) return [];
    const sees = (app: string | undefined): boolean =>
      app !== undefined && (of.app === undefined || of.app === app);
    const type = sees(after) ? (sees(before) ? 'MODIFIED' : 'ADDED') : 'DELETED';
    return sees(after) || sees(before) ? [`${type} ${space}/${name}@${revision}`] : [];
  });
}

describe('the watch cache against a history of changes', () => {
  it('shows every watcher exactly its events, in order, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (script) => {
        const { kv, clock, storage, configs } = open();
        const other = open({ kv }).configs;
        const changes: Change[] = [];
        const state = new Map<string, string>();
        const watchers: {
          watcher: CacheWatcher;
          want: { space: string; app?: string; from: number };
        }[] = [];
        for (const command of script) {
          if (command.type === 'settle') {
            await settle();
            await clock.advance(100);
          } else if (command.type === 'break') {
            kv.breakWatches();
          } else if (command.type === 'watch') {
            const from = Math.max(kv.revision - command.back, 1);
            const predicate = command.app === undefined ? undefined : labelled(command.app);
            const scope = { namespace: command.space, predicate };
            const watcher = await configs.watch(scope, watchFrom(String(from)));
            const app = command.app === undefined ? {} : { app: command.app };
            watchers.push({ watcher, want: { space: command.space, ...app, from } });
          } else {
            const { space, name } = command;
            const suffix = `${space}/${name}`;
            const writer =
              command.type === 'put' && command.foreign ? other.writer : configs.writer;
            const before = state.get(suffix);
            const after = command.type === 'put' ? command.app : undefined;
            if (after !== undefined) state.set(suffix, after);
            else state.delete(suffix);
            if (before === after) continue;
            await writer.transact(suffix, () =>
              after === undefined
                ? { type: 'delete' }
                : { type: 'put', object: config(space, name, after) },
            );
            changes.push({ revision: kv.revision, space, name, before, after });
          }
        }
        for (const _ of [1, 2, 3]) {
          await settle();
          await clock.advance(3_000);
        }
        for (const { watcher, want } of watchers)
          expect(await arrived(watcher)).toEqual(expected(changes, want));
        const listed = (await configs.list(everywhere, { resourceVersion: '0' })).objects;
        expect(
          listed.map(({ value }) => `${value.metadata.namespace}/${value.metadata.name}`),
        ).toEqual([...state.keys()].sort());
        await storage.stop();
      }),
      { numRuns: 150 },
    );
  });

  it('leaves no watcher registered behind', async () => {
    const { storage, configs } = open();
    const watcher = await configs.watch({ namespace: 'a' }, watchFrom('1'));
    const cache = storage.cache.resource('configmaps');
    expect(cache.watcherCount).toBe(1);
    await watcher.return();
    expect(cache.watcherCount).toBe(0);
  });

  it('ends a watcher that does not read', async () => {
    const { configs } = open();
    const watcher = await configs.watch(everywhere, watchFrom('1'));
    for (let i = 0; i < 4_200; i++) await configs.writer.create(`a/x${i}`, config('a', `x${i}`));
    expect((await arrived(watcher)).at(-1)).toMatch(/items behind/);
  });
});
