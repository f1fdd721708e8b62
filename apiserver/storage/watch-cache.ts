/**
 * The store's current state in memory. In: one watch on /registry/. Out: the state of every
 * resource with its last events, and the proof that it is new enough to answer from.
 *
 * Any number of API servers share a store: this cache only ever follows it. What it serves is
 * exactly the store's state at {@link WatchCache.revision}, never a mix of revisions.
 */
import { type StatusError, statusError } from '../../api/status.ts';
import { assert } from '../../platform/assert.ts';
import { type Clock, sleep, type Timer } from '../../platform/clock.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Turns } from '../../platform/turns.ts';
import {
  type Event,
  type KeyValue,
  type Kv,
  prefixEnd,
  StoreError,
  type Watch,
  type WatchBatch,
} from '../../store/kv.ts';
import { CurrentRevision } from './current-revision.ts';
import { collectionPrefix, REGISTRY_PREFIX, suffixOfKey } from './keys.ts';
import { ResourceCache } from './resource-cache.ts';
import type { PendingWrite } from './pending-write.ts';
import type { ResourceCodec } from './resource-codec.ts';
import { expiredError, tooLargeResourceVersion } from './store-errors.ts';
import { StoredObject } from './stored-object.ts';

/** Objects read in one request when the cache is filled. */
const LOAD_PAGE = 2_000;
/** First and longest wait before a lost watch is resumed. */
const RETRY_MS = { first: 50, longest: 2_000 } as const;
/** How long a reader waits for an event before progress is asked for, and then how often. */
const PROGRESS_MS = { first: 2, then: 100 } as const;
/** How long a resource that is taken up waits for the rest of the state. */
const JOIN_MS = 30_000;
/** Own writes waiting for their event, so that it need not be decoded. */
const OWN_WRITES = 4_096;

export interface WatchCacheOptions {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Below /registry/ ("pods", "services/specs"), with how their objects are coded. */
  readonly resources: readonly { readonly storagePrefix: string; readonly codec: ResourceCodec }[];
  /** Events kept per resource. */
  readonly window: number;
  readonly turns: Pick<Turns, 'nextTurn'>;
}

interface Waiter {
  readonly revision: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly deadline: Timer;
}

function stopped(): StatusError {
  return statusError('ServiceUnavailable', 'the server is stopping');
}

export class WatchCache implements Running {
  readonly #options: WatchCacheOptions;
  readonly #current: CurrentRevision;
  readonly #resources = new Map<string, ResourceCache>();
  /** Events of resources that are being taken up, until what they held before is read. */
  readonly #joining = new Map<string, Event[]>();
  /** Counts the times that everything was read anew. */
  #loads = 0;
  readonly #stopping = new AbortController();
  readonly #waiters = new Set<Waiter>();
  readonly #own = new Map<string, StoredObject>();
  /** Sent and not answered; as many as there are requests in flight. */
  readonly #writing = new Map<string, PendingWrite>();
  #progressTimer: Timer | undefined;
  #watch: Watch | undefined;
  #loaded = false;
  #revision = 0;
  #running: Promise<void> | undefined;

