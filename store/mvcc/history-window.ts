import type { ChangeEvent, RevisionEvents } from './event.ts';

/** With the bound in bytes, what is kept for watchers that start or resume shortly behind. */
const MAX_WINDOW_REVISIONS = 20_000;

interface Slot extends RevisionEvents {
  readonly bytes: number;
}

/**
 * The events of the newest revisions, without gaps. It holds at least every revision that the
 * engine does not hold yet, so window and engine together are the whole history.
 */
export class HistoryWindow {
  readonly #maxBytes: number;
  #slots: Slot[] = [];
  #start = 0;
  #first: number;
  #bytes = 0;
  #flushedRevision: number;

  constructor(revision: number, maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#first = revision + 1;
    this.#flushedRevision = revision;
  }

  /** The oldest revision held, or the next one if none is. */
  get first(): number {
    return this.#first;
  }

  push(revision: number, events: readonly ChangeEvent[]): void {
    let bytes = 0;
    for (const event of events) bytes += event.bytes;
    this.#slots.push({ revision, events, bytes });
    this.#bytes += bytes;
    this.#trim();
  }

  /** Revision `first` ≤ `revision` ≤ the newest. */
  at(revision: number): RevisionEvents {
    return this.#slots[this.#start + revision - this.#first]!;
  }

  flushed(revision: number): void {
    this.#flushedRevision = revision;
    this.#trim();
  }

  #trim(): void {
    while (
      (this.#bytes > this.#maxBytes || this.#slots.length - this.#start > MAX_WINDOW_REVISIONS) &&
      this.#first <= this.#flushedRevision
    ) {
      this.#bytes -= this.#slots[this.#start]!.bytes;
      this.#slots[this.#start] = undefined as unknown as Slot;
      this.#start++;
      this.#first++;
    }
    if (this.#start > 1024 && this.#start * 2 > this.#slots.length) {
      this.#slots = this.#slots.slice(this.#start);
      this.#start = 0;
    }
  }
}
