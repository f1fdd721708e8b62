/**
 * Objects in a store. In: the seven methods of `store/kv.ts`. Out: one {@link ResourceStorage}
 * per resource, all fed by one watch. Nothing outside this folder knows keys, revisions as
 * numbers, or bytes as the store keeps them.
 */
import type { ResourceType } from '../../api/resource.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Metrics } from '../../platform/metrics/metrics.ts';
import { type Turns, turnsBy } from '../../platform/turns.ts';
import type { Kv } from '../../store/kv.ts';
import { ClaimKeys } from './claim-keys.ts';
import { Compactor } from './compactor.ts';
import { KEPT_BYTES, KeptValues } from './kept-values.ts';
import { MeasuredKv } from './measured-kv.ts';
import type { ResourceCache } from './resource-cache.ts';
import type { ForeignObjects } from './foreign-objects.ts';
import { ResourceCodec } from './resource-codec.ts';
import { ResourceStorage } from './resource-storage.ts';
import { storageMetrics } from './storage-metrics.ts';
import { TtlLeases } from './ttl-leases.ts';
import { WatchCache } from './watch-cache.ts';

export interface StoredResource {
  readonly type: ResourceType;
  /** Below /registry/: "pods", "services/specs". */
  readonly storagePrefix: string;
  readonly ttlSeconds?: number | undefined;
  /** Decoded objects are kept only as long as somebody holds them. */
  readonly large?: boolean | undefined;
  /** Default: an object of any other version is taken as it is. */
  readonly foreign?: ForeignObjects | undefined;
}

export interface StorageOptions {
  readonly kv: Kv;
  readonly clock: Clock;
  /** Default: by the clock. */
  readonly turns?: Turns;
  readonly logger: Logger;
  readonly resources: readonly StoredResource[];
  /** Keys whose values must be written anew even if they say the same. Default: none. */
  readonly isStale?: ((key: string) => boolean) | undefined;
  readonly metrics?: Metrics | undefined;
  /** Events kept per resource for watchers that start in the past. */
  readonly window?: number;
}

const WINDOW = 10_000;
/** kube-apiserver's. */
const COMPACTION_INTERVAL_MS = 5 * 60_000;

export class Storage implements Running {
  readonly cache: WatchCache;
  /** Of all resources together. */
  readonly kept = new KeptValues(KEPT_BYTES);
  readonly #kv: Kv;
  readonly #isStale: ((key: string) => boolean) | undefined;
  readonly #compactor: Compactor;
  readonly #leases: TtlLeases;
  readonly #turns: Turns;
  readonly #clock: Clock;
  readonly #byPrefix = new Map<string, ResourceStorage>();

  constructor(options: StorageOptions) {
    const { clock, logger, resources, metrics } = options;
    const kv =
      metrics === undefined
        ? options.kv
        : new MeasuredKv(options.kv, { clock, metrics, resources });
    this.#kv = kv;
    this.#clock = clock;
    this.#isStale = options.isStale;
    this.#turns = options.turns ?? turnsBy(clock);
    const none = new KeptValues(0);
    const coded = resources.map((resource) => ({
      ...resource,
      codec: new ResourceCodec(
        resource.type,
        resource.large === true ? none : this.kept,
        resource.foreign,
      ),
    }));
    const window = options.window ?? WINDOW;
    const turns = this.#turns;
    this.cache = new WatchCache({ kv, clock, logger, resources: coded, window, turns });
    this.#compactor = new Compactor({
      kv,
      clock,
      logger,
      intervalMs: COMPACTION_INTERVAL_MS,
      aged: (revision) => {
        for (const resource of this.cache.resources()) resource.age(revision);
      },
    });
    this.#leases = new TtlLeases(kv, clock);
    for (const resource of resources)
      this.#open(resource, this.cache.resource(resource.storagePrefix));
    if (metrics !== undefined)
      storageMetrics(metrics, { cache: this.cache, size: sizeOf(kv, clock) });
  }

  /**
   * Takes up a resource that was not known at the start; resolves once its state is in the cache.
   * A codec of its own says how its objects are kept.
   */
  async follow(resource: StoredResource, codec: ResourceCodec): Promise<ResourceStorage> {
    const cache = await this.cache.follow({ storagePrefix: resource.storagePrefix, codec });
    return this.#open(resource, cache);
  }

  /** Forgets a resource that {@link follow} took up; its watchers end. */
  forget(storagePrefix: string): void {
    this.#byPrefix.delete(storagePrefix);
    this.cache.forget(storagePrefix);
  }

  /** The way to read or show a resource has changed: its watchers end and watch anew. */
  endWatchers(storagePrefix: string): void {
    this.cache.resource(storagePrefix).endWatchers();
  }

  #open({ storagePrefix, ttlSeconds }: StoredResource, cache: ResourceCache): ResourceStorage {
    const leases = this.#leases;
    const ttl = ttlSeconds === undefined ? undefined : { leases, seconds: ttlSeconds };
    const opened = new ResourceStorage({
      turns: this.#turns,
      clock: this.#clock,
      kv: this.#kv,
      whole: this.cache,
      cache,
      ttl,
      isStale: this.#isStale,
    });
    this.#byPrefix.set(storagePrefix, opened);
    return opened;
  }

  /** Values unique in the cluster, kept under /registry/ranges/<name>/. */
  claims(name: string): ClaimKeys {
    return new ClaimKeys(this.#kv, name);
  }

  resource(storagePrefix: string): ResourceStorage | undefined {
    return this.#byPrefix.get(storagePrefix);
  }

  /** Begins to follow the store. Reads wait until it has been read once. */
  start(): void {
    this.cache.start();
    this.#compactor.start();
  }

  async stop(): Promise<void> {
    await this.#compactor.stop();
    await this.cache.stop();
  }
}

/** How long what the store said of its size is repeated. */
const SIZE_MS = 10_000;

/** The store's size as it was last told, which a scrape asks for anew. */
function sizeOf(kv: Kv, clock: Clock): () => number | undefined {
  let bytes: number | undefined;
  let askedMs = -Infinity;
  return () => {
    if (clock.monotonic() - askedMs > SIZE_MS) {
      askedMs = clock.monotonic();
      kv.status().then(
        ({ dbSize }) => (bytes = dbSize),
        () => (bytes = undefined),
      );
    }
    return bytes;
  };
}
