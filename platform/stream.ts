/** What a full {@link BoundedStream} does with its consumer: it ends it with this error. */
export class StreamOverflowError extends Error {
  override readonly name = 'StreamOverflowError';
}

/** Hands out what waits already without a promise for each. Not while a `next` is under way. */
export interface Taking<T> extends AsyncIterableIterator<T> {
  /** Undefined if nothing waits: `next` then tells what comes. */
  take(): T | undefined;
}

/** What waits in a stream, if it is one of those that tell. */
export function takeFrom<T>(stream: AsyncIterable<T> | AsyncIterator<T>): T | undefined {
  return 'take' in stream ? (stream as Taking<T>).take() : undefined;
}

/**
 * A queue between a producer that must never wait and one consumer that may be slow.
 *
 * The producer calls `push`, `end` or `fail`, which return at once. The consumer iterates.
 * When more than `limit` items wait, `push` returns false, the waiting items are dropped and
 * the consumer's next read rejects with {@link StreamOverflowError}: a slow consumer is a
 * state with a bound, never back-pressure on the producer.
 *
 * One consumer only. Leaving its loop early (break, return, throw) closes the stream and calls
 * `onClose`; so do `end` and `fail` once the consumer has drained what waits.
 */
export class BoundedStream<T> implements Taking<T> {
  readonly #limit: number;
  readonly #onClose: () => void;
  #items: T[] = [];
  #head = 0;
  #finished: { error?: Error } | undefined;
  #closed = false;
  #waiting: { resolve: (r: IteratorResult<T>) => void; reject: (e: Error) => void } | undefined;

  constructor(limit: number, onClose: () => void = () => {}) {
    this.#limit = limit;
    this.#onClose = onClose;
  }

  /** Items waiting for the consumer. */
  get size(): number {
    return this.#items.length - this.#head;
  }

  /** True once the consumer left, or drained an ended stream. */
  get closed(): boolean {
    return this.#closed;
  }

  /** False if the item was not taken: the stream has ended, closed or overflowed. */
  push(item: T): boolean {
    if (this.#finished !== undefined || this.#closed) return false;
    if (this.#waiting !== undefined) {
      const { resolve } = this.#waiting;
      this.#waiting = undefined;
      resolve({ done: false, value: item });
      return true;
    }
    if (this.size >= this.#limit) {
      this.#items = [];
      this.#head = 0;
      this.fail(new StreamOverflowError(`the consumer is more than ${this.#limit} items behind`));
      return false;
    }
    this.#items.push(item);
    return true;
  }

  /** No more items. Those that wait are still delivered. */
  end(): void {
    this.#finish({});
  }

  /** No more items; after those that wait, the consumer's read rejects with `error`. */
  fail(error: Error): void {
    this.#finish({ error });
  }

  #finish(how: { error?: Error }): void {
    if (this.#finished !== undefined || this.#closed) return;
    this.#finished = how;
    if (this.#waiting === undefined) return;
    const { resolve, reject } = this.#waiting;
    this.#waiting = undefined;
    this.#close();
    if (how.error !== undefined) reject(how.error);
    else resolve({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#head < this.#items.length)
      return Promise.resolve({ done: false, value: this.#shift() });
    if (this.#finished !== undefined && !this.#closed) {
      this.#close();
      if (this.#finished.error !== undefined) return Promise.reject(this.#finished.error);
    }
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** An item that already waits, without a turn of the microtask queue; undefined if none does. */
  take(): T | undefined {
    return this.#head < this.#items.length ? this.#shift() : undefined;
  }

  return(): Promise<IteratorResult<T>> {
    this.#items = [];
    this.#head = 0;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#close();
    waiting?.resolve({ done: true, value: undefined });
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #shift(): T {
    const item = this.#items[this.#head]!;
    this.#items[this.#head] = undefined as T;
    this.#head++;
    // Compact once the dead half outweighs the living one, so that shifting stays O(1) amortised.
    if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose();
  }
}
