/** One member's disk: it outlives the process, and forgets what was not synced when power fails. */
import type { Disk } from '../../platform/disk.ts';
import type { Engine, EngineFactory, WriteOperation } from '../../store/engine/engine.ts';
import { MemoryStorage } from '../../store/engine/memory.ts';
import { metaKeys } from '../../store/server/keyspace.ts';
import { encodeNumber } from '../../store/server/log-codec.ts';
import type { SeededRandom, SimTime } from './time.ts';

/**
 * Bugs planted to prove that the checkers find them, at the boundary where they would show:
 * `ackBeforeFsync`: the disk says "synced" and has not. `applyTwice`: the applied index written
 * with the effects is one too low. `skipReadIndex` is the clients' business.
 */
export type Flaw = 'ackBeforeFsync' | 'applyTwice' | 'skipReadIndex';

export interface Weather {
  /** While set, writes take this much longer. */
  slowDiskMs: number;
}

export class Machine {
  readonly #time: SimTime;
  readonly #random: SeededRandom;
  readonly #flaw: Flaw | undefined;
  readonly #storages = new Map<string, MemoryStorage>();
  readonly #files = new Map<string, Uint8Array>();
  readonly weather: Weather = { slowDiskMs: 0 };
  #boot = 0;

  constructor(parts: {
    readonly time: SimTime;
    readonly random: SeededRandom;
    readonly flaw: Flaw | undefined;
  }) {
    this.#time = parts.time;
    this.#random = parts.random;
    this.#flaw = parts.flaw;
  }

  /** Power fails: what was on its way to the disk never arrives. */
  crash(): void {
    this.#boot++;
    for (const storage of this.#storages.values()) storage.crash();
  }

  readonly engine: EngineFactory = async (options) => {
    let storage = this.#storages.get(options.path);
    if (storage === undefined) {
      storage = new MemoryStorage();
      this.#storages.set(options.path, storage);
    }
    return this.#slow(await storage.open(options));
  };

  #slow(engine: Engine): Engine {
    const boot = this.#boot;
    return {
      get: (key) => engine.get(key),
      getMany: (keys) => engine.getMany(keys),
      iterate: (range) => engine.iterate(range),
      clear: (range) => engine.clear(range),
      property: (name) => engine.property(name),
      compact: () => engine.compact(),
      close: () => engine.close(),
      batch: async (operations, { sync }) => {
        const { slowDiskMs } = this.weather;
        await this.#time.sleep((sync ? this.#random.between(1, 6) : 0.1) + slowDiskMs);
        // A dead process's writes end nowhere.
        if (boot !== this.#boot) return new Promise(() => {});
        const synced = sync && this.#flaw !== 'ackBeforeFsync';
        return engine.batch(this.#spoil(operations), { sync: synced });
      },
    };
  }

  #spoil(operations: readonly WriteOperation[]): readonly WriteOperation[] {
    if (this.#flaw !== 'applyTwice') return operations;
    return operations.map((each) => {
      if (each.type === 'del' || !each.key.equals(metaKeys.applied)) return each;
      return { ...each, value: encodeNumber(Math.max(1, each.value.readDoubleBE(0) - 1)) };
    });
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
      return Promise.resolve();
    },
    list: () => Promise.resolve([]),
    makeFolder: () => Promise.resolve(),
  };
}
