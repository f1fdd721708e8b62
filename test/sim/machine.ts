/** One member's disk: it outlives the process, and forgets what was not synced when power fails. */
import { crc32 } from 'node:zlib';
import type { Disk } from '../../platform/files/disk.ts';
import type { DurableFile } from '../../platform/files/durable-file.ts';
import type { Engine, EngineFactory, WriteOperation } from '../../store/engine/engine.ts';
import { journaled, type JournalSettings } from '../../store/engine/journal/journaled.ts';
import { MemoryFiles } from '../../store/engine/journal/memory-files.ts';
import { MemoryStorage } from '../../store/engine/memory.ts';
import { decodeRecord } from '../../store/mvcc/record.ts';
import { metaKeys, recordKey } from '../../store/persistence/keyspace.ts';
import { encodeNumber } from '../../store/persistence/log-codec.ts';
import type { SeededRandom, SimTime } from './time.ts';
import type { Truth } from './truth.ts';

/**
 * Bugs planted to prove that the checkers find them, at the boundary where they would show:
 * `ackBeforeFsync`: the disk says "synced" and has not, to the journal; `reuseBeforeFsync`: to the
 * engine, whose journal is then written over too early. `applyTwice`: the applied index written
 * with the effects is one too low. `loseAtCompaction`: a compaction at a deletion's revision
 * deletes that too. `skipReadIndex` is the clients' business; `answerUnproven`, a leader that tells
 * followers where to read without proof that it leads, the network's.
 */
export type Flaw =
  | ('ackBeforeFsync' | 'reuseBeforeFsync' | 'applyTwice')
  | ('skipReadIndex' | 'loseAtCompaction' | 'answerUnproven');

/** Small enough that the journal's files take turns, grow, and are too small for some records. */
const JOURNAL: JournalSettings = {
  ...{ firstBytes: 2 << 10, maxBytes: 8 << 10, maxRecordBytes: 1500, prepareAfterMs: 20 },
};

export interface Weather {
  /** While set, writes take this much longer. */
  slowDiskMs: number;
}

interface MachineParts {
  readonly time: SimTime;
  readonly random: SeededRandom;
  readonly flaw: Flaw | undefined;
  readonly truth: Truth;
  /** Resolves when the process is not asleep. */
  readonly awake: () => Promise<void>;
}

export class Machine {
  readonly #parts: MachineParts;
  readonly #storages = new Map<string, MemoryStorage>();
  readonly #files = new Map<string, Uint8Array>();
  readonly #durableFiles: MemoryFiles;
  readonly weather: Weather = { slowDiskMs: 0 };
  #boot = 0;

  constructor(parts: MachineParts) {
    this.#parts = parts;
    this.#durableFiles = new MemoryFiles(crc32, async () => {
      await parts.time.sleep(parts.random.between(1, 6) + this.weather.slowDiskMs);
      await parts.awake();
    });
  }

  /** Power fails: what was on its way to the disk never arrives, or only its beginning. */
  crash(): void {
    this.#boot++;
    const { random } = this.#parts;
    for (const storage of this.#storages.values()) storage.crash(random.pick([0, 0, 1, 3]));
    this.#durableFiles.crash(() => random.pick([true, true, true, false]));
  }

  readonly engine: EngineFactory = async (options) =>
    this.#flawed(await journaled(this.#engine, JOURNAL)(options));

  readonly #engine: EngineFactory = async (options) => {
    let storage = this.#storages.get(options.path);
    if (storage === undefined) {
      storage = new MemoryStorage();
      this.#storages.set(options.path, storage);
    }
    return this.#slow(await storage.open(options));
  };

  #flawed(engine: Engine): Engine {
    const { time, truth } = this.#parts;
    return {
      ...callsOf(engine),
      batch: async (operations, options) => {
        for (const each of operations)
          if (each.type === 'put') truth.note(each.key, each.value, time.now);
        await engine.batch(await this.#spoil(engine, operations), options);
      },
    };
  }

  #slow(engine: Engine): Engine {
    const boot = this.#boot;
    const { time, random, flaw, awake } = this.#parts;
    const syncs = flaw !== 'reuseBeforeFsync';
    return {
      ...callsOf(engine),
      batch: async (operations, { sync }) => {
        const { slowDiskMs } = this.weather;
        await time.sleep((sync ? random.between(1, 6) : 0.1) + slowDiskMs);
        // A dead process's writes end nowhere.
        if (boot !== this.#boot) return new Promise(() => {});
        await engine.batch(operations, { sync: sync && syncs });
        await awake();
        if (boot !== this.#boot) return new Promise(() => {});
      },
    };
  }

  async #spoil(
    engine: Engine,
    operations: readonly WriteOperation[],
  ): Promise<readonly WriteOperation[]> {
    const { flaw } = this.#parts;
    if (flaw === 'applyTwice') return operations.map(appliedTooLow);
    if (flaw !== 'loseAtCompaction') return operations;
    const lost = await lostWith(engine, operations);
    return lost === undefined ? operations : [...operations, { type: 'del', key: lost }];
  }

  #hasty(file: DurableFile | undefined): DurableFile | undefined {
    if (file === undefined || this.#parts.flaw !== 'ackBeforeFsync') return file;
    let written = Promise.resolve();
    return {
      size: file.size,
      crc32: file.crc32,
      read: () => file.read(),
      write: (bytes, at) => {
        written = written.then(() => file.write(bytes, at));
        return Promise.resolve();
      },
      close: () => file.close(),
    };
  }

  readonly disk: Disk = {
    read: (path) => Promise.resolve(this.#files.get(path)),
    write: (path, bytes) => {
      this.#files.set(path, typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
      return Promise.resolve();
    },
    remove: (path) => {
      this.#files.delete(path);
      this.#storages.delete(path);
      this.#durableFiles.remove(path);
      return Promise.resolve();
    },
    list: () => Promise.resolve([]),
    makeFolder: () => Promise.resolve(),
    openDurable: async (path, bytes) => this.#hasty(await this.#durableFiles.open(path, bytes)),
    hasRocksdb: false,
  };
}

const callsOf = (engine: Engine): Omit<Engine, 'batch'> => ({
  get: (key) => engine.get(key),
  getMany: (keys) => engine.getMany(keys),
  iterate: (range) => engine.iterate(range),
  clear: (range) => engine.clear(range),
  property: (name) => engine.property(name),
  compact: () => engine.compact(),
  close: () => engine.close(),
});

function appliedTooLow(each: WriteOperation): WriteOperation {
  if (each.type === 'del' || !each.key.equals(metaKeys.applied)) return each;
  return { ...each, value: encodeNumber(Math.max(1, each.value.readDoubleBE(0) - 1)) };
}

/** The record of a deletion at the very revision that is compacted (etcd's bug 18089). */
async function lostWith(
  engine: Engine,
  operations: readonly WriteOperation[],
): Promise<Buffer | undefined> {
  for (const each of operations) {
    if (each.type === 'del' || !each.key.equals(metaKeys.compactRevision)) continue;
    const revision = each.value.readDoubleBE(0);
    const key = recordKey(revision, 0);
    const record = await engine.get(key);
    if (record !== undefined && decodeRecord(record, revision).version === 0) return key;
  }
  return undefined;
}
