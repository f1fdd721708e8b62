/** The reading half of a controller: a cache of one resource that follows the API server. */
import type { KubernetesObject } from '../api/meta.ts';
import type { Running } from '../platform/lifecycle.ts';

export interface InformerHandler<T> {
  /**
   * Also called once for each object of the first list, and for each cached one when added late.
   */
  added?(object: T): void;
  /** Also called with two different versions when events between them were missed. */
  updated?(old: T, current: T): void;
  /**
   * `last` is the newest state seen, which may be older than the deletion; `cached` is what the
   * handler was told of before.
   */
  deleted?(last: T, cached: T): void;
}

/** Reads from a cache: never waits, may be behind. Objects are shared and read-only. */
export interface Lister<T> {
  /** By "namespace/name" (or "name"). */
  get(key: string): T | undefined;
  list(): readonly T[];
  /** Objects whose index function `index` yields `value`. Asserts that the index exists. */
  byIndex(index: string, value: string): readonly T[];
}

export interface Informer<T extends KubernetesObject> extends Running {
  readonly lister: Lister<T>;
  /**
   * The version the cache has got to: it shows every change up to that one. 0 before the first
   * list. Versions of one resource are numbers that only grow.
   */
  readonly position: number;
  /** True once the first list is in the cache and every handler has seen it. */
  readonly synced: boolean;
  /** Resolves when `synced` becomes true; rejects if stopped before. */
  whenSynced(): Promise<void>;
  /** As {@link whenSynced}, but resolves as well once the first list has failed three times. */
  whenTried(): Promise<void>;
  /** Adds an index: `of` yields the values under which an object is found. Only before `start`. */
  addIndex(name: string, of: (object: T) => readonly string[]): void;
  /**
   * Handlers run synchronously, in the order added; one that throws is a bug and crashes. Returns
   * its removal.
   */
  addHandler(handler: InformerHandler<T>): () => void;
  /** Lists, then watches; relists with backoff on expiry and failures. Idempotent. */
  start(): void;
}
