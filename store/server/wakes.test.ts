import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLogger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { sha1 } from '../../platform/node/crypto/sha1.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { realRandom } from '../../platform/node/random.ts';
import { settle } from '../../test/support/fake-clock.ts';
import { MemoryStorage } from '../engine/memory.ts';
import type { Watch } from '../kv.ts';
import type { Member } from './interface.ts';
import { startMember } from './member.ts';

const WATCHERS = 300;
const put = (key: string) => ({ key, value: Buffer.from('v') });

let turns: (() => void)[];
let member: Member;
let watches: Watch[];
/** "a@2 b@3" in one batch, or "progress@3", per watcher. */
let seen: string[][];

async function follow(watch: Watch, to: string[]): Promise<void> {
  for await (const { revision, events } of watch) {
    const texts = events.map(({ kv }) => `${kv.key}@${kv.modRevision}`);
    to.push(texts.length === 0 ? `progress@${revision}` : texts.join(' '));
  }
}

async function turn(): Promise<void> {
  for (const fn of turns.splice(0)) fn();
  await settle();
}

beforeEach(async () => {
  turns = [];
  member = await startMember({
    ...{ dataDir: '/unused', clock: realClock, random: realRandom, disk: realDisk, sha1 },
    ...{ logger: silentLogger, engine: new MemoryStorage().open },
    nextTurn: (fn) => void turns.push(fn),
  });
  watches = Array.from({ length: WATCHERS }, () => member.watch({ key: 'a', rangeEnd: 'z' }));
  seen = watches.map(() => []);
  for (const [i, watch] of watches.entries()) void follow(watch, seen[i]!);
  await settle();
});
afterEach(async () => {
  for (const watch of watches) watch.cancel();
  await member.stop();
});

const told = (): number => seen.filter((each) => each.length > 0).length;

it('a put is answered when some watchers have its event; the others get it in later turns', async () => {
  await member.put(put('a'));
  await settle();
  expect(told()).toBe(128);
  await turn();
  expect(told()).toBe(256);
  await turn();
  expect(seen).toEqual(Array(WATCHERS).fill(['a@2']));
  await turn();
  expect(turns).toEqual([]);
});

it('who waits for its turn gets what came meanwhile in order, and progress after it', async () => {
  await member.put(put('a'));
  await member.put(put('b'));
  watches.at(-1)!.requestProgress();
  await settle();
  expect(seen[0]![0]).toBe('a@2');
  expect(seen.at(-1)).toEqual(['a@2 b@3', 'progress@3']);
  while (turns.length > 0) await turn();
  for (const each of seen.slice(0, -1)) expect(each.join(' ')).toBe('a@2 b@3');
  expect(seen.at(-1)).toEqual(['a@2 b@3', 'progress@3']);
});

it('a watch that ends while it waits ends at once', async () => {
  await member.put(put('a'));
  watches.at(-1)!.cancel();
  while (turns.length > 0) await turn();
  expect(seen.at(-1)).toEqual([]);
  expect(told()).toBe(WATCHERS - 1);
});
