/**
 * The API server's core put together: declarations and a store in, handlers out. What comes
 * before (sockets, pipeline, discovery) and what the store is do not matter here.
 */
import type { Clock } from '../platform/clock.ts';
import type { Running } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/logger.ts';
import type { Random } from '../platform/random.ts';
import type { HttpResponse } from '../platform/http.ts';
import type { Kv } from '../store/kv.ts';
import type { AdmissionPlugin } from './admission/admission.ts';
import type { NamespaceLookup } from './admission/namespace-lifecycle.ts';
import { ApiHandlers } from './handlers/api-handlers.ts';
import type { ApiRequest } from './pipeline/api-request.ts';
import type { ClaimRanges, ResourceDeclaration } from './registry/declaration.ts';
import { Registry, storedResources } from './registry/registry.ts';
import { Storage } from './storage/storage.ts';

export interface ApiCoreOptions {
  readonly declarations: readonly ResourceDeclaration[];
  /** Not closed by the core: who opened it closes it, after {@link ApiCore.stop}. */
  readonly kv: Kv;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly claims?: ClaimRanges;
  /** Default: the plugins of admission/plugins.ts. */
  readonly admission?: (namespaces: NamespaceLookup) => readonly AdmissionPlugin[];
  /** Events kept per resource for watches that start in the past. */
  readonly window?: number;
}

export class ApiCore implements Running {
  readonly registry: Registry;
  readonly #storage: Storage;
  readonly #handlers: ApiHandlers;

  constructor(options: ApiCoreOptions) {
    const { declarations, kv, clock, random, logger, claims, admission, window } = options;
    this.#storage = new Storage({
      kv,
      clock,
      logger,
      resources: storedResources(declarations),
      ...(window === undefined ? {} : { window }),
    });
    this.registry = new Registry({
      declarations,
      storage: this.#storage,
      clock,
      random,
      claims,
      ...(admission === undefined ? {} : { admission }),
    });
    this.#handlers = new ApiHandlers(this.registry, { clock, random, logger });
  }

  /** True once the store has been read: requests that come earlier wait. */
  get ready(): boolean {
    return this.#storage.cache.ready;
  }

  start(): void {
    this.#storage.start();
  }

  async stop(): Promise<void> {
    await this.#storage.stop();
  }

  /** Rejects with StatusError to refuse a request; anything else is a bug. */
  handle(request: ApiRequest): Promise<HttpResponse> {
    return this.#handlers.handle(request);
  }
}
