import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReadableFile } from '../../platform/files/file-access.ts';
import { BoltError, PAGE_BYTES, type Entry } from './format.ts';
import { BoltReader } from './reader.ts';
import { boltStream, type BoltBucket } from './writer.ts';

const inMemory = (bytes: Buffer): ReadableFile => ({
  bytes: bytes.length,
  read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  close: () => Promise.resolve(),
});

async function fileOf(buckets: readonly BoltBucket[]): Promise<Buffer> {
  const { bytes, chunks } = await boltStream(buckets);
  const pages: Buffer[] = [];
  for await (const chunk of chunks) pages.push(chunk);
  const file = Buffer.concat(pages);
  expect(file.length).toBe(bytes);
  return file;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Texts are compared at once, buffers byte by byte. */
const texts = (list: readonly Entry[]): readonly string[] =>
  list.map(([key, value]) => `${key.toString('hex')}=${value.toString('hex')}`);

const bucket = (name: string, entries: readonly Entry[]): BoltBucket => ({
  name,
  entries: () => entries,
});

const entries = fc
  .uniqueArray(
    fc.tuple(
      fc.uint8Array({ minLength: 1, maxLength: 40 }).map((key) => Buffer.from(key)),
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }).map((value) => Buffer.from(value)),
        fc.integer({ min: 1, max: 20_000 }).map((size) => Buffer.alloc(size, 7)),
      ),
    ),
    { maxLength: 120, selector: ([key]) => key.toString('hex') },
  )
  .map((list) => list.sort(([a], [b]) => Buffer.compare(a, b)));

describe('a bbolt file', () => {
  it('gives back every bucket, whatever its entries', async () => {
    await fc.assert(
      fc.asyncProperty(entries, entries, async (left, right) => {
        const file = await fileOf([bucket('right', right), bucket('left', left)]);
        const reader = await BoltReader.open(inMemory(file));
        expect(await reader.buckets()).toEqual(['left', 'right']);
        expect(texts(await all(reader.entries('left')))).toEqual(texts(left));
        expect(texts(await all(reader.entries('right')))).toEqual(texts(right));
        expect(await all(reader.entries('absent'))).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it('is as many pages as it says, each reached once', async () => {
    const many = Array.from({ length: 20_000 }, (_, i): Entry => {
      const key = Buffer.alloc(17);
      key.writeUInt32BE(i, 4);
      return [key, Buffer.alloc(i % 90)];
    });
    const file = await fileOf([bucket('key', many), bucket('empty', [])]);
    const read = await all((await BoltReader.open(inMemory(file))).entries('key'));
    expect(texts(read)).toEqual(texts(many));
    for (let page = 0; page < file.length / PAGE_BYTES; page++)
      expect(Number(file.readBigUInt64LE(page * PAGE_BYTES))).toBe(page);
  });

  it('is read by its other meta page when one is damaged, and refused without any', async () => {
    const file = await fileOf([bucket('b', [[Buffer.from('k'), Buffer.from('v')]])]);
    file[PAGE_BYTES + 40]! ^= 1;
    const reader = await BoltReader.open(inMemory(file));
    expect(await all(reader.entries('b'))).toHaveLength(1);
    file[40]! ^= 1;
    await expect(BoltReader.open(inMemory(file))).rejects.toThrow(BoltError);
    await expect(BoltReader.open(inMemory(Buffer.from('no')))).rejects.toThrow('invalid database');
  });

  it('cut short is an error, not a hang', async () => {
    const file = await fileOf([bucket('b', [[Buffer.from('k'), Buffer.alloc(9000)]])]);
    const reader = await BoltReader.open(inMemory(file.subarray(0, 4 * PAGE_BYTES)));
    await expect(all(reader.entries('b'))).rejects.toThrow(BoltError);
  });
});
