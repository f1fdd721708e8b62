import type { KubernetesObject } from '../../api/meta.ts';
import { BoundedStream, type Taking } from '../../platform/stream.ts';
import type { Scope } from './predicate.ts';
import type { StoredObject } from './stored-object.ts';
import type { CacheEvent, WatchEventType, WatchItem } from './watch-event.ts';

export interface WatcherOptions {
  readonly scope: Scope;
  /** The one suffix that can match, when there is only one. */
  readonly suffix: string | undefined;
  /** Only events after this revision are taken when offered. */
  readonly after: number;
  /** Delivered first, at the consumer's pace; not counted in `limit`. */
  readonly initial: Iterable<WatchItem>;
  /** Items that may wait for the consumer before it is given up. */
  readonly limit: number;
  onClose(watcher: CacheWatcher): void;
  /** The consumer was too slow; `onClose` follows. */
  onOverflow?(): void;
}

/**
 * One watcher of a resource. The cache offers it every event of its resource or namespace; it
 * takes what its scope sees, and never makes the cache wait: when `limit` items wait, the
 * consumer's next read rejects with StreamOverflowError.
 */
export class CacheWatcher implements Taking<WatchItem> {
  readonly namespace: string;
  readonly #options: WatcherOptions;
  #initial: Iterator<WatchItem> | undefined;
  readonly #live: BoundedStream<WatchItem>;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.namespace = options.scope.namespace;
    this.#initial = options.initial[Symbol.iterator]();
    this.#live = new BoundedStream(options.limit, () => options.onClose(this));
  }

  offer(event: CacheEvent): void {
    if (event.revision <= this.#options.after) return;
    const type = this.typeOf(event);
    if (type === undefined || this.#live.push(event.as(type))) return;
    this.#options.onOverflow?.();
    this.#options.onClose(this);
  }

  /** How this watcher sees the event: whether objects enter and leave depends on its selectors. */
  typeOf(event: CacheEvent): WatchEventType | undefined {
    const { suffix } = this.#options;
    if (this.namespace !== '' && event.namespace !== this.namespace) return undefined;
    if (suffix !== undefined && event.suffix !== suffix) return undefined;
    const is = this.#sees(event.current);
    const was = this.#sees(event.previous);
    if (is) return was ? 'MODIFIED' : 'ADDED';
    return was ? 'DELETED' : undefined;
  }

  #sees(object: StoredObject<KubernetesObject> | undefined): boolean {
    if (object === undefined) return false;
    const { predicate } = this.#options.scope;
    return predicate === undefined || predicate.matches(object);
  }

  /** Tells the consumer that nothing at or below `revision` follows. */
  bookmark(revision: number): void {
    const reached = Math.max(revision, this.#options.after);
    this.#live.push({ type: 'BOOKMARK', revision: reached, initialEventsEnd: false });
  }

  end(): void {
    this.#live.end();
  }

  fail(error: Error): void {
    this.#live.fail(error);
  }

  next(): Promise<IteratorResult<WatchItem>> {
    if (this.#initial !== undefined) {
      const item = this.#initial.next();
      if (item.done !== true) return Promise.resolve(item);
      this.#initial = undefined;
    }
    return this.#live.next();
  }

  take(): WatchItem | undefined {
    return this.#initial === undefined ? this.#live.take() : undefined;
  }

  return(): Promise<IteratorResult<WatchItem>> {
    this.#initial = undefined;
    return this.#live.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
