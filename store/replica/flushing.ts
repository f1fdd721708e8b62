/**
 * What has been applied on its way to the engine: effects ride along with the log's synced
 * batches, or follow when nothing else comes. Whoever needs them there can wait for it.
 */
import type { Timer } from '../../platform/clock.ts';
import type { MvccStore } from '../mvcc/store.ts';
import type { Entry, HardState } from '../raft/entry.ts';
import type { Ready } from '../raft/raw-node.ts';
import type { Compactor } from '../persistence/compactor.ts';
import type { ClusterState } from '../persistence/cluster-state.ts';
import type { LogCompaction } from '../persistence/log-compaction.ts';
import type { LoneWrites } from './lone-writes.ts';
import type { Settings } from './options.ts';
import type { Effects, Persistence } from '../persistence/persistence.ts';
import { Settling } from './settling.ts';

/** Effects wait this long for another write to ride along with. */
const FLUSH_DELAY_MS = 10;
/** So many committed entries are applied without writing their effects. */
const MAX_UNFLUSHED_ENTRIES = 2000;

interface FlushingParts {
  readonly clock: Settings['clock'];
  readonly persistence: Persistence;
  readonly store: MvccStore;
  readonly cluster: ClusterState;
  readonly compactor: Compactor;
  readonly loneWrites: LoneWrites;
  readonly logCompaction: LogCompaction;
  /** Index up to which the engine has everything at the start. */
  readonly flushedIndex: number;
  readonly appliedIndex: () => number;
  readonly isAlone: () => boolean;
  /** Asks the Ready loop to call {@link Flushing.flush}. */
  readonly requestFlush: () => void;
  readonly fail: (error: Error) => void;
}

export class Flushing {
  readonly #parts: FlushingParts;
  readonly #settling: Settling;
  #unsavedHardState: HardState | undefined;
  /** Log index up to which effects are in the engine, and up to which they were handed to it. */
  #flushedIndex: number;
  #handedIndex: number;
  #timer: Timer | undefined;
  #clusterChanged = false;
  /** Since when a write has been on its way to the disk. */
  #writingSince: number | undefined;
  /** Of entries, written since the start. */
  logBytes = 0;

  constructor(parts: FlushingParts) {
    this.#parts = parts;
    this.#flushedIndex = this.#handedIndex = parts.flushedIndex;
    this.#settling = new Settling(parts.flushedIndex);
  }

  /** Deletes what compactions before this start removed. */
  start(): void {
    this.#compactTo(this.#parts.store.compacted);
  }

  clusterChanged(): void {
    this.#clusterChanged = true;
  }

  /** How long the write under way has taken; 0 if there is none. */
  stalledMs(now: number): number {
    return this.#writingSince === undefined ? 0 : now - this.#writingSince;
  }

  /** Undefined if there is nothing worth writing yet. */
  persist(ready: Ready): Promise<void> | undefined {
    this.#unsavedHardState = ready.hardState ?? this.#unsavedHardState;
    const unflushed = this.#parts.appliedIndex() - this.#handedIndex;
    if (!ready.mustSync && unflushed < MAX_UNFLUSHED_ENTRIES) return undefined;
    return this.#write(ready.entries, ready.mustSync);
  }

  async flush(): Promise<void> {
    if (this.#parts.appliedIndex() > this.#handedIndex) await this.#write([], false);
  }

  /** Something may have been applied. */
  flushSoon(): void {
    const { clock, appliedIndex, requestFlush } = this.#parts;
    if (appliedIndex() === this.#handedIndex || this.#timer !== undefined) return;
    this.#timer = clock.after(FLUSH_DELAY_MS, () => {
      this.#timer = undefined;
      requestFlush();
    });
  }

  /** Resolves when everything applied so far is in the engine. */
  async settle(): Promise<void> {
    const { appliedIndex, requestFlush } = this.#parts;
    await this.#settling.reach(appliedIndex(), requestFlush);
  }

  async #write(entries: readonly Entry[], mustSync: boolean): Promise<void> {
    const { persistence, store, clock, loneWrites } = this.#parts;
    const effects = this.#takeEffects();
    const { compacted } = store;
    for (const entry of entries) this.logBytes += entry.data.length;
    const hardState = this.#unsavedHardState;
    this.#unsavedHardState = undefined;
    this.#writingSince = clock.monotonic();
    const write = (mayBlock: boolean): Promise<void> =>
      persistence.write({ hardState, entries, mustSync, mayBlock, effects });
    await (mustSync ? loneWrites.run(write) : write(false));
    this.#writingSince = undefined;
    if (effects === undefined) return;
    this.#flushedIndex = effects.appliedIndex;
    store.flushed(effects.revision);
    this.#compactTo(compacted);
    this.#compactLog();
    this.#settling.reached(this.#flushedIndex);
  }

  /** Compactions up to `revision` are in the engine. */
  #compactTo(revision: number): void {
    const { compactor, fail } = this.#parts;
    compactor.compactTo(revision).catch((error: unknown) => fail(error as Error));
  }

  #compactLog(): void {
    const { logCompaction, isAlone, fail } = this.#parts;
    logCompaction
      .compact(this.#flushedIndex, isAlone())
      .catch((error: unknown) => fail(error as Error));
  }

  #takeEffects(): Effects | undefined {
    const { store, cluster } = this.#parts;
    const appliedIndex = this.#parts.appliedIndex();
    if (appliedIndex === this.#handedIndex) return undefined;
    this.#handedIndex = appliedIndex;
    const changed = this.#clusterChanged ? cluster.encode() : undefined;
    this.#clusterChanged = false;
    const changes = store.takeChanges();
    return { changes, cluster: changed, appliedIndex, revision: store.current };
  }

  /** Those who wait are told why it will not happen. */
  fail(error: Error): void {
    this.#timer?.cancel();
    this.#settling.fail(error);
  }
}
