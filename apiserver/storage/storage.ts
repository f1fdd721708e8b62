/**
 * Objects in a store. In: the seven methods of `store/kv.ts`. Out: one {@link ResourceStorage}
 * per resource, all fed by one watch. Nothing outside this folder knows keys, revisions as
 * numbers, or bytes as the store keeps them.
 */
import type { ResourceType } from '../../api/resource.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Kv } from '../../store/kv.ts';
import { ResourceCodec } from './resource-codec.ts';
import { ResourceStorage } from './resource-storage.ts';
import { TtlLeases } from './ttl-leases.ts';
import { WatchCache } from './watch-cache.ts';

export interface StoredResource {
  readonly type: ResourceType;
  /** Below /registry/: "pods", "services/specs". */
  readonly storagePrefix: string;
  readonly ttlSeconds?: number | undefined;
}

export interface StorageOptions {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly resources: readonly StoredResource[];
  /** Events kept per resource for watchers that start in the past. */
  readonly window?: number;
}

const WINDOW = 10_000;

export class Storage implements Running {
  readonly cache: WatchCache;
  readonly #byPrefix = new Map<string, ResourceStorage>();

  constructor(options: StorageOptions) {
    const { kv, clock, logger, resources } = options;
    const coded = resources.map((resource) => ({
      ...resource,
      codec: new ResourceCodec(resource.type),
    }));
    const window = options.window ?? WINDOW;
    this.cache = new WatchCache({ kv, clock, logger, resources: coded, window });
    const leases = new TtlLeases(kv, clock);
    for (const { storagePrefix, ttlSeconds } of resources) {
      const ttl = ttlSeconds === undefined ? undefined : { leases, seconds: ttlSeconds };
      const cache = this.cache.resource(storagePrefix);
      this.#byPrefix.set(storagePrefix, new ResourceStorage({ kv, whole: this.cache, cache, ttl }));
    }
  }

  resource(storagePrefix: string): ResourceStorage | undefined {
    return this.#byPrefix.get(storagePrefix);
  }

  /** Begins to follow the store. Reads wait until it has been read once. */
  start(): void {
    this.cache.start();
  }

  async stop(): Promise<void> {
    await this.cache.stop();
  }
}
