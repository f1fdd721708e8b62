/**
 * An engine with a journal before it. What has to be durable is appended to the journal, which is
 * one write to blocks that are there already; the engine below is given the same batches in the
 * same order without waiting for the disk, and is synced when a file of the journal is full. After
 * a crash it gets from the journal what it lacks.
 *
 * Without a journal (at first, when it is full, on systems that have no such files) the engine
 * below syncs as it always did, and with that the journal's records are needed no more.
 */
import type { Timer } from '../../../platform/clock.ts';
import { CallGuard } from '../call-guard.ts';
import { EngineError } from '../engine.ts';
import type {
  Engine,
  EngineFactory,
  EngineOptions,
  EngineProperty,
  KeyAndValue,
  KeyRange,
  WriteOperation,
  WriteOptions,
} from '../engine.ts';
import { Feed } from './feed.ts';
import { Journal } from './journal.ts';
import { journalKey, note } from './note.ts';
import { RECORD_HEADER_BYTES, sizeOf } from './record.ts';
import type { JournalOperation } from './record.ts';
import { replay } from './replay.ts';

export interface JournalSettings {
  /** Of each of the two files at first, and at most. */
  readonly firstBytes: number;
  readonly maxBytes: number;
  /** Larger records are left to the engine below. */
  readonly maxRecordBytes: number;
  /** The files are made so long after the first opening, when a start is over. */
  readonly prepareAfterMs: number;
}

const defaults: JournalSettings = {
  firstBytes: 1 << 20,
  maxBytes: 4 << 20,
  maxRecordBytes: 256 << 10,
  prepareAfterMs: 1000,
};
/** Files that are full sooner than this are made larger. */
const FULL_TOO_SOON_MS = 5000;
/** Batches that need not be durable wait when so much is not in the engine below yet. */
const MAX_WAITING_BYTES = 4 << 20;

export function journaled(open: EngineFactory, settings = defaults): EngineFactory {
  return async (options) => {
    const engine = await open(options);
    try {
      const noted = await engine.get(journalKey);
      const applied = noted?.readDoubleBE(0) ?? 0;
      const journal = await Journal.open(options, applied);
      if (noted?.[8] === 1 && !journal.isPrepared)
        throw new EngineError('corrupt', `the journal is not in ${options.path} any more`);
      const newest = await replay(engine, journal.takeLeft(), applied);
      journal.durable(newest);
      return new JournaledEngine({ engine, journal, options, settings }, newest);
    } catch (error) {
      await engine.close();
      throw error;
    }
  };
}

interface Parts {
  readonly engine: Engine;
  readonly journal: Journal;
  readonly options: EngineOptions;
  readonly settings: JournalSettings;
}

class JournaledEngine implements Engine {
  readonly #parts: Parts;
  readonly #guard: CallGuard;
  readonly #feed: Feed;
  /** Of the newest batch that had to be durable. */
  #sequence: number;
  /** What came after it and is part of the next record; unless it is too much for one. */
  #unjournaled: JournalOperation[] = [];
  #unjournaledBytes = 0;
  /** The durable write under way; never rejects. */
  #syncing: Promise<void> | undefined;
  /** The engine below knows that there are files. */
  #hasFiles: boolean;
  /** They are written to. */
  #isOn: boolean;
  #timer: Timer | undefined;
  #preparing: Promise<void> | undefined;
  #wantedBytes: number;
  /** When the file that is written to was empty. */
  #began: number;
  #failure: Error | undefined;

