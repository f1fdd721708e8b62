import sortedBtree from 'sorted-btree';
import type { Turns } from '../../platform/turns.ts';
import type { KeyValue } from '../../store/kv.ts';
import { CacheWatcher, type WatcherOptions } from './cache-watcher.ts';
import { EventWindow } from './event-window.ts';
import { suffixOfKey } from './keys.ts';
import { onlySuffix, type Scope, scopePrefix } from './predicate.ts';
import type { ResourceCodec } from './resource-codec.ts';
import { StoredObject } from './stored-object.ts';
import { CacheEvent, WatchEvent, type WatchItem } from './watch-event.ts';
import { Watchers } from './watchers.ts';

type Tree = sortedBtree.default<string, StoredObject>;
type TreeClass = typeof sortedBtree.default;
/** The package is CommonJS: Node hands out its exports object, vitest and bundlers its default. */
const BTree: TreeClass =
  (sortedBtree as { default?: TreeClass }).default ?? (sortedBtree as unknown as TreeClass);

const byUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export interface ResourceCacheOptions {
  readonly codec: ResourceCodec;
  /** "/registry/pods/". */
  readonly prefix: string;
  /** Events kept for watchers that start in the past. */
  readonly window: number;
  /** In which many watchers are told of an event. */
  readonly turns: Pick<Turns, 'nextTurn'>;
}

function* range(objects: Tree, prefix: string, start: string): Generator<[string, StoredObject]> {
  for (const pair of objects.entries(start > prefix ? start : prefix)) {
    if (!pair[0].startsWith(prefix)) return;
    yield pair;
  }
}

/** What happened to a resource's cache since the start. */
export interface CacheCounts {
  received: number;
  resets: number;
  /** Watchers ended because they were too slow. */
  slow: number;
  lists: number;
  fetched: number;
  returned: number;
  storeLists: number;
  storeFetched: number;
  storeReturned: number;
}

/** Hears of every change as it is taken over, before anybody can read the state after the next. */
export interface CacheFollower {
  /** Everything may have changed. */
  reset(): void;
  changed(previous: StoredObject | undefined, current: StoredObject | undefined): void;
}

/**
 * The current state of one resource, in the store's order of keys, with its last events and its
 * watchers. Objects are found by suffix ("default/web"), so one namespace is one contiguous range.
 */
export class ResourceCache {
  readonly prefix: string;
  readonly codec: ResourceCodec;
  readonly #window: EventWindow;
  #objects: Tree = new BTree<string, StoredObject>(undefined, byUnits);
  /** Objects by namespace: those whose suffix begins with "default/". */
  readonly #sizes = new Map<string, number>();
  readonly #watchers: Watchers;
  /** The newest event's. */
  #applied = 0;
  readonly #followers: CacheFollower[] = [];
  /** For /metrics. */
  readonly counts: CacheCounts = {
    received: 0,
    resets: 0,
    slow: 0,
    lists: 0,
    fetched: 0,
    returned: 0,
    storeLists: 0,
    storeFetched: 0,
    storeReturned: 0,
  };
  /** Events kept for watchers that start in the past. */
  readonly capacity: number;

  constructor(options: ResourceCacheOptions) {
    this.prefix = options.prefix;
    this.codec = options.codec;
    this.#window = new EventWindow(options.window);
    this.capacity = options.window;
    this.#watchers = new Watchers(options.turns);
  }

  /** Watchers may start at this revision or later. */
  get oldestStart(): number {
    return this.#window.complete;
  }

  /** Objects there are. */
  get size(): number {
    return this.#objects.size;
  }

  get(suffix: string): StoredObject | undefined {
    return this.#objects.get(suffix);
  }

  /** How many objects the scope's namespace holds from `start` on, whatever its predicate. */
  countFrom(scope: Scope, start: string): number {
    const prefix = scopePrefix(scope);
    const all = prefix === '' ? this.#objects.size : (this.#sizes.get(prefix) ?? 0);
    // Pages begin at the beginning, so there is less before than after most of them.
    return all - (start > prefix ? this.#objects.forRange(prefix, start, false) : 0);
  }

  /** Objects of the scope in order of keys, from `start` (a suffix) on. */
  *list(scope: Scope): Generator<[suffix: string, object: StoredObject]> {
    const { predicate } = scope;
    for (const pair of this.candidates(scope))
      if (predicate === undefined || predicate.matches(pair[1])) yield pair;
  }

  /**
   * What {@link list} chooses from, in the state at the call: the iteration may be laid aside, as
   * later changes are made to copies of what it reads.
   */
  candidates(scope: Scope, start = ''): Generator<[suffix: string, object: StoredObject]> {
    return this.#candidates(this.#objects.clone(), { scope, start });
  }

  *#candidates(
    objects: Tree,
    { scope, start }: { readonly scope: Scope; readonly start: string },
  ): Generator<[suffix: string, object: StoredObject]> {
    const only = onlySuffix(scope, this.codec.type.namespaced);
    if (only !== undefined) {
      const object = only >= start ? objects.get(only) : undefined;
      if (object !== undefined) yield [only, object];
      return;
    }
    for (const pair of range(objects, scopePrefix(scope), start)) {
      this.counts.fetched++;
      yield pair;
    }
  }

