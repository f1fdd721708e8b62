import { expect, it } from 'vitest';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { configMaps } from '../../api/resources.ts';
import { silentLogger } from '../../platform/logger.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { FakeClock, settle } from '../../test/support/fake-clock.ts';
import type { CacheWatcher } from './cache-watcher.ts';
import { Storage } from './storage.ts';

const MANY = 100;
const resources = [{ type: configMaps, storagePrefix: 'configmaps' }];
const watching = { resourceVersion: '1', allowBookmarks: true };

const config = (namespace: string, name: string): Mutable<KubernetesObject> => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name } },
});

/** What a watcher has seen so far: "ADDED@2", "BOOKMARK@3", "end" or an error. */
function seenBy(watcher: CacheWatcher): string[] {
  const seen: string[] = [];
  const read = async (): Promise<void> => {
    for await (const item of watcher)
      seen.push(`${item.type}@${item.type === 'BOOKMARK' ? item.revision : item.object.revision}`);
    seen.push('end');
  };
  read().catch((error: Error) => seen.push(error.message));
  return seen;
}

/** Many watchers of all namespaces, and a few of one; turns come when the test says so. */
async function watched() {
  const turns: (() => void)[] = [];
  const clock = new FakeClock();
  const nextTurn = (fn: () => void) => void turns.push(fn);
  const byTest = { monotonic: () => 0, nextTurn, ownTurn: nextTurn };
  const effects = { kv: new MemoryKv(), clock, turns: byTest, logger: silentLogger };
  const storage = new Storage({ ...effects, resources });
  storage.start();
  const configs = storage.resource('configmaps')!;
  const watch = (namespace: string) => configs.watch({ namespace }, watching);
  const watchers: CacheWatcher[] = [];
  for (let i = 0; i < MANY; i++) watchers.push(await watch(''));
  for (let i = 0; i < 3; i++) watchers.push(await watch('a'));
  const seen = watchers.map(seenBy);
  const create = async (namespace: string, name: string): Promise<void> => {
    await configs.writer.create(`${namespace}/${name}`, config(namespace, name));
    await settle();
  };
  const turn = async (): Promise<void> => {
    turns.shift()?.();
    await settle();
  };
  const served = (): number => seen.filter((each) => each.length > 0).length;
  return { storage, configs, watchers, seen, create, turn, turns, served, watch };
}

it('a write is answered when a few watchers have its event; the others get it in later turns', async () => {
  const { storage, seen, create, turn, served } = await watched();
  await create('a', 'x');
  expect(served()).toBe(32);
  await turn();
  expect(served()).toBe(64);
  for (const _ of [1, 2]) await turn();
  expect(seen).toEqual(Array(MANY + 3).fill(['ADDED@2']));
  await storage.stop();
});

it('events that come meanwhile wait behind those before, for everyone', async () => {
  const { storage, seen, create, turn, turns } = await watched();
  await create('a', 'x');
  await create('b', 'y');
  await create('a', 'z');
  await turn();
  await create('a', 'last');
  while (turns.length > 0) await turn();
  expect(seen.slice(0, MANY)).toEqual(
    Array(MANY).fill(['ADDED@2', 'ADDED@3', 'ADDED@4', 'ADDED@5']),
  );
  expect(seen.slice(MANY)).toEqual(Array(3).fill(['ADDED@2', 'ADDED@4', 'ADDED@5']));
  await storage.stop();
});

it('who begins meanwhile sees nothing twice, and who leaves is left out', async () => {
  const { storage, configs, watchers, create, turn, turns, watch } = await watched();
  await create('a', 'x');
  const fromPast = seenBy(await watch(''));
  const newest = { resourceVersion: '', resourceVersionMatch: 'NotOlderThan' };
  const now = { ...newest, sendInitialEvents: true, allowBookmarks: true };
  const fromState = seenBy(await configs.watch({ namespace: 'a' }, now));
  await watchers.at(-1)!.return();
  while (turns.length > 0) await turn();
  expect(fromPast).toEqual(['ADDED@2']);
  expect(fromState).toEqual(['ADDED@2', 'BOOKMARK@2']);
  await storage.stop();
});

it('a bookmark does not overtake an event that waits', async () => {
  const { storage, configs, watchers, seen, create, turn, turns } = await watched();
  await create('a', 'x');
  await create('a', 'y');
  watchers.at(-1)!.bookmark(configs.revision);
  while (turns.length > 0) await turn();
  watchers.at(-1)!.bookmark(configs.revision);
  await settle();
  expect(seen.at(-1)).toEqual(['BOOKMARK@1', 'ADDED@2', 'ADDED@3', 'BOOKMARK@3']);
  await storage.stop();
});

it('watchers that end get first what waits for them', async () => {
  const { storage, seen, create } = await watched();
  await create('a', 'x');
  storage.endWatchers('configmaps');
  await settle();
  expect(seen).toEqual(Array(MANY + 3).fill(['ADDED@2', 'end']));
  await storage.stop();
});

it('when turns do not come, writes serve the oldest event themselves', async () => {
  const { storage, configs, seen, create } = await watched();
  for (let i = 0; i < 64; i++) await create('a', `x${i}`);
  expect(seen[MANY]).toEqual([]);
  expect(configs.revision).toBe(1);
  await create('a', 'more');
  expect(seen[MANY]).toEqual(['ADDED@2']);
  expect(configs.revision).toBe(2);
  await storage.stop();
});
