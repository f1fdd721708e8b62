import { expect, it } from 'vitest';
import { WrittenLog } from './written-log.ts';

function logOf() {
  let nowMs = 1000;
  let woken = 0;
  const log = new WrittenLog(
    1000,
    () => nowMs++,
    () => woken++,
  );
  const write = (text: string) => log.sink('stdout').write(Buffer.from(text));
  const texts = (first: number) =>
    Array.from({ length: log.size() - first }, (_, i) =>
      Buffer.from(log.entry(first + i).line).toString(),
    );
  return { log, write, texts, woken: () => woken };
}

it('divides what is written into lines, and wakes readers at each', async () => {
  const { log, write, texts, woken } = logOf();
  for (const piece of ['a', 'b\nc\n\nd']) await write(piece);
  expect([texts(0), woken()]).toEqual([['ab', 'c', ''], 3]);
  log.end();
  expect(texts(0).at(-1)).toBe('d');
  expect([2, 3].map((i) => log.entry(i).partial)).toEqual([undefined, true]);
});

it('begins with the last lines, or at a time', async () => {
  const { log, write } = logOf();
  await write('a\nb\nc\n');
  expect(log.first(0, { tailLines: 2 })).toBe(1);
  expect(log.first(0, { sinceMs: 1002 })).toBe(2);
  expect(log.tail()).toBe('a\nb\nc\n');
});

it('keeps a mebibyte, and cuts lines without end', async () => {
  const { log, write } = logOf();
  for (let i = 0; i < 100; i++) await write('x'.repeat(20_000));
  expect(log.first(0, {})).toBeGreaterThan(0);
  expect(log.entry(0).line.length).toBe(16 * 1024);
  expect(log.atMs(log.size())).toBeUndefined();
});
