import type { ClassicLevel } from 'classic-level';
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
} from './engine.ts';

/** A start replays at most this much of LevelDB's own log. */
const WRITE_BUFFER_BYTES = 8 << 20;
/** Small, for LevelDB tells its cache and its unwritten data only as one sum. */
const BLOCK_CACHE_BYTES = 1 << 20;
const MAX_FILE_BYTES = 16 << 20;
const MAX_OPEN_FILES = 256;

type Database = ClassicLevel<Buffer, Buffer>;

async function translated<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const { cause } = error as Error;
    throw databaseError('leveldb', cause instanceof Error ? cause : (error as Error));
  }
}

/** Opens or creates the database. The package is loaded here, not at import. */
export async function openLeveldb(options: EngineOptions): Promise<Engine> {
  await options.disk.makeFolder(options.path);
  const { ClassicLevel } = await import('classic-level');
  const encodings = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const;
  const db: Database = new ClassicLevel(options.path, {
    ...encodings,
    cacheSize: BLOCK_CACHE_BYTES,
    writeBufferSize: WRITE_BUFFER_BYTES,
    maxFileSize: MAX_FILE_BYTES,
    maxOpenFiles: MAX_OPEN_FILES,
  });
  await translated(db.open());
  return new LeveldbEngine(db, options.path);
}

/**
 * Every batch is synced. After a power failure LevelDB skips what is damaged of its log and goes on
 * with what follows, and a log that is full is left unsynced: of batches that were not
 * synced, one in the middle could be lost.
 */
class LeveldbEngine implements Engine {
  readonly #db: Database;
  readonly #guard: CallGuard;

  constructor(db: Database, path: string) {
    this.#db = db;
    this.#guard = new CallGuard(`leveldb at ${path}`);
  }

  get(key: Buffer): Promise<Buffer | undefined> {
    return this.#guard.run(() => translated(this.#db.get(key)));
  }

  getMany(keys: readonly Buffer[]): Promise<(Buffer | undefined)[]> {
    return this.#guard.run(() => translated(this.#db.getMany([...keys])));
  }

  batch(operations: readonly WriteOperation[]): Promise<void> {
    return this.#guard.run(() => this.#batch(operations));
  }

  #batch(operations: readonly WriteOperation[]): Promise<void> {
    // Of an array the package copies each operation and encodes it: many times as slow.
    const batch = this.#db.batch();
    for (const operation of operations)
      if (operation.type === 'put') batch.put(operation.key, operation.value);
      else batch.del(operation.key);
    return translated(batch.write({ sync: true }));
  }

  async *iterate({ gte, lt }: KeyRange): AsyncGenerator<readonly KeyAndValue[]> {
    this.#guard.enter();
    try {
      const iterator = this.#db.iterator({ gte, lt, highWaterMarkBytes: ITERATE_CHUNK_BYTES });
      yield* readAhead(
        () => translated(iterator.nextv(ITERATE_CHUNK_ENTRIES)),
        () => translated(iterator.close()),
      );
    } finally {
      this.#guard.leave();
    }
  }

  clear({ gte, lt }: KeyRange): Promise<void> {
    return this.#guard.run(async () => {
      const iterator = this.#db.keys({ gte, lt });
      try {
        for (;;) {
          const keys = await translated(iterator.nextv(ITERATE_CHUNK_ENTRIES));
          if (keys.length === 0) return;
          await this.#batch(keys.map((key) => ({ type: 'del', key })));
        }
      } finally {
        await translated(iterator.close());
      }
    });
  }

  compact(): Promise<void> {
    // Without a key above 0xff in one byte, these two enclose everything.
    return this.#guard.run(() =>
      translated(this.#db.compactRange(Buffer.from([0]), Buffer.from([0xff]))),
    );
  }

  /** Of garbage LevelDB tells nothing: both are what it occupies, its cache included. */
  property(_name: EngineProperty): number {
    this.#guard.assertOpen();
    const memory = Number(this.#db.getProperty('leveldb.approximate-memory-usage'));
    const files = this.#db.getProperty('leveldb.sstables').matchAll(/^ \d+:(\d+)\[/gm);
    return [...files].reduce((sum, [, bytes]) => sum + Number(bytes), memory);
  }

  close(): Promise<void> {
    return this.#guard.close(() => translated(this.#db.close()));
  }
}
