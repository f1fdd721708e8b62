/**
 * `kill -9` on a real process with a real disk: a child puts as fast as it can and prints what
 * was acknowledged; it is killed in the middle; everything printed must be there.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLogger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { realRandom } from '../../platform/node/random.ts';
import { sha1 } from '../../platform/node/crypto/sha1.ts';
import { startMember } from './member.ts';

const root = join(import.meta.dirname, '../..');
const tsx = join(root, 'node_modules/tsx/dist/loader.mjs');
const WRITERS = 32;
/** The journal is made a second after the first start. */
const JOURNAL_MS = 1_000;

/** Each writer counts up in a key of its own, and every tenth time compacts or deletes. */
const child = `
import { startMember } from '${root}/store/server/member.ts';
import { nextTurn } from '${root}/platform/node/next-turn.ts';
import { realClock } from '${root}/platform/node/clock.ts';
import { realDisk } from '${root}/platform/node/files/disk.ts';
import { realRandom } from '${root}/platform/node/random.ts';
import { sha1 } from '${root}/platform/node/crypto/sha1.ts';
import { silentLogger } from '${root}/platform/logger.ts';
setInterval(() => {}, 1000);
const member = await startMember({
  dataDir: process.argv[2], clock: realClock, random: realRandom, disk: realDisk,
  logger: silentLogger, sha1, snapshotCount: 500, snapshotCatchUpEntries: 50,
  nextTurn, ownsThread: true,
});
console.log('ready');
await Promise.all(Array.from({ length: Number(process.argv[4]) }, async (_, writer) => {
  for (let i = Number(process.argv[3]); ; i++) {
    const { revision } = await member.put({ key: 'w' + writer, value: Buffer.from(String(i)) });
    process.stdout.write(writer + ' ' + i + ' ' + revision + '\\n');
    if (writer === 0 && i % 10 === 0) await member.compact(revision - 1).catch(() => {});
  }
}));
`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wherry-kill-'));
  await writeFile(join(folder, 'child.mts'), child);
});
afterAll(() => rm(folder, { recursive: true }));

interface Acknowledged {
  readonly value: number;
  readonly revision: number;
}

interface Round {
  readonly from: number;
  readonly writers: number;
  readonly forMs: number;
}

async function writeAndKill({ from, writers, forMs }: Round): Promise<Map<string, Acknowledged>> {
  const acknowledged = new Map<string, Acknowledged>();
  const script = [join(folder, 'child.mts'), join(folder, `data-${writers}`)];
  const args = ['--import', tsx, ...script, String(from), String(writers)];
  const process = spawn('node', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise((resolve) => process.once('exit', resolve));
  for await (const line of createInterface({ input: process.stdout })) {
    if (line === 'ready') setTimeout(() => process.kill('SIGKILL'), forMs);
    const [writer, value, revision] = line.split(' ').map(Number);
    if (revision !== undefined)
      acknowledged.set(`w${writer}`, { value: value!, revision: revision });
  }
  await exited;
  return acknowledged;
}

it.each([
  [WRITERS, 0, 6],
  // A sole one's writes hold up the member's thread.
  [1, JOURNAL_MS, 4],
])(
  'loses no acknowledged put of %i, nor goes back in revision',
  async (writers, afterMs, rounds) => {
    let from = 0;
    let term = 0;
    for (let round = 0; round < rounds; round++) {
      const acknowledged = await writeAndKill({
        from,
        writers,
        forMs: afterMs + 200 + 150 * round,
      });
      expect(acknowledged.size).toBe(writers);
      const member = await startMember({
        dataDir: join(folder, `data-${writers}`),
        clock: realClock,
        random: realRandom,
        disk: realDisk,
        logger: silentLogger,
        sha1,
      });
      const newest = Math.max(...[...acknowledged.values()].map(({ revision }) => revision));
      expect(member.head().revision).toBeGreaterThanOrEqual(newest);
      expect(member.head().raftTerm).toBeGreaterThan(term);
      term = member.head().raftTerm;
      for (const [key, { value, revision }] of acknowledged) {
        const { kvs } = await member.range({ key });
        const found = Number(Buffer.from(kvs[0]!.value).toString());
        expect(found).toBeGreaterThanOrEqual(value);
        // What is newer was on its way when the process died; what is equal is the very put.
        if (found === value) expect(kvs[0]!.modRevision).toBe(revision);
        from = Math.max(from, found + 1);
      }
      await member.stop();
    }
  },
  120_000,
);
