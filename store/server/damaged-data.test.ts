/** What a disk has lost in the middle is not passed over: writes behind it were acknowledged. */
import { beforeEach, expect, it } from 'vitest';
import { silentLogger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { realRandom } from '../../platform/node/random.ts';
import { sha1 } from '../../platform/node/crypto/sha1.ts';
import { MemoryStorage } from '../engine/memory.ts';
import { entryKey, recordKey } from '../persistence/keyspace.ts';
import type { Member } from './interface.ts';
import { startMember } from './member.ts';

const effects = { clock: realClock, random: realRandom, logger: silentLogger, disk: realDisk };
const put = (key: string) => ({ key, value: Buffer.from('v') });

let storage: MemoryStorage;
const start = (): Promise<Member> =>
  startMember({ dataDir: '/unused', ...effects, sha1, engine: storage.open });

/** Revisions 2 to 11, of which the last has two changes; compacted at 4. */
beforeEach(async () => {
  storage = new MemoryStorage();
  const member = await start();
  for (let i = 0; i < 9; i++) await member.put(put(`k${i % 4}`));
  const both = ['a', 'b'].map((key) => ({ type: 'put', request: put(key) }) as const);
  await member.txn({ compare: [], success: both, failure: [] });
  await member.compact(4, true);
  await member.stop();
});

async function lose(...keys: Buffer[]): Promise<void> {
  const engine = await storage.open({ path: '/unused', ...effects });
  for (const key of keys) expect(await engine.get(key)).toBeDefined();
  await engine.batch(
    keys.map((key) => ({ type: 'del', key })),
    { sync: true },
  );
  await engine.close();
}

it('starts with all that compactions left', async () => {
  const member = await start();
  expect(member.head().revision).toBe(11);
  await member.stop();
});

it.each([
  ['the first after the compaction', [recordKey(5, 0)], '4.0'],
  ['one in the middle', [recordKey(8, 0)], '7.0'],
  ['the first change of a transaction', [recordKey(11, 0)], '10.0'],
])('does not start without a revision: %s', async (_, keys, last) => {
  await lose(...keys);
  await expect(start()).rejects.toMatchObject({
    reason: 'corrupt',
    message:
      `the data is damaged: what followed revision ${last} is missing, but later data is there; ` +
      'restore the member from a snapshot or from the others',
  });
});

it('does not start without an entry of the log', async () => {
  await lose(entryKey(7));
  await expect(start()).rejects.toMatchObject({
    reason: 'corrupt',
    message: expect.stringContaining('entry 7 of the log is missing') as unknown,
  });
});
