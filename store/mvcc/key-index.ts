import { assert } from '../../platform/assert.ts';
import { END_OF_KEYSPACE } from '../kv.ts';
import { isSingleKey } from './interval.ts';
import type { Interval } from './interval.ts';
import { orderedMap } from './ordered-map.ts';
import type { Version } from './version.ts';

/**
 * Every version of every key that is not compacted, in memory, without values.
 *
 * A key's versions are kept oldest first. A *generation* is a run of puts from the creation of
 * the key to the tombstone that ends it; it needs no structure of its own, because each put
 * carries the createRevision of its generation.
 *
 * Worked example. put k at 2, put k at 3, delete k at 5, put k at 7:
 *
 *     k: [2 v1] [3 v2] [5 †] | [7 v1]          (two generations)
 *
 *     compact(2): nothing goes: 2 is the newest at or below 2.
 *     compact(4): 2 goes (superseded at 3). A read at 4 still finds 3.
 *     compact(5): 3 goes too. † at exactly 5 stays: a watch from 5 must still see the delete.
 *     compact(6): † goes: [7 v1].
 *
 * So a put may go once compaction reaches the revision that superseded it, a tombstone once
 * compaction passes its own. Both are known when the superseding write is made and come in
 * order of revision: two queues make compaction cost what it removes, not the size of the index.
 * No read at or above the compacted revision finds what may go, so it may go later, in steps.
 */
export class KeyIndex {
  readonly #histories = orderedMap<Version[]>();
  #superseded = new Queue<Version>();
  #tombstones = new Queue<Version>();
  #liveKeys = 0;

  /** Keys that exist now. */
  get liveKeys(): number {
    return this.#liveKeys;
  }

  /** The newest version; undefined if the key does not exist (any more). */
  live(key: string): Version | undefined {
    const history = this.#histories.get(key);
    if (history === undefined) return undefined;
    const last = history[history.length - 1]!;
    return last.tombstone ? undefined : last;
  }

  /** The version that a read at `revision` finds. */
  at(key: string, revision: number): Version | undefined {
    const history = this.#histories.get(key);
    return history === undefined ? undefined : versionAt(history, revision);
  }

  /** Visits, by key, what exists at `revision` (absent: now). */
  visit(interval: Interval, revision: number | undefined, see: (version: Version) => void): void {
    const seeKey = (_key: string, history: Version[]): void => {
      const found =
        revision === undefined ? history[history.length - 1]! : versionAt(history, revision);
      if (found !== undefined && !found.tombstone) see(found);
    };
    if (isSingleKey(interval)) {
      const history = this.#histories.get(interval.key);
      if (history !== undefined) seeKey(interval.key, history);
      return;
    }
    if (interval.rangeEnd !== END_OF_KEYSPACE) {
      this.#histories.forRange(interval.key, interval.rangeEnd!, false, seeKey);
      return;
    }
    const greatest = this.#histories.maxKey();
    if (greatest !== undefined) this.#histories.forRange(interval.key, greatest, true, seeKey);
  }

  /** Adds the newest version of its key. Versions come in order of revision. */
  append(version: Version): void {
    const history = this.#histories.get(version.key);
    const previous = history?.[history.length - 1];
    if (history === undefined) this.#histories.set(version.key, [version]);
    else history.push(version);
    if (previous !== undefined && !previous.tombstone) {
      // Nested transactions may put and then delete a key, in one revision; nothing else.
      assert(
        previous.main < version.main || version.tombstone,
        'a transaction puts a key at most once',
      );
      previous.supersededAt = version.main;
      this.#superseded.push(previous);
      this.#liveKeys--;
    }
    if (version.tombstone) this.#tombstones.push(version);
    else this.#liveKeys++;
  }

  /**
   * Forgets at most `max` versions that no read at or above `revision` can find, in the order in
   * which they became so: of each key the oldest first. Returns them; none: nothing is left.
   */
  compact(revision: number, max: number): Version[] {
    const removed: Version[] = [];
    while (removed.length < max) {
      const superseded = this.#superseded.head?.supersededAt ?? Infinity;
      const buried = this.#tombstones.head;
      const passed = buried === undefined ? Infinity : buried.main + 1;
      if (Math.min(superseded, passed) > revision) break;
      // A tombstone precedes what was put, and superseded, in the revision after it.
      if (passed <= superseded) removed.push(this.#tombstones.shift());
      else removed.push(this.#superseded.shift());
    }
    this.#forget(removed);
    return removed;
  }

  #forget(removed: readonly Version[]): void {
    const counts = new Map<string, number>();
    for (const { key } of removed) counts.set(key, (counts.get(key) ?? 0) + 1);
    for (const [key, count] of counts) {
      const history = this.#histories.get(key)!;
      if (count === history.length) this.#histories.delete(key);
      else history.splice(0, count);
    }
  }
}

/** The last version at or below `revision`, by bisection; undefined if none, or a tombstone. */
function versionAt(history: readonly Version[], revision: number): Version | undefined {
  let low = 0;
  let high = history.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (history[middle]!.main <= revision) low = middle + 1;
    else high = middle;
  }
  const found = history[low - 1];
  return found === undefined || found.tombstone ? undefined : found;
}

/** First in, first out; shifting is O(1) amortised. */
class Queue<T> {
  #items: T[] = [];
  #first = 0;

  get head(): T | undefined {
    return this.#items[this.#first];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T {
    const item = this.#items[this.#first]!;
    this.#first++;
    if (this.#first > 1024 && this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }
}
