import { assert } from '../../platform/assert.ts';
import { entryBytes } from './entry.ts';
import type { Entry } from './entry.ts';

/** The stable part of the log, as the protocol reads it. */
export interface LogStorage {
  /** The oldest entry held. The term of the one before it is known too. */
  readonly firstIndex: number;
  /** The newest entry held; firstIndex − 1 if there is none. */
  readonly lastIndex: number;
  /** Undefined outside [firstIndex − 1, lastIndex]. */
  term(index: number): number | undefined;
  /** Entries [from, to), at least one and then as many as fit `maxBytes`. */
  entries(from: number, to: number, maxBytes: number): Entry[];
}

/** The stable entries that are held in memory; the caller keeps them on disk too. */
export class LogWindow implements LogStorage {
  /** entries[0] stands for the last compacted entry: only its index and term count. */
  #entries: Entry[];
  #bytes = 0;

  constructor(compacted: { readonly index: number; readonly term: number }) {
    this.#entries = [{ ...compacted, type: 'normal', data: new Uint8Array(0) }];
  }

  get firstIndex(): number {
    return this.#entries[0]!.index + 1;
  }

  get lastIndex(): number {
    return this.#entries[0]!.index + this.#entries.length - 1;
  }

  get bytes(): number {
    return this.#bytes;
  }

  term(index: number): number | undefined {
    return this.#entries[index - this.#entries[0]!.index]?.term;
  }

  entries(from: number, to: number, maxBytes: number): Entry[] {
    const base = this.#entries[0]!.index;
    assert(from > base && to <= this.lastIndex + 1, `entries [${from}, ${to}) are held`);
    let end = from;
    for (let bytes = 0; end < to; end++) {
      bytes += entryBytes(this.#entries[end - base]!);
      if (bytes > maxBytes && end > from) break;
    }
    return this.#entries.slice(from - base, end - base);
  }

  /** Adds entries that are stable now, replacing what conflicts with them. */
  append(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    const at = entries[0]!.index - this.#entries[0]!.index;
    assert(at > 0 && at <= this.#entries.length, 'appended entries leave no gap');
    for (const replaced of this.#entries.splice(at)) this.#bytes -= entryBytes(replaced);
    for (const entry of entries) {
      this.#entries.push(entry);
      this.#bytes += entryBytes(entry);
    }
  }

  /** Forgets entries up to and including `index`. */
  compact(index: number): void {
    const base = this.#entries[0]!.index;
    if (index <= base) return;
    assert(index <= this.lastIndex, `entry ${index} to compact is held`);
    const kept = this.#entries.slice(index - base);
    for (let i = base + 1; i <= index; i++) this.#bytes -= entryBytes(this.#entries[i - base]!);
    kept[0] = { ...kept[0]!, data: new Uint8Array(0) };
    this.#entries = kept;
  }
}