  /** Replaces everything: what the store held at `revision`. */
  reset(pairs: readonly KeyValue[], revision: number): void {
    this.#objects = new BTree<string, StoredObject>(undefined, byUnits);
    this.#sizes.clear();
    for (const kv of pairs) {
      const suffix = suffixOfKey(kv.key, this.prefix);
      this.#objects.set(suffix, StoredObject.fromStore(this.codec, kv));
      this.#count(suffix, 1);
    }
    this.#window.reset(revision);
    this.counts.resets++;
    for (const follower of this.#followers) follower.reset();
  }

  /** Nobody is expected to start at `revision` or before any more. */
  age(revision: number): void {
    this.#window.age(revision);
  }

  /** For as long as the cache lives. */
  follow(follower: CacheFollower): void {
    this.#followers.push(follower);
    follower.reset();
  }

  /** Takes over one change and tells the watchers. */
  apply(suffix: string, revision: number, current: StoredObject | undefined): void {
    const previous = this.#objects.get(suffix);
    this.counts.received++;
    if (current === undefined && previous === undefined) return;
    if (current === undefined) this.#objects.delete(suffix);
    else this.#objects.set(suffix, current);
    if (previous === undefined) this.#count(suffix, 1);
    else if (current === undefined) this.#count(suffix, -1);
    for (const follower of this.#followers) follower.changed(previous, current);
    const event = new CacheEvent(suffix, { revision, current, previous });
    this.#window.push(event);
    this.#applied = revision;
    this.#watchers.offer(event);
  }

  #count(suffix: string, more: 1 | -1): void {
    const end = suffix.indexOf('/') + 1;
    if (end === 0) return;
    const prefix = suffix.slice(0, end);
    const size = (this.#sizes.get(prefix) ?? 0) + more;
    if (size === 0) this.#sizes.delete(prefix);
    else this.#sizes.set(prefix, size);
  }

  /** Every watcher was offered all events up to here, if the state is that of `revision`. */
  offered(revision: number): number {
    const { waitingFrom } = this.#watchers;
    return waitingFrom === undefined ? revision : waitingFrom - 1;
  }

  /** A watcher of the events after `revision`, which must be at least {@link oldestStart}. */
  watchSince(revision: number, scope: Scope, limit: number): CacheWatcher {
    const past = this.#window.since(revision);
    const watcher: CacheWatcher = this.#register(scope, {
      after: revision,
      limit,
      initial: replay(past, (event) => watcher.typeOf(event)),
    });
    return watcher;
  }

  /** A watcher that first sees the current state as ADDED, then what changes after `revision`. */
  watchFromState(scope: Scope, options: { revision: number; limit: number; endMark: boolean }) {
    const state = [...this.list(scope)].map(([, object]) => object);
    return this.#register(scope, {
      after: options.revision,
      limit: options.limit,
      initial: asAdded(state, options.endMark ? options.revision : undefined),
    });
  }

  #register(
    scope: Scope,
    options: Pick<WatcherOptions, 'after' | 'initial' | 'limit'>,
  ): CacheWatcher {
    const suffix = onlySuffix(scope, this.codec.type.namespaced);
    const watcher = new CacheWatcher({
      ...options,
      scope,
      suffix,
      // What it starts with has the events that others may still be waiting for.
      after: Math.max(options.after, this.#applied),
      onClose: (closed) => this.#watchers.remove(closed),
      onOverflow: () => void this.counts.slow++,
    });
    this.#watchers.add(watcher);
    return watcher;
  }

  get watcherCount(): number {
    return this.#watchers.size;
  }

  /** Ends every watcher: with `error`, or cleanly. */
  endWatchers(error?: Error): void {
    this.#window.forgetRenditions();
    this.#watchers.end(error);
  }
}

function* replay(
  events: readonly CacheEvent[],
  typeOf: (event: CacheEvent) => ReturnType<CacheWatcher['typeOf']>,
): Generator<WatchItem> {
  for (const event of events) {
    const type = typeOf(event);
    if (type !== undefined) yield event.as(type);
  }
}

function* asAdded(
  state: readonly StoredObject[],
  endMark: number | undefined,
): Generator<WatchItem> {
  for (const object of state) yield new WatchEvent('ADDED', object);
  if (endMark !== undefined) yield { type: 'BOOKMARK', revision: endMark, initialEventsEnd: true };
}
