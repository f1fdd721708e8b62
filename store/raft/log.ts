import { assert } from '../../platform/assert.ts';
import { entryBytes } from './entry.ts';
import type { Entry } from './entry.ts';
import type { LogStorage } from './log-storage.ts';

/**
 * The log as the protocol sees it: a stable part, behind {@link LogStorage}, followed by an
 * unstable one that waits to be persisted.
 *
 * Invariants: applied ≤ applying ≤ committed ≤ lastIndex; what is committed never changes; only
 * stable entries are handed out for applying.
 */
export class RaftLog {
  readonly #storage: LogStorage;
  #unstable: Entry[] = [];
  /** Entries of the unstable part that a Ready under way has handed out. */
  #handedOut = 0;
  committed: number;
  applying: number;
  applied: number;

  constructor(storage: LogStorage, state: { readonly commit: number; readonly applied: number }) {
    assert(state.commit <= storage.lastIndex, 'the committed entries are in the log');
    assert(state.applied <= state.commit, 'what was applied had been committed');
    this.#storage = storage;
    this.committed = state.commit;
    this.applying = state.applied;
    this.applied = state.applied;
  }

  get firstIndex(): number {
    return this.#storage.firstIndex;
  }

  get lastIndex(): number {
    return this.#unstable[this.#unstable.length - 1]?.index ?? this.#storage.lastIndex;
  }

  get lastTerm(): number {
    return this.term(this.lastIndex)!;
  }

  /** Undefined if the entry is compacted away or does not exist yet. */
  term(index: number): number | undefined {
    const offset = this.#unstableOffset;
    if (offset !== undefined && index >= offset) return this.#unstable[index - offset]?.term;
    return this.#storage.term(index);
  }

  matches(index: number, term: number): boolean {
    return this.term(index) === term;
  }

  /** Paper, section 5.4.1: the later last term wins, then the longer log. */
  isUpToDate(lastIndex: number, lastTerm: number): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex);
  }

  /** Entries from `from` to the end, within `maxBytes` but at least one. */
  from(from: number, maxBytes: number): Entry[] {
    if (from > this.lastIndex) return [];
    const offset = this.#unstableOffset ?? this.lastIndex + 1;
    const stable = from < offset ? this.#storage.entries(from, offset, maxBytes) : [];
    if (from + stable.length < offset) return stable;
    let bytes = stable.reduce((sum, entry) => sum + entryBytes(entry), 0);
    for (let i = Math.max(0, from - offset); i < this.#unstable.length; i++) {
      const entry = this.#unstable[i]!;
      bytes += entryBytes(entry);
      if (bytes > maxBytes && stable.length > 0) break;
      stable.push(entry);
    }
    return stable;
  }

  /** A leader's own entries, at the end. */
  append(entries: readonly Entry[]): void {
    for (const entry of entries) {
      assert(entry.index === this.lastIndex + 1, 'a leader only appends');
      this.#unstable.push(entry);
    }
  }

  /**
   * A leader's entries at a follower whose log matches before them: keeps what is equal, cuts
   * off from the first conflict, adds the rest (paper, section 5.3).
   */
  merge(entries: readonly Entry[]): void {
    const fresh = entries.findIndex((entry) => !this.matches(entry.index, entry.term));
    if (fresh < 0) return;
    const first = entries[fresh]!.index;
    assert(first > this.committed, `entry ${first} conflicts with a committed one`);
    const offset = this.#unstableOffset;
    const kept = offset === undefined ? 0 : Math.max(0, first - offset);
    this.#unstable = [...this.#unstable.slice(0, kept), ...entries.slice(fresh)];
    this.#handedOut = Math.min(this.#handedOut, kept);
  }

  /** True if it moved. */
  commitTo(index: number): boolean {
    if (index <= this.committed) return false;
    assert(index <= this.lastIndex, `entry ${index} to commit is in the log`);
    this.committed = index;
    return true;
  }

  /** Entries not yet handed out for persisting. */
  nextUnstable(): Entry[] {
    return this.#unstable.slice(this.#handedOut);
  }

  get hasNextUnstable(): boolean {
    return this.#handedOut < this.#unstable.length;
  }

  handOutUnstable(): void {
    this.#handedOut = this.#unstable.length;
  }

  /** Whether a committed change of the configuration waits to be applied. */
  get hasUnappliedConfiguration(): boolean {
    if (this.applied >= this.committed) return false;
    return this.from(this.applied + 1, Infinity).some(
      (entry) => entry.type === 'configuration' && entry.index <= this.committed,
    );
  }

  /** Entries up to (index, term) are in storage. News of entries since replaced is ignored. */
  stableTo(index: number, term: number): void {
    const offset = this.#unstableOffset;
    if (offset === undefined || index < offset || !this.matches(index, term)) return;
    this.#unstable.splice(0, index - offset + 1);
    this.#handedOut = Math.max(0, this.#handedOut - (index - offset + 1));
  }

  /** Committed and stable entries not yet handed out for applying. */
  nextCommitted(maxBytes: number): Entry[] {
    const end = this.#applicable;
    if (this.applying >= end) return [];
    return this.#storage.entries(this.applying + 1, end + 1, maxBytes);
  }

  get hasNextCommitted(): boolean {
    return this.applying < this.#applicable;
  }

  get #applicable(): number {
    const offset = this.#unstableOffset;
    return offset === undefined ? this.committed : Math.min(this.committed, offset - 1);
  }

  get #unstableOffset(): number | undefined {
    return this.#unstable[0]?.index;
  }

  /**
   * The last index at or below `index` whose term is at most `term`: where two logs that
   * disagree at `index` may agree, skipping a whole term per round trip.
   */
  lastAtOrBelowTerm(index: number, term: number): { index: number; term: number } {
    for (let at = Math.min(index, this.lastIndex); at >= this.firstIndex - 1; at--) {
      const found = this.term(at)!;
      if (found <= term) return { index: at, term: found };
    }
    return { index: Math.max(0, this.firstIndex - 1), term: 0 };
  }
}
