import type { MvccStore } from '../mvcc/store.ts';
import type { Version } from '../mvcc/version.ts';
import type { Compactor } from './compactor.ts';

/** What compactions removed, and the engine holds until it also holds the compactions. */
export class Removals {
  readonly #store: MvccStore;
  readonly #compactor: Compactor;
  readonly #fail: (error: Error) => void;
  #waiting: { readonly index: number; readonly versions: readonly Version[] }[] = [];

  constructor(store: MvccStore, compactor: Compactor, fail: (error: Error) => void) {
    this.#store = store;
    this.#compactor = compactor;
    this.#fail = fail;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Takes what was removed up to `appliedIndex`, and deletes what is due by `flushedIndex`. */
  collect(appliedIndex: number, flushedIndex: number): void {
    const versions = this.#store.takeRemovals();
    if (versions.length > 0) this.#waiting.push({ index: appliedIndex, versions });
    while (this.#waiting.length > 0 && this.#waiting[0]!.index <= flushedIndex)
      this.#compactor.remove(this.#waiting.shift()!.versions).catch(this.#fail);
  }
}
