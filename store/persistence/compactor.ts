/** Deletes what compactions made unreachable, in bounded steps, beside all other work. */
import { sleep, type Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Engine } from '../engine/engine.ts';
import { NEVER_COMPACTED } from '../mvcc/store.ts';
import type { MvccStore } from '../mvcc/store.ts';
import { recordKey } from './keyspace.ts';
import type { Records } from './records.ts';
import type { Timekeeper } from './timing.ts';

/** Records deleted per batch: a write waits for one batch at most. */
const STEP = 100;
/**
 * After each batch. An engine with a journal takes batches at once: without pauses no other work
 * would come between them, and all of them would be part of the next write's record.
 */
const PAUSE_MS = 1;

interface CompactorParts {
  readonly engine: Engine;
  readonly store: MvccStore;
  readonly records: Records;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timekeeper: Timekeeper;
}

export class Compactor {
  readonly #parts: CompactorParts;
  /** What compactions up to here removed is deleted, or about to be. */
  #revision = NEVER_COMPACTED;
  #running: Promise<void> | undefined;
  readonly #stopping = new AbortController();
  /** Versions deleted since the start. */
  removed = 0;
  /** When one was done last; 0 if none was since the start. */
  lastAt = 0;

  constructor(parts: CompactorParts) {
    this.#parts = parts;
  }

  /**
   * The compaction must be in the engine already: a log that is applied again after a crash
   * may read, before it reaches the compaction, what is deleted here. Rejects if the disk fails.
   */
  async compactTo(revision: number): Promise<void> {
    if (revision <= this.#revision) return;
    this.#revision = revision;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, logger, timekeeper } = this.#parts;
    let done = NEVER_COMPACTED;
    const { signal } = this.#stopping;
    while (done < this.#revision && !signal.aborted) {
      const revision = this.#revision;
      const began = timekeeper.now();
      const before = this.removed;
      // Reads that began before the compaction still find everything.
      await this.#parts.records.quiet();
      while ((await this.#step(revision)) === STEP) await sleep(clock, PAUSE_MS, signal);
      done = revision;
      if (signal.aborted) return;
      this.lastAt = clock.now();
      const took = `${Math.round(timekeeper.took('compaction', began) * 1000)}ms`;
      const removed = this.removed - before;
      logger.info({ 'compact-revision': revision, took, removed }, 'finished scheduled compaction');
    }
  }

  /** How many were deleted. */
  async #step(revision: number): Promise<number> {
    if (this.#stopping.signal.aborted) return 0;
    const { engine, store, timekeeper } = this.#parts;
    const began = timekeeper.now();
    const versions = store.forget(revision, STEP);
    if (versions.length === 0) return 0;
    timekeeper.took('indexCompactionPause', began);
    await engine.batch(
      versions.map(({ main, sub }) => ({ type: 'del', key: recordKey(main, sub) })),
      { sync: false },
    );
    timekeeper.took('compactionPause', began);
    this.removed += versions.length;
    return versions.length;
  }

  /** Whether everything is deleted that compactions removed so far. */
  get isDone(): boolean {
    return this.#running === undefined && this.#revision >= this.#parts.store.compacted;
  }

  /** Resolves when nothing waits to be deleted. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Leaves the rest for the next start, which finds it again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }
}
