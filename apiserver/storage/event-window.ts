import type { CacheEvent } from './watch-event.ts';

/** The newest this many keep what was made of them for watchers about to read them. */
const WARM_EVENTS = 256;
/** So many stay, however old or large: an API server of Kubernetes keeps as many. */
const LEAST_EVENTS = 100;
/** As stored, of one resource; a quarter more before some leave. */
const MAX_BYTES = 64 << 20;

/**
 * The last events of one resource, for watchers that start in the past. Bounded in number, bytes
 * and age: the oldest leave, and who wants to start before them is told that its revision has
 * expired.
 */
export class EventWindow {
  readonly #limit: number;
  #events: CacheEvent[] = [];
  #bytes = 0;
  #complete = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Every event after this revision is here. */
  get complete(): number {
    return this.#complete;
  }

  /** Starts over: the state of `revision` is known, nothing before it. */
  reset(revision: number): void {
    this.#events = [];
    this.#bytes = 0;
    this.#complete = revision;
  }

  /** What events look like has changed. */
  forgetRenditions(): void {
    for (const event of this.#events) event.forgetRenditions();
  }

  push(event: CacheEvent): void {
    this.#events.push(event);
    this.#bytes += bytesOf(event);
    this.#events[this.#events.length - 1 - WARM_EVENTS]?.cool();
    // In blocks, so that dropping costs O(1) per event.
    if (this.#events.length >= this.#limit + Math.ceil(this.#limit / 4))
      this.#drop(this.#events.length - this.#limit);
    if (this.#bytes >= MAX_BYTES + MAX_BYTES / 4) this.#drop(this.#excess());
  }

  /** What happened up to `revision` is so old that only the newest of it stay. */
  age(revision: number): void {
    this.#drop(this.#indexAfter(revision));
  }

  /** How many events have to leave for the bytes. */
  #excess(): number {
    let bytes = this.#bytes;
    let count = 0;
    while (bytes > MAX_BYTES) bytes -= bytesOf(this.#events[count++]!);
    return count;
  }

  /** The oldest, but for those that stay in any case. */
  #drop(count: number): void {
    const dropped = Math.min(count, this.#events.length - Math.min(LEAST_EVENTS, this.#limit));
    if (dropped <= 0) return;
    this.#complete = this.#events[dropped - 1]!.revision;
    const warm = this.#events.length - WARM_EVENTS;
    for (const [index, event] of this.#events.slice(0, dropped).entries()) {
      this.#bytes -= bytesOf(event);
      if (index >= warm) event.cool();
    }
    this.#events = this.#events.slice(dropped);
  }

  /** Events after `revision`, which must be at least {@link complete}. */
  since(revision: number): readonly CacheEvent[] {
    return this.#events.slice(this.#indexAfter(revision));
  }

  #indexAfter(revision: number): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#events[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Of a deletion, those of what was there: nothing else may hold them any more. */
const bytesOf = ({ current, previous }: CacheEvent): number =>
  (current ?? previous)?.storedBytes ?? 0;
