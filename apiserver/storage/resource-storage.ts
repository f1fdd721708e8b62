import type { Kv } from '../../store/kv.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Turns } from '../../platform/turns.ts';
import type { CacheWatcher } from './cache-watcher.ts';
import { DryRunWriter } from './dry-run.ts';
import { objectSuffix } from './keys.ts';
import {
  type ReadAt,
  readAtOf,
  parseResourceVersion,
  type VersionParameters,
} from './list-options.ts';
import { type ListPage, pageFromCache, pageFromStore, planList } from './list-page.ts';
import type { Scope } from './predicate.ts';
import type { CacheFollower, ResourceCache } from './resource-cache.ts';
import type { ObjectStorage, WatchParameters } from './object-storage.ts';
import { expiredError } from './store-errors.ts';
import type { StoredObject } from './stored-object.ts';
import type { TtlLeases } from './ttl-leases.ts';
import type { WatchCache } from './watch-cache.ts';
import { ResourceWriter } from './write.ts';

/** How long a read waits for the cache to reach the state it asks for. */
const REACH_MS = 3_000;
/** Events that may wait for a slow watcher before it is ended. */
const WATCHER_BUFFER = 4_096;

/** One resource: reads from the cache, once it is proven new enough; writes to the store. */
export class ResourceStorage implements ObjectStorage {
  readonly writer: ResourceWriter;
  readonly dryRun: DryRunWriter;
  readonly #kv: Kv;
  readonly #whole: WatchCache;
  readonly #cache: ResourceCache;
  readonly #turns: Turns;

  constructor(options: {
    readonly kv: Kv;
    readonly clock: Clock;
    readonly whole: WatchCache;
    readonly cache: ResourceCache;
    readonly turns: Turns;
    readonly ttl?: { readonly leases: TtlLeases; readonly seconds: number } | undefined;
    readonly isStale?: ((key: string) => boolean) | undefined;
  }) {
    this.writer = new ResourceWriter(options);
    this.dryRun = new DryRunWriter(this.writer);
    this.#kv = options.kv;
    this.#whole = options.whole;
    this.#cache = options.cache;
    this.#turns = options.turns;
  }

  get codec() {
    return this.#cache.codec;
  }

  /** How many objects this server knows of. */
  get size(): number {
    return this.#cache.size;
  }

  /** What this server knows without asking the store. */
  cached(namespace: string, name: string): StoredObject | undefined {
    return this.writer.newest(objectSuffix(namespace, name));
  }

  /**
   * What this server knows of a namespace ("" for all), its own writes included: at once, unless
   * one of those has yet to come back.
   */
  known(namespace: string): readonly StoredObject[] | Promise<readonly StoredObject[]> {
    // Asked with every write, mostly for nothing: then no iteration is set up.
    const all = (): readonly StoredObject[] =>
      this.#cache.size === 0 ? [] : [...this.served(namespace)];
    const reached = this.#whole.reach(this.writer.lastRevision, REACH_MS);
    return reached === undefined ? all() : reached.then(all);
  }

  /** False only if {@link known} has nothing to tell, and at once. */
  some(): boolean {
    return this.#cache.size > 0 || !this.#whole.reached(this.writer.lastRevision);
  }

  /** The state served, without asking the store: what rules and indexes are made of. */
  *served(namespace: string): Generator<StoredObject> {
    for (const [, object] of this.#cache.list({ namespace })) yield object;
  }

  /** Of the state served; {@link cached} may be newer. */
  servedOne(namespace: string, name: string): StoredObject | undefined {
    return this.#cache.get(objectSuffix(namespace, name));
  }

  /** True if one of them is stored in another version than this server writes. */
  hasForeign(): boolean {
    for (const object of this.served('')) if (object.isForeign) return true;
    return false;
  }

  follow(follower: CacheFollower): void {
    this.#cache.follow(follower);
  }

  /** Undefined if the state served has all writes of this server; else when it will have them. */
  synced(): Promise<void> | undefined {
    return this.#whole.reach(this.writer.lastRevision, REACH_MS);
  }

  /** What the store says now. */
  read(namespace: string, name: string): Promise<StoredObject | undefined> {
    return this.writer.read(objectSuffix(namespace, name));
  }

  async get(
    at: { readonly namespace: string; readonly name: string },
    resourceVersion: string,
  ): Promise<StoredObject | undefined> {
    await this.#reach(readAtOf(resourceVersion));
    return this.#cache.get(objectSuffix(at.namespace, at.name));
  }

  async list(scope: Scope, parameters: VersionParameters): Promise<ListPage> {
    const plan = planList(parameters, scope);
    if (plan.at.kind === 'exact')
      return pageFromStore(this.#kv, this.#cache, { scope, plan, revision: plan.at.revision });
    await this.#reach(plan.at);
    const from = { scope, plan, revision: this.#whole.revision };
    return pageFromCache(this.#cache, from, this.#turns);
  }

  /**
   * The iteration rejects with a StatusError (410) when the server cannot go on, and with
   * StreamOverflowError when the consumer is too slow.
   */
  async watch(scope: Scope, parameters: WatchParameters): Promise<CacheWatcher> {
    const { sendInitialEvents, resourceVersion } = parameters;
    const revision = parseResourceVersion(resourceVersion);
    const limit = WATCHER_BUFFER;
    if (sendInitialEvents === true || revision === 0) {
      await this.#reach(readAtOf(resourceVersion));
      const now = this.#whole.revision;
      if (sendInitialEvents === false) return this.#cache.watchSince(now, scope, limit);
      const endMark = sendInitialEvents === true && parameters.allowBookmarks;
      return this.#cache.watchFromState(scope, { revision: now, limit, endMark });
    }
    await this.#whole.reach(0, REACH_MS);
    const oldest = this.#cache.oldestStart;
    if (revision < oldest) throw expiredError(`too old resource version: ${revision} (${oldest})`);
    return this.#cache.watchSince(revision, scope, limit);
  }

  /** The revision up to which a watcher of this resource has been told everything. */
  get revision(): number {
    return this.#cache.offered(this.#whole.revision);
  }

  async #reach(at: ReadAt): Promise<void> {
    if (at.kind === 'newest') await this.#whole.reachCurrent(REACH_MS);
    else await this.#whole.reach('revision' in at ? at.revision : 0, REACH_MS);
  }
}
