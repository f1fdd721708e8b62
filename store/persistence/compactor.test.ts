import { expect, it } from 'vitest';
import type { Clock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { realRandom } from '../../platform/node/random.ts';
import { sha1 } from '../../platform/node/crypto/sha1.ts';
import type { EngineFactory } from '../engine/engine.ts';
import { MemoryStorage } from '../engine/memory.ts';
import { startMember } from '../server/member.ts';

const VERSIONS = 3000;

/** The machine's own, and how many of its timers have fired. */
function countingClock(): Clock & { fired: number } {
  const clock = {
    ...realClock,
    fired: 0,
    after: (delayMs: number, fn: () => void) =>
      realClock.after(delayMs, () => {
        clock.fired++;
        fn();
      }),
  };
  return clock;
}

it('deletes in small batches, with pauses in which writes go on', async () => {
  const storage = new MemoryStorage();
  const deletions: number[] = [];
  const clock = countingClock();
  const pauses = new Set<number>();
  const engine: EngineFactory = async (options) => {
    const opened = await storage.open(options);
    const batch = opened.batch.bind(opened);
    opened.batch = (operations, mode) => {
      const deleted = operations.filter(({ type }) => type === 'del').length;
      if (deleted > 0) {
        deletions.push(deleted);
        pauses.add(clock.fired);
      }
      return batch(operations, mode);
    };
    return opened;
  };
  const effects = { clock, random: realRandom, disk: realDisk, sha1 };
  const lines: [string, object][] = [];
  const info = (fields: object, message: string): void => void lines.push([message, fields]);
  const logger = { ...silentLogger, info };
  const options = { dataDir: '/unused', ...effects, logger, engine };
  const member = await startMember(options);
  const put = { type: 'put', request: { key: 'k', value: Buffer.from('v') } } as const;
  for (let i = 0; i < VERSIONS; i++) await member.put(put.request);
  const compacted = member.compact(member.head().revision, true);
  await member.put({ key: 'other', value: Buffer.from('v') });
  expect(member.statistics().versionsRemoved).toBeLessThan(VERSIONS - 1);
  await compacted;
  expect(member.statistics().versionsRemoved).toBe(VERSIONS - 1);
  expect(deletions.reduce((sum, each) => sum + each, 0)).toBe(VERSIONS - 1);
  expect(Math.max(...deletions)).toBeLessThanOrEqual(100);
  // This engine has each batch at once: without pauses no timer would fire between them.
  expect(pauses.size).toBe(deletions.length);
  const finished = { 'compact-revision': VERSIONS + 1, removed: VERSIONS - 1 };
  expect(lines).toContainEqual([
    'finished scheduled compaction',
    { ...finished, took: expect.stringMatching(/^\d+ms$/) as string },
  ]);
  await member.stop();
});
