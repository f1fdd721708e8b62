import type { CacheEvent } from './watch-event.ts';

/** The newest this many keep what was made of them for watchers about to read them. */
const WARM_EVENTS = 256;

/**
 * The last events of one resource, for watchers that start in the past. Bounded: the oldest
 * leave, and who wants to start before them is told that its revision has expired.
 */
export class EventWindow {
  readonly #limit: number;
  #events: CacheEvent[] = [];
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
    this.#complete = revision;
  }

  /** What events look like has changed. */
  forgetRenditions(): void {
    for (const event of this.#events) event.forgetRenditions();
  }

  push(event: CacheEvent): void {
    this.#events.push(event);
    this.#events[this.#events.length - 1 - WARM_EVENTS]?.cool();
    // In blocks, so that dropping costs O(1) per event.
    if (this.#events.length < this.#limit + Math.ceil(this.#limit / 4)) return;
    const dropped = this.#events.length - this.#limit;
    this.#complete = this.#events[dropped - 1]!.revision;
    this.#events = this.#events.slice(dropped);
  }

  /** Events after `revision`, which must be at least {@link complete}. */
  since(revision: number): readonly CacheEvent[] {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#events[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#events.slice(low);
  }
}