  constructor(options: WatchCacheOptions) {
    this.#options = options;
    this.#current = new CurrentRevision(options.kv);
    const { window, turns } = options;
    for (const { storagePrefix, codec } of options.resources) {
      const prefix = collectionPrefix(storagePrefix);
      assert(!this.#resources.has(prefix), `two resources are stored under ${prefix}`);
      this.#resources.set(prefix, new ResourceCache({ prefix, codec, window, turns }));
    }
  }

  /** The state served is the store's at this revision. 0 before the first load. */
  get revision(): number {
    return this.#revision;
  }

  /** True while the state is whole: after the first load, and not while it is being rebuilt. */
  get ready(): boolean {
    return this.#loaded;
  }

  resources(): Iterable<ResourceCache> {
    return this.#resources.values();
  }

  resource(storagePrefix: string): ResourceCache {
    const cache = this.#resources.get(collectionPrefix(storagePrefix));
    assert(cache !== undefined, `no cache for ${storagePrefix}`);
    return cache;
  }

  /**
   * Takes up one more resource: reads what it held at the revision served now, then what happened
   * since. One at a time per prefix.
   */
  async follow(resource: WatchCacheOptions['resources'][number]): Promise<ResourceCache> {
    const { storagePrefix, codec } = resource;
    const prefix = collectionPrefix(storagePrefix);
    assert(!this.#resources.has(prefix) && !this.#joining.has(prefix), `${prefix} is followed`);
    const { window, turns } = this.#options;
    const cache = new ResourceCache({ prefix, codec, window, turns });
    try {
      for (;;) {
        await this.reach(0, JOIN_MS);
        const events: Event[] = [];
        this.#joining.set(prefix, events);
        const [revision, loads] = [this.#revision, this.#loads];
        const pairs = await this.#readAt(prefix, revision);
        if (pairs === undefined || loads !== this.#loads || !this.#loaded) continue;
        cache.reset(pairs, revision);
        for (const event of events) this.#applyTo(cache, event);
        this.#resources.set(prefix, cache);
        return cache;
      }
    } finally {
      this.#joining.delete(prefix);
    }
  }

  /** What the prefix held at a revision; undefined if that is compacted. */
  async #readAt(prefix: string, revision: number): Promise<readonly KeyValue[] | undefined> {
    const rangeEnd = prefixEnd(prefix);
    const pairs: KeyValue[] = [];
    let key = prefix;
    try {
      for (;;) {
        const page = await this.#options.kv.range({ key, rangeEnd, limit: LOAD_PAGE, revision });
        pairs.push(...page.kvs);
        if (!page.more || page.kvs.length === 0) return pairs;
        key = `${page.kvs[page.kvs.length - 1]!.key}\0`;
      }
    } catch (error) {
      if (error instanceof StoreError && error.reason === 'compacted') return undefined;
      throw error;
    }
  }

  /** Forgets what {@link follow} took up; watchers end. */
  forget(storagePrefix: string): void {
    const prefix = collectionPrefix(storagePrefix);
    this.#resources.get(prefix)?.endWatchers();
    this.#resources.delete(prefix);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#watch?.cancel();
    await this.#running;
    this.#progressTimer?.cancel();
    for (const waiter of this.#waiters) {
      waiter.deadline.cancel();
      waiter.reject(stopped());
    }
    this.#waiters.clear();
    for (const cache of this.#resources.values()) cache.endWatchers();
  }

  /**
   * Resolves once the state is at least as new as the store's at the time of the call. Reads of
   * the store's revision are shared: at most one is under way and one waits.
   */
  async reachCurrent(timeoutMs: number): Promise<void> {
    await this.reach(await this.#current.read(), timeoutMs);
  }

  /** The state is at `revision` or later. */
  reached(revision: number): boolean {
    return this.#loaded && revision <= this.#revision;
  }

  /** Resolves once the state is at `revision` or later; 504 after `timeoutMs`. */
  reach(revision: number, timeoutMs: number): Promise<void> | undefined {
    if (this.reached(revision)) return undefined;
    if (this.#stopping.signal.aborted) return Promise.reject(stopped());
    return new Promise((resolve, reject) => {
      const deadline = this.#options.clock.after(timeoutMs, () => {
        this.#waiters.delete(waiter);
        const ahead = { requested: revision, current: this.#revision };
        reject(tooLargeResourceVersion(ahead, { retryAfterSeconds: 1 }));
      });
      const waiter: Waiter = { revision, resolve, reject, deadline };
      this.#waiters.add(waiter);
      this.#askForProgress(PROGRESS_MS.first);
    });
  }

  /**
   * A write of this server is about to be sent. Its event may come before its answer: whoever comes
   * first makes the object, which nobody has to decode then.
   */
  writing(key: string, write: PendingWrite): void {
    this.#writing.set(key, write);
  }

  /** Answered, one way or the other. */
  answered(key: string, write: PendingWrite): void {
    if (this.#writing.get(key) === write) this.#writing.delete(key);
  }

  /** What a write of this server has made of the object. */
  wrote(key: string, object: StoredObject): void {
    if (object.revision > this.#revision) {
      if (this.#own.size >= OWN_WRITES) this.#own.clear();
      this.#own.set(key, object);
      return;
    }
    const cache = this.#cacheOf(key);
    cache?.get(key.slice(cache.prefix.length))?.adopt(object);
  }

  /** An object this server wrote and the cache has not seen yet. */
  ownWrite(key: string): StoredObject | undefined {
    return this.#own.get(key);
  }

  /** Writes outside /registry/ raise the store's revision without an event: only progress tells. */
  #askForProgress(delayMs: number): void {
    this.#progressTimer ??= this.#options.clock.after(delayMs, () => {
      this.#progressTimer = undefined;
      if (this.#waiters.size === 0) return;
      this.#watch?.requestProgress();
      this.#askForProgress(PROGRESS_MS.then);
    });
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let delayMs: number = RETRY_MS.first;
    while (!signal.aborted) {
      const before = this.#revision;
      try {
        if (!this.#loaded) await this.#load();
        await this.#follow();
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof StoreError && error.reason === 'compacted') this.#expire();
        const reason = error instanceof StoreError ? error.message : error;
        this.#options.logger.warn({ reason, revision: this.#revision }, 'watch of the store lost');
      }
      if (this.#revision > before) delayMs = RETRY_MS.first;
      await sleep(this.#options.clock, delayMs, signal);
      delayMs = Math.min(delayMs * 2, RETRY_MS.longest);
    }
  }

  /** Reads everything at one revision, page by page. */
  async #load(): Promise<void> {
    const pairs = new Map<ResourceCache, KeyValue[]>();
    for (const cache of this.#resources.values()) pairs.set(cache, []);
    const rangeEnd = prefixEnd(REGISTRY_PREFIX);
    let key = REGISTRY_PREFIX;
    let revision = 0;
    for (;;) {
      const page = await this.#options.kv.range({ key, rangeEnd, limit: LOAD_PAGE, revision });
      if (revision === 0) revision = page.revision;
      for (const kv of page.kvs) {
        const cache = this.#cacheOf(kv.key);
        if (cache !== undefined) pairs.get(cache)!.push(kv);
      }
      if (!page.more || page.kvs.length === 0) break;
      key = page.kvs[page.kvs.length - 1]!.key + '\0';
    }
    this.#own.clear();
    // A resource taken up meanwhile was not among those read for: it must not miss what they got.
    for (const cache of this.#resources.values()) if (!pairs.has(cache)) return this.#load();
    for (const [cache, kvs] of pairs) cache.reset(kvs, revision);
    this.#loads++;
    this.#loaded = true;
    this.#advance(revision);
  }

  async #follow(): Promise<void> {
    const watch = this.#options.kv.watch({
      key: REGISTRY_PREFIX,
      rangeEnd: prefixEnd(REGISTRY_PREFIX),
      startRevision: this.#revision + 1,
      progressNotify: true,
    });
    this.#watch = watch;
    watch.created.catch(() => {});
    try {
      for await (const batch of watch) {
        this.#apply(batch);
        if (this.#stopping.signal.aborted) return;
      }
    } finally {
      this.#watch = undefined;
    }
  }

  #apply(batch: WatchBatch): void {
    for (const event of batch.events) {
      // After a resumed watch a store may repeat what was seen; it never leaves anything out.
      if (event.kv.modRevision <= this.#revision) continue;
      const cache = this.#cacheOf(event.kv.key);
      if (cache !== undefined) this.#applyTo(cache, event);
      else if (this.#joining.size > 0) this.#keepFor(event);
    }
    this.#advance(batch.revision);
  }

  #applyTo(cache: ResourceCache, event: Event): void {
    const suffix = suffixOfKey(event.kv.key, cache.prefix);
    const current = event.type === 'delete' ? undefined : this.#objectOf(event, cache);
    cache.apply(suffix, event.kv.modRevision, current);
  }

  #keepFor(event: Event): void {
    for (const [prefix, events] of this.#joining)
      if (event.kv.key.startsWith(prefix)) events.push(event);
  }

  #objectOf(event: Event, cache: ResourceCache): StoredObject {
    const { key, modRevision } = event.kv;
    const own = this.#own.get(key);
    if (own !== undefined && own.revision <= modRevision) this.#own.delete(key);
    if (own?.revision === modRevision) return own;
    return this.#writing.get(key)?.seen(event.kv) ?? StoredObject.fromStore(cache.codec, event.kv);
  }

  #advance(revision: number): void {
    if (revision > this.#revision) this.#revision = revision;
    for (const waiter of this.#waiters) {
      if (waiter.revision > this.#revision) continue;
      this.#waiters.delete(waiter);
      waiter.deadline.cancel();
      waiter.resolve();
    }
  }

  /** The events since our revision are gone: watchers cannot go on, the state must be read anew. */
  #expire(): void {
    this.#loaded = false;
    this.#own.clear();
    const error = expiredError(`too old resource version: ${this.#revision}`);
    for (const cache of this.#resources.values()) cache.endWatchers(error);
  }

  /** "/registry/services/specs/…", "/registry/pods/…"; undefined for keys of nobody we know. */
  #cacheOf(key: string): ResourceCache | undefined {
    const first = key.indexOf('/', REGISTRY_PREFIX.length);
    if (first < 0) return undefined;
    const short = this.#resources.get(key.slice(0, first + 1));
    if (short !== undefined) return short;
    const second = key.indexOf('/', first + 1);
    return second < 0 ? undefined : this.#resources.get(key.slice(0, second + 1));
  }
}