  constructor(parts: Parts, sequence: number) {
    const { engine, journal, options, settings } = parts;
    const { clock } = options;
    this.#parts = parts;
    this.#guard = new CallGuard(`the engine at ${options.path}`);
    this.#sequence = sequence;
    this.#wantedBytes = Math.max(settings.firstBytes, journal.segmentBytes);
    this.#began = clock.monotonic();
    this.#feed = new Feed(
      {
        engine,
        clock,
        note: (newest) => note(newest, this.#hasFiles),
        durable: (newest) => journal.durable(newest),
      },
      sequence,
    );
    this.#hasFiles = this.#isOn = journal.isPrepared;
    if (!this.#isOn)
      this.#timer = clock.after(settings.prepareAfterMs, () => {
        this.#preparing = this.#prepare();
      });
  }

  /** Makes the files, or makes them larger; the engine below does without them meanwhile. */
  async #prepare(): Promise<void> {
    const { journal, options } = this.#parts;
    this.#isOn = false;
    const bytes = this.#wantedBytes;
    try {
      await this.#syncing;
      await this.#feed.sync();
      await journal.prepare(bytes);
      this.#hasFiles ||= journal.isPrepared;
      await this.#feed.sync();
      this.#isOn = journal.isPrepared;
    } catch (error) {
      options.logger.warn({ bytes, error }, 'there is no room for a journal: writes take longer');
      if (!this.#hasFiles) await journal.remove().catch(() => {});
    }
    this.#preparing = undefined;
  }

  get(key: Buffer): Promise<Buffer | undefined> {
    return this.#read(() => this.#parts.engine.get(key));
  }

  getMany(keys: readonly Buffer[]): Promise<(Buffer | undefined)[]> {
    return this.#read(() => this.#parts.engine.getMany(keys));
  }

  #read<T>(read: () => Promise<T>): Promise<T> {
    return this.#guard.run(() => this.#settled(read));
  }

  /** As soon as the engine below has what was written before; at once if it has. */
  async #settled<T>(then: () => T): Promise<Awaited<T>> {
    return await (this.#feed.isSettled ? then() : this.#feed.settled(then));
  }

  batch(operations: readonly WriteOperation[], options: WriteOptions): Promise<void> {
    const { sync, mayBlock = false } = options;
    return this.#guard.run(() => (sync ? this.#sync(operations, mayBlock) : this.#add(operations)));
  }

  #failIfBroken(): void {
    const failure = this.#failure ?? this.#feed.failure;
    if (failure !== undefined) throw failure;
  }

  async #add(operations: readonly WriteOperation[]): Promise<void> {
    this.#failIfBroken();
    const bytes = sizeOf(operations);
    this.#remember(operations, bytes);
    this.#feed.add(operations, bytes, this.#sequence);
    if (this.#feed.bytes > MAX_WAITING_BYTES) await this.#feed.settled(() => {});
  }

  #remember(operations: readonly JournalOperation[], bytes: number): void {
    this.#unjournaledBytes += bytes;
    if (this.#unjournaledBytes > this.#parts.settings.maxRecordBytes) this.#unjournaled = [];
    else for (const operation of operations) this.#unjournaled.push(operation);
  }

  async #sync(operations: readonly WriteOperation[], mayBlock: boolean): Promise<void> {
    while (this.#syncing !== undefined) await this.#syncing;
    this.#failIfBroken();
    const bytes = sizeOf(operations);
    const all = this.#unjournaledBytes > 0 ? [...this.#unjournaled, ...operations] : operations;
    const size = RECORD_HEADER_BYTES + bytes + this.#unjournaledBytes;
    const sequence = ++this.#sequence;
    this.#unjournaled = [];
    this.#unjournaledBytes = 0;
    this.#feed.add(operations, bytes, sequence);
    const { journal, settings } = this.#parts;
    if (!this.#isOn || size > settings.maxRecordBytes || !this.#hasRoom(size))
      return this.#inTurn(this.#feed.sync());
    try {
      await this.#inTurn(journal.append({ sequence, operations: all }, mayBlock));
    } catch (error) {
      this.#failure ??= error as Error;
      throw error;
    }
  }

  /** Nothing later is journaled before it: records without those between would be a hole. */
  async #inTurn(written: Promise<void>): Promise<void> {
    const settled = (): void => {
      this.#syncing = undefined;
    };
    this.#syncing = written.then(settled, settled);
    await written;
  }

  /** Once a file is full, what it holds is made durable in the engine below. */
  #hasRoom(bytes: number): boolean {
    const { journal, options, settings } = this.#parts;
    const turn = journal.turns;
    const hasRoom = journal.hasRoom(bytes);
    if (journal.turns === turn) return hasRoom;
    const now = options.clock.monotonic();
    const isTooSmall =
      now - this.#began < FULL_TOO_SOON_MS && this.#wantedBytes < settings.maxBytes;
    this.#began = now;
    if (!isTooSmall) {
      // If it fails, so does the next write.
      this.#feed.sync().catch(() => {});
      return hasRoom;
    }
    this.#wantedBytes *= 2;
    this.#preparing = this.#prepare();
    return false;
  }

  async *iterate(range: KeyRange): AsyncGenerator<readonly KeyAndValue[]> {
    this.#guard.enter();
    try {
      const { engine } = this.#parts;
      // The first step is what takes the engine's snapshot.
      const { chunks, first } = await this.#settled(() => {
        const chunks = engine.iterate(range)[Symbol.asyncIterator]();
        return { chunks, first: chunks.next() };
      });
      try {
        for (let step = await first; step.done !== true; step = await chunks.next())
          yield step.value;
      } finally {
        await chunks.return?.();
      }
    } finally {
      this.#guard.leave();
    }
  }

  clear(range: KeyRange): Promise<void> {
    return this.#guard.run(async () => {
      this.#failIfBroken();
      const operations = [{ type: 'clear', range } as const];
      this.#remember(operations, sizeOf(operations));
      await this.#feed.clear(range);
    });
  }

  compact(): Promise<void> {
    return this.#read(() => this.#parts.engine.compact());
  }

  property(name: EngineProperty): number {
    this.#guard.assertOpen();
    return this.#parts.engine.property(name) + this.#feed.bytes;
  }

  close(): Promise<void> {
    return this.#guard.close(async () => {
      const { engine, journal } = this.#parts;
      this.#timer?.cancel();
      await this.#preparing;
      await this.#feed.sync().catch(() => {});
      await journal.close();
      await engine.close();
    });
  }
}
