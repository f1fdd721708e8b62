/**
 * What controllers, scheduler, kubelet and CLI see of the API server. Implementations: `rest.ts`
 * over an {@link HttpHandler} (a socket or the same process), fakes in tests.
 *
 * Objects that come from here are shared and read-only; tests freeze them.
 */
import type { Draft, KubernetesList, KubernetesObject } from '../api/meta.ts';
import type { ResourceType } from '../api/resource.ts';

export interface ListOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
}

export interface WatchOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  readonly allowWatchBookmarks?: boolean;
  readonly timeoutSeconds?: number;
  readonly signal: AbortSignal;
}

/**
 * `error` events never reach here: they are thrown as StatusError (410 `Expired` asks for a
 * relist).
 */
export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}

export interface WriteOptions {
  readonly subresource?: string;
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
  /** Of an apply patch: takes fields that others own. */
  readonly force?: boolean;
}

export type PatchType =
  | 'application/json-patch+json'
  | 'application/merge-patch+json'
  | 'application/strategic-merge-patch+json'
  | 'application/apply-patch+yaml';

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/** The name of one object; `namespace` absent for cluster-scoped ones. */
export interface ObjectRef {
  readonly namespace?: string;
  readonly name: string;
}

/**
 * Every method rejects with StatusError on the server's refusals and with the transport's error
 * otherwise.
 */
export interface Client {
  get<T extends KubernetesObject>(type: ResourceType<T>, ref: ObjectRef): Promise<T>;
  list<T extends KubernetesObject>(
    type: ResourceType<T>,
    options?: ListOptions,
  ): Promise<KubernetesList<T>>;
  /**
   * Resolves when the server accepted the watch; ends when the server ends it or `signal` aborts.
   */
  watch<T extends KubernetesObject>(
    type: ResourceType<T>,
    options: WatchOptions,
  ): Promise<AsyncIterable<WatchEvent<T>>>;
  create<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: Draft<T>,
    options?: WriteOptions,
  ): Promise<T>;
  /** Creates a subresource object of another kind (binding, eviction, token). */
  createSubresource(
    type: ResourceType,
    ref: ObjectRef,
    sub: { readonly subresource: string; readonly body: unknown },
  ): Promise<unknown>;
  /** PUT; a resourceVersion in the object makes it conditional. */
  update<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: T,
    options?: WriteOptions,
  ): Promise<T>;
  patch<T extends KubernetesObject>(
    type: ResourceType<T>,
    ref: ObjectRef,
    patch: { readonly type: PatchType; readonly body: unknown } & WriteOptions,
  ): Promise<T>;
  /** Resolves to the object, if it lives on (finalizers, grace), or the server's Status. */
  delete(type: ResourceType, ref: ObjectRef, options?: DeleteOptions): Promise<unknown>;
}
