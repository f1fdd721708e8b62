/**
 * The log on disk, in blocks: entries that are persisted together are one record under the index of
 * the first, because every record of a batch costs the thread that runs JavaScript.
 *
 * A block may reach beyond the start of the next one: from there on the next one holds, as a new
 * leader's entries replace those of an old one. No block starts inside a newer one.
 */
import type { Engine, WriteOperation } from '../engine/engine.ts';
import { entryBytes, type Entry } from '../raft/entry.ts';
import type { LogWindow } from '../raft/log-storage.ts';
import { damaged } from './damaged.ts';
import { entryKey, entryRange } from './keyspace.ts';
import { decodeBlock, encodeBlock } from './log-codec.ts';

/** Of one block's entries, unless one alone is larger. */
const BLOCK_BYTES = 1 << 20;

export class LogBlocks {
  readonly #engine: Engine;
  /** Indexes under which there are blocks, ascending. */
  #starts: number[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * Fills `window`, which knows where the log begins.
   *
   * @throws EngineError `corrupt` if entries are missing before others.
   */
  async load(window: LogWindow): Promise<void> {
    let block: Entry[] = [];
    const take = (end: number): void =>
      window.append(block.filter(({ index }) => index >= window.firstIndex && index < end));
    for await (const chunk of this.#engine.iterate(entryRange(0)))
      for (const [key, value] of chunk) {
        const next = decodeBlock(key, value);
        const start = next[0]!.index;
        this.#starts.push(start);
        take(start);
        const expected = window.lastIndex + 1;
        if (start > expected) throw damaged(`entry ${expected} of the log is missing`);
        block = next;
      }
    take(Infinity);
  }

  /** Adds what writes `entries`, and what removes those that they replace. */
  append(operations: WriteOperation[], entries: readonly Entry[]): void {
    const [first] = entries;
    if (first === undefined) return;
    while (this.#starts.length > 0 && this.#starts[this.#starts.length - 1]! >= first.index)
      operations.push({ type: 'del', key: entryKey(this.#starts.pop()!) });
    for (let from = 0; from < entries.length;) {
      let to = from + 1;
      let bytes = entryBytes(entries[from]!);
      while (to < entries.length && (bytes += entryBytes(entries[to]!)) <= BLOCK_BYTES) to++;
      const block = entries.slice(from, to);
      const start = block[0]!.index;
      operations.push({ type: 'put', key: entryKey(start), value: encodeBlock(block) });
      this.#starts.push(start);
      from = to;
    }
  }

  /** Removes the blocks that hold nothing after `index`. */
  async drop(index: number): Promise<void> {
    const kept = this.#starts.findLastIndex((start) => start <= index + 1);
    if (kept < 1) return;
    this.#starts = this.#starts.slice(kept);
    await this.#engine.clear({ gte: entryKey(0), lt: entryKey(this.#starts[0]!) });
  }
}
