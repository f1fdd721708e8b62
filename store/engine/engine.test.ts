import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { realRandom } from '../../platform/node/random.ts';
import type {
  Engine,
  EngineFactory,
  EngineOptions,
  KeyAndValue,
  WriteOperation,
} from './engine.ts';
import { EngineError } from './engine.ts';
import { journaled } from './journal/journaled.ts';
import { openLeveldb } from './leveldb.ts';
import { MemoryStorage } from './memory.ts';
import { openOnDisk } from './on-disk.ts';
import { openRocksdb } from './rocksdb.ts';

const { hasRocksdb } = realDisk;
const environment = { disk: realDisk, logger: silentLogger, clock: realClock, random: realRandom };

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const put = (key: string, value: string): WriteOperation => ({
  type: 'put',
  key: bytes(key),
  value: bytes(value),
});
const del = (key: string): WriteOperation => ({ type: 'del', key: bytes(key) });
const range = (gte: string, lt: string) => ({ gte: bytes(gte), lt: bytes(lt) });

async function scan(engine: Engine, gte: string, lt: string): Promise<string[]> {
  const found: string[] = [];
  for await (const chunk of engine.iterate(range(gte, lt)))
    for (const [key, value] of chunk)
      found.push(`${key.toString('latin1')}=${value.toString('latin1')}`);
  return found;
}

type Open = (options: EngineOptions, memory: MemoryStorage) => Promise<Engine>;
const databases: [string, EngineFactory][] = [
  ...(hasRocksdb ? [['rocksdb', openRocksdb] as [string, EngineFactory]] : []),
  ['leveldb', openLeveldb],
];
const kinds: [string, Open][] = [
  ...databases,
  ...databases.map(([name, open]): [string, Open] => [`journaled ${name}`, journaled(open)]),
  ['memory', (options, memory) => memory.open(options)],
];

describe.each(kinds)('the contract of an engine: %s', (_, openKind) => {
  let path: string;
  let memory: MemoryStorage;
  let engine: Engine;

  const open = (): Promise<Engine> =>
    openKind({ path: join(path, 'made', 'on', 'open'), ...environment }, memory);

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'wherry-engine-'));
    memory = new MemoryStorage();
    engine = await open();
  });

  afterEach(async () => {
    await engine.close();
    await rm(path, { recursive: true });
  });

  it('gets what was put, in the order asked', async () => {
    await engine.batch([put('a', '1'), put('b', '2')], { sync: true });
    expect(await engine.get(bytes('a'))).toEqual(bytes('1'));
    expect(await engine.get(bytes('none'))).toBeUndefined();
    expect(await engine.getMany([bytes('b'), bytes('none'), bytes('a')])).toEqual([
      bytes('2'),
      undefined,
      bytes('1'),
    ]);
  });

  it('applies the operations of a batch in order', async () => {
    await engine.batch([put('a', '1'), del('a'), put('b', '1'), put('b', '2')], { sync: false });
    expect(await scan(engine, 'a', 'z')).toEqual(['b=2']);
  });

  it('keeps empty values, and every byte of keys and values', async () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    await engine.batch(
      [
        { type: 'put', key: all, value: Buffer.alloc(0) },
        { type: 'put', key: bytes('k'), value: all },
      ],
      { sync: true },
    );
    expect(await engine.get(all)).toEqual(Buffer.alloc(0));
    expect(await engine.get(bytes('k'))).toEqual(all);
  });

  it('iterates ascending by unsigned byte over a half-open range', async () => {
    await engine.batch([put('\xff', '4'), put('b', '2'), put('a', '1'), put('\x80', '3')], {
      sync: false,
    });
    expect(await scan(engine, 'a', '\xff')).toEqual(['a=1', 'b=2', '\x80=3']);
    expect(await scan(engine, 'c', 'd')).toEqual([]);
  });

  it('iterates over the state as of the call, in bounded chunks', async () => {
    const many = Array.from({ length: 2000 }, (_, i) => put(`k${String(i).padStart(5, '0')}`, 'x'));
    await engine.batch(many, { sync: false });
    const chunks: (readonly KeyAndValue[])[] = [];
    for await (const chunk of engine.iterate(range('k', 'l'))) {
      if (chunks.length === 0) await engine.batch([put('k99999', 'late')], { sync: true });
      chunks.push(chunk);
    }
    expect(chunks.flat()).toHaveLength(2000);
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(512);
  });

  it('releases an iteration that is left early', async () => {
    await engine.batch([put('a', '1'), put('b', '2')], { sync: false });
    for await (const chunk of engine.iterate(range('a', 'z'))) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await engine.close();
    engine = await open();
    expect(await scan(engine, 'a', 'z')).toEqual(['a=1', 'b=2']);
  });

  it('clears a half-open range', async () => {
    await engine.batch([put('a', '1'), put('b', '2'), put('c', '3')], { sync: false });
    await engine.clear(range('a', 'c'));
    expect(await scan(engine, 'a', 'z')).toEqual(['c=3']);
  });

  it('keeps everything over close and open', async () => {
    await engine.batch([put('a', '1')], { sync: false });
    await engine.close();
    engine = await open();
    expect(await scan(engine, 'a', 'z')).toEqual(['a=1']);
  });

  it('refuses calls once closing began, and finishes those under way', async () => {
    const writing = engine.batch([put('a', '1')], { sync: true });
    const closing = engine.close();
    await expect(engine.get(bytes('a'))).rejects.toMatchObject({ reason: 'closed' });
    await expect(engine.batch([del('a')], { sync: true })).rejects.toThrow(EngineError);
    await expect(scan(engine, 'a', 'z')).rejects.toMatchObject({ reason: 'closed' });
    expect(() => engine.property('diskBytes')).toThrow('is closed');
    await writing;
    await closing;
    await engine.close();
    engine = await open();
    expect(await scan(engine, 'a', 'z')).toEqual(['a=1']);
  });

  it('says how much it holds', async () => {
    await engine.batch([put('a', 'x'.repeat(100_000))], { sync: true });
    expect(engine.property('diskBytes')).toBeGreaterThanOrEqual(100_000);
    expect(engine.property('liveBytes')).toBeGreaterThan(0);
  });
});

