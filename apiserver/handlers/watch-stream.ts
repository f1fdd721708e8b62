import { type Status, StatusError } from '../../api/status.ts';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { Chunk } from '../../platform/net/http.ts';
import { StreamOverflowError, takeFrom, type Taking } from '../../platform/stream.ts';

const BOOKMARK_INTERVAL_MS = 60_000;
/** A watch about to time out says how far it got, so that its successor starts there. */
const LAST_BOOKMARK_MS = 2_000;

export interface WatchStreamOptions<T> {
  readonly source: AsyncIterator<T>;
  readonly encode: (item: T) => Chunk;
  readonly encodeError: (status: Status) => Chunk;
  /** Asks the source for a bookmark, in its place among the events. */
  readonly bookmark: () => void;
  /** Ends the source cleanly after what waits in it. */
  readonly end: () => void;
  readonly bookmarks: boolean;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * A watch's response body. It ends cleanly when its time is over, when the client has gone, or
 * when the client was too slow; clients then watch on from the last version they saw. When the
 * server cannot go on, its last event is an ERROR with the Status that says why.
 */
export class WatchStream<T> implements Taking<Chunk> {
  readonly #options: WatchStreamOptions<T>;
  readonly #timers = new Map<'end' | 'bookmark' | 'lastBookmark', Timer>();
  readonly #onAbort = (): void => void this.return();
  #ended = false;

  constructor(options: WatchStreamOptions<T>) {
    this.#options = options;
    const { clock, timeoutMs, signal, bookmarks } = options;
    this.#timers.set(
      'end',
      clock.after(timeoutMs, () => options.end()),
    );
    if (bookmarks) {
      this.#bookmarkLater();
      const lastMs = timeoutMs - LAST_BOOKMARK_MS;
      if (lastMs > 0) this.#timers.set('lastBookmark', clock.after(lastMs, options.bookmark));
    }
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  #bookmarkLater(): void {
    const { clock, bookmark } = this.#options;
    const timer = clock.after(BOOKMARK_INTERVAL_MS, () => {
      bookmark();
      this.#bookmarkLater();
    });
    this.#timers.set('bookmark', timer);
  }

  async next(): Promise<IteratorResult<Chunk>> {
    if (this.#ended) return { done: true, value: undefined };
    try {
      const item = await this.#options.source.next();
      if (item.done === true) return this.#finish();
      return { done: false, value: this.#options.encode(item.value) };
    } catch (error) {
      if (error instanceof StreamOverflowError) return this.#finish();
      return { done: false, value: this.#failed(error) };
    }
  }

  take(): Chunk | undefined {
    if (this.#ended) return undefined;
    try {
      const item = takeFrom(this.#options.source);
      return item === undefined ? undefined : this.#options.encode(item);
    } catch (error) {
      return this.#failed(error);
    }
  }

  /** The last event. */
  #failed(error: unknown): Chunk {
    this.#finish();
    if (!(error instanceof StatusError)) throw error;
    return this.#options.encodeError(error.status);
  }

  async return(): Promise<IteratorResult<Chunk>> {
    this.#finish();
    await this.#options.source.return?.();
    return { done: true, value: undefined };
  }

  #finish(): IteratorResult<Chunk> {
    this.#ended = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
