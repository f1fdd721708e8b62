import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realFileTree } from '../../platform/node/files/file-tree.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import type { LogQuery } from '../container-streams.ts';
import { ContainerLog } from './container-log.ts';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'wherry-log-'))));
afterEach(async () => {
  for (const log of opened.splice(0)) await log.end();
  await rm(folder, { recursive: true });
});

const clock = new FakeClock();
const opened: ContainerLog[] = [];
function open(maxFileBytes?: number): ContainerLog {
  const log = new ContainerLog({
    ...{ files: realFileTree, clock, path: join(folder, 'log') },
    ...(maxFileBytes === undefined ? {} : { maxFileBytes }),
  });
  opened.push(log);
  return log;
}

async function read(log: ContainerLog, query: Partial<LogQuery> = {}): Promise<string[]> {
  const { signal } = new AbortController();
  const lines: string[] = [];
  for await (const { stream, line, partial } of log.read({ follow: false, signal, ...query }))
    lines.push(
      `${stream === 'stderr' ? '! ' : ''}${Buffer.from(line).toString()}${partial ? '…' : ''}`,
    );
  return lines;
}

const bytes = (text: string): Buffer => Buffer.from(text);

describe('ContainerLog', () => {
  it('keeps whole lines, however they came', async () => {
    const log = open();
    await log.write('stdout', bytes('one\ntw'));
    await log.write('stderr', bytes('bad\n'));
    await log.write('stdout', bytes('o\n\nrest'));
    expect(await read(log)).toEqual(['one', '! bad', 'two', '']);
    await log.end();
    expect(await read(log)).toEqual(['one', '! bad', 'two', '', 'rest…']);
  });

  it('parts long lines', async () => {
    const log = open();
    await log.write('stdout', bytes(`${'a'.repeat(40_000)}\nb\n`));
    const lines = await read(log);
    expect(lines.map((line) => line.length)).toEqual([16_385, 16_385, 7232, 1]);
    expect((await read(log, { tailLines: 1 })).at(-1)).toBe('b');
  });

  it('shows the last lines, and those since a time', async () => {
    const log = open();
    await log.write('stdout', bytes('1\n2\n'));
    await clock.advance(5000);
    const sinceMs = clock.now();
    await log.write('stdout', bytes('3\n'));
    expect(await read(log, { tailLines: 2 })).toEqual(['2', '3']);
    expect(await read(log, { tailLines: 0 })).toEqual([]);
    expect(await read(log, { tailLines: 9 })).toEqual(['1', '2', '3']);
    expect(await read(log, { sinceMs })).toEqual(['3']);
  });

  it('is followed until it ends', async () => {
    const log = open();
    await log.write('stdout', bytes('1\n'));
    const whole = read(log, { follow: true, tailLines: 0 });
    await log.write('stdout', bytes('2\n'));
    await log.write('stdout', bytes('3'));
    await log.end();
    expect(await whole).toEqual(['2', '3…']);
  });

  it('is no longer followed by who left', async () => {
    const log = open();
    const leaving = new AbortController();
    const whole = read(log, { follow: true, signal: leaving.signal });
    leaving.abort();
    expect(await whole).toEqual([]);
  });

  it('rotates, keeps five files, and loses no line to who follows', async () => {
    const log = open(200);
    const numbers = Array.from({ length: 60 }, (_, i) => `line ${i}`);
    const following = read(log, { follow: true });
    for (const line of numbers) {
      await log.write('stdout', bytes(`${line}\n`));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await readdir(folder)).sort()).toEqual(['log', 'log.1', 'log.2', 'log.3', 'log.4']);
    const kept = await read(log);
    expect(kept).toEqual(numbers.slice(-kept.length));
    expect(kept.length).toBeLessThan(60);
    expect(await read(log, { tailLines: 7 })).toEqual(numbers.slice(-7));
    await log.end();
    expect(await following).toEqual(numbers);
  });

  it('is read by the next agent, which writes on', async () => {
    const first = open();
    await first.write('stdout', bytes('before\n'));
    const second = open();
    await second.write('stdout', bytes('after\n'));
    expect(await read(second)).toEqual(['before', 'after']);
    expect(await read(open().endedBefore(), { follow: true })).toEqual(['before', 'after']);
    await first.end();
    await second.end();
  });
});