describe.each(databases)('a folder of %s', (name, open) => {
  let options: EngineOptions;
  beforeEach(async () => {
    options = { path: await mkdtemp(join(tmpdir(), 'wherry-engine-')), ...environment };
  });
  afterEach(() => rm(options.path, { recursive: true }));

  it('says who holds it when it is already open', async () => {
    const first = await open(options);
    await expect(open(options)).rejects.toMatchObject({
      reason: 'locked',
      message: expect.stringContaining('has this data directory open') as string,
    });
    await first.close();
  });

  it('stays one, whatever a new one would be', async () => {
    const first = await open(options);
    await first.batch([put('a', '1')], { sync: true });
    await first.close();
    const again = await openOnDisk(options);
    expect(await again.get(bytes('a'))).toEqual(bytes('1'));
    await again.close();
  });

  it('says that it is damaged', async () => {
    const first = await open(options);
    await first.batch([put('a', '1')], { sync: true });
    await first.close();
    const [manifest = ''] = (await readdir(options.path)).filter((file) => /MANIFEST/.test(file));
    await writeFile(join(options.path, manifest), 'no manifest');
    await expect(open(options)).rejects.toMatchObject({
      message: expect.stringMatching(new RegExp(`^${name}: .*Corruption`, 'is')) as string,
    });
  });
});

describe('where RocksDB cannot be loaded', () => {
  let options: EngineOptions;
  beforeEach(async () => {
    const path = await mkdtemp(join(tmpdir(), 'wherry-engine-'));
    options = { path, ...environment, disk: { ...realDisk, hasRocksdb: false } };
  });
  afterEach(() => rm(options.path, { recursive: true }));

  it('a new folder is LevelDB’s', async () => {
    await (await openOnDisk(options)).close();
    expect(await readdir(options.path)).not.toContain('IDENTITY');
  });

  it.runIf(hasRocksdb)('a folder of RocksDB is refused, and not touched', async () => {
    await (await openRocksdb(options)).close();
    const before = await readdir(options.path);
    await expect(openOnDisk(options)).rejects.toThrow('was written with RocksDB');
    expect(await readdir(options.path)).toEqual(before);
  });
});

describe('a crash of the memory engine', () => {
  const options = { path: '', ...environment };

  it('loses what was not synced and keeps what was', async () => {
    const storage = new MemoryStorage();
    const before = await storage.open(options);
    await before.batch([put('a', '1')], { sync: false });
    await before.batch([put('b', '2')], { sync: true });
    await before.batch([put('c', '3'), del('a')], { sync: false });
    storage.crash();
    const after = await storage.open(options);
    expect(await scan(after, 'a', 'z')).toEqual(['a=1', 'b=2']);
  });

  it('leaves the calls of the dead engine unanswered', async () => {
    const storage = new MemoryStorage();
    const before = await storage.open(options);
    storage.crash();
    const answer = await Promise.race([
      before.batch([put('a', '1')], { sync: true }).then(() => 'answered'),
      new Promise((resolve) => setTimeout(resolve, 5, 'silent')),
    ]);
    expect(answer).toBe('silent');
    const after = await storage.open(options);
    expect(await scan(after, 'a', 'z')).toEqual([]);
  });
});
