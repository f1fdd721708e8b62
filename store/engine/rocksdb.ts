import type RocksDB from 'rocksdb';
import type { RocksIterator } from 'rocksdb';
import { CallGuard } from './call-guard.ts';
import { databaseError } from './database-error.ts';
import { ITERATE_CHUNK_BYTES, ITERATE_CHUNK_ENTRIES } from './engine.ts';
import { readAhead } from './read-ahead.ts';
import type {
  Engine,
  EngineOptions,
  EngineProperty,
  KeyAndValue,
  KeyRange,
  WriteOperation,
  WriteOptions,
} from './engine.ts';

/**
 * A start replays at most this much of RocksDB's own write-ahead log, so it bounds the time a
 * restart takes; larger buffers would flush less often.
 */
const WRITE_BUFFER_BYTES = 8 << 20;
const BLOCK_CACHE_BYTES = 8 << 20;
const MAX_FILE_BYTES = 16 << 20;
const MAX_OPEN_FILES = 256;

function promised<T>(
  call: (done: (error: Error | null | undefined, result: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, result) => {
      if (error) reject(databaseError('rocksdb', error));
      else resolve(result);
    });
  });
}

/** Opens or creates the database. The package is loaded here, not at import: it is 10 MB. */
export async function openRocksdb(options: EngineOptions): Promise<Engine> {
  await options.disk.makeFolder(options.path);
  const { default: Database } = await import('rocksdb');
  const db = new Database(options.path);
  await promised<void>((done) =>
    db.open(
      {
        createIfMissing: true,
        infoLogLevel: 'warn',
        cacheSize: BLOCK_CACHE_BYTES,
        writeBufferSize: WRITE_BUFFER_BYTES,
        maxFileSize: MAX_FILE_BYTES,
        maxOpenFiles: MAX_OPEN_FILES,
      },
      done,
    ),
  );
  return new RocksdbEngine(db, options.path);
}

class RocksdbEngine implements Engine {
  readonly #db: RocksDB;
  readonly #guard: CallGuard;

  constructor(db: RocksDB, path: string) {
    this.#db = db;
    this.#guard = new CallGuard(`rocksdb at ${path}`);
  }

  get(key: Buffer): Promise<Buffer | undefined> {
    return this.#guard.run(async () => (await this.#getMany([key]))[0]);
  }

  getMany(keys: readonly Buffer[]): Promise<(Buffer | undefined)[]> {
    return this.#guard.run(() => this.#getMany(keys));
  }

  #getMany(keys: readonly Buffer[]): Promise<(Buffer | undefined)[]> {
    return promised((done) => this.#db.getMany(keys, done));
  }

  batch(operations: readonly WriteOperation[], { sync }: WriteOptions): Promise<void> {
    return this.#guard.run(() => {
      // Of an array the binding looks up each operation's fields by name: five times as slow.
      const batch = this.#db.batch();
      for (const operation of operations)
        if (operation.type === 'put') batch.put(operation.key, operation.value);
        else batch.del(operation.key);
      return promised((done) => batch.write({ sync }, done));
    });
  }

  async *iterate(range: KeyRange): AsyncGenerator<readonly KeyAndValue[]> {
    this.#guard.enter();
    try {
      const iterator = this.#db.iterator({
        gte: range.gte,
        lt: range.lt,
        highWaterMark: ITERATE_CHUNK_BYTES,
      });
      yield* readAhead(
        () => nextChunk(iterator),
        () => promised((done) => iterator.end(done)),
      );
    } finally {
      this.#guard.leave();
    }
  }

  clear(range: KeyRange): Promise<void> {
    return this.#guard.run(() =>
      promised((done) => this.#db.clear({ gte: range.gte, lt: range.lt }, done)),
    );
  }

  compact(): Promise<void> {
    // Without a key above 0xff in one byte, these two enclose everything.
    return this.#guard.run(() =>
      promised((done) => this.#db.compactRange(Buffer.from([0]), Buffer.from([0xff]), done)),
    );
  }

  property(name: EngineProperty): number {
    this.#guard.assertOpen();
    const memory = Number(this.#db.getProperty('rocksdb.cur-size-all-mem-tables'));
    const files = name === 'diskBytes' ? 'total-sst-files-size' : 'estimate-live-data-size';
    return memory + Number(this.#db.getProperty(`rocksdb.${files}`));
  }

  close(): Promise<void> {
    return this.#guard.close(() => promised((done) => this.#db.close(done)));
  }
}

function nextChunk(iterator: RocksIterator): Promise<KeyAndValue[]> {
  return new Promise((resolve, reject) => {
    const chunk: KeyAndValue[] = [];
    let bytes = 0;
    const step = (): void =>
      iterator.next((error, key, value) => {
        if (error) {
          reject(databaseError('rocksdb', error));
          return;
        }
        if (key === undefined || value === undefined) {
          resolve(chunk);
          return;
        }
        chunk.push([key, value]);
        bytes += key.length + value.length;
        if (chunk.length >= ITERATE_CHUNK_ENTRIES || bytes >= ITERATE_CHUNK_BYTES) resolve(chunk);
        else step();
      });
    step();
  });
}
