/**
 * The client over HTTP requests: it knows paths and queries, and nothing of sockets. A handler in
 * the same process answers with values, which are passed on unparsed.
 */
import type { Draft, KubernetesList, KubernetesObject } from '../api/meta.ts';
import { apiVersionOf, type ResourceType, resourcePath } from '../api/resource.ts';
import type { Headers } from '../platform/net/http.ts';
import type {
  Client,
  DeleteOptions,
  ListOptions,
  ObjectRef,
  PatchType,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './interface.ts';
import { RestCaller, type RestOptions } from './rest-caller.ts';
import { watchEvents } from './watch-stream.ts';

/** What the REST client can do beyond {@link Client}, for controllers of all kinds and the CLI. */
export interface RestClient extends Client {
  /** DELETE of a whole collection, or what the selectors leave of it. */
  deleteCollection(
    type: ResourceType,
    selection: ListOptions,
    options?: DeleteOptions,
  ): Promise<void>;
  /** GET of what is no resource: discovery, OpenAPI, /version, /healthz. */
  getPath(path: string, headers?: Headers): Promise<unknown>;
}

export function createClient(options: RestOptions): RestClient {
  return new HttpClient(new RestCaller(options));
}

class HttpClient implements RestClient {
  readonly #caller: RestCaller;

  constructor(caller: RestCaller) {
    this.#caller = caller;
  }

  async get<T extends KubernetesObject>(type: ResourceType<T>, ref: ObjectRef): Promise<T> {
    return (await this.#caller.call({ method: 'GET', path: resourcePath(type, ref) })) as T;
  }

  async list<T extends KubernetesObject>(
    type: ResourceType<T>,
    options: ListOptions = {},
  ): Promise<KubernetesList<T>> {
    const path = resourcePath(type, at(options));
    const list = await this.#caller.call({ method: 'GET', path, query: listQuery(options) });
    return itemsWithKind(type, list as KubernetesList<T>);
  }

  async watch<T extends KubernetesObject>(
    type: ResourceType<T>,
    options: WatchOptions,
  ): Promise<AsyncIterable<WatchEvent<T>>> {
    const { body } = await this.#caller.exchange({
      method: 'GET',
      path: resourcePath(type, at(options)),
      query: watchQuery(options),
      signal: options.signal,
    });
    return watchEvents(body) as AsyncIterable<WatchEvent<T>>;
  }

  async create<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: Draft<T>,
    options: WriteOptions = {},
  ): Promise<T> {
    const created = await this.#caller.call({
      method: 'POST',
      path: resourcePath(type, at(object.metadata)),
      query: writeQuery(options),
      body: withKind(type, object),
    });
    return created as T;
  }

  createSubresource(
    type: ResourceType,
    ref: ObjectRef,
    sub: { readonly subresource: string; readonly body: unknown },
  ): Promise<unknown> {
    const path = resourcePath(type, { ...ref, subresource: sub.subresource });
    return this.#caller.call({ method: 'POST', path, body: sub.body });
  }

  async update<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<T> {
    const updated = await this.#caller.call({
      method: 'PUT',
      path: resourcePath(type, { ...refOf(object), ...below(options) }),
      query: writeQuery(options),
      body: withKind(type, options.subresource === undefined ? object : withoutOwners(object)),
    });
    return updated as T;
  }

  async patch<T extends KubernetesObject>(
    type: ResourceType<T>,
    ref: ObjectRef,
    patch: { readonly type: PatchType; readonly body: unknown } & WriteOptions,
  ): Promise<T> {
    const patched = await this.#caller.call({
      method: 'PATCH',
      path: resourcePath(type, { ...ref, ...below(patch) }),
      query: writeQuery(patch),
      body: patch.body,
      contentType: patch.type,
    });
    return patched as T;
  }

  delete(type: ResourceType, ref: ObjectRef, options?: DeleteOptions): Promise<unknown> {
    const path = resourcePath(type, ref);
    return this.#caller.call({ method: 'DELETE', path, body: deleteBody(options) });
  }

  async deleteCollection(
    type: ResourceType,
    selection: ListOptions,
    options?: DeleteOptions,
  ): Promise<void> {
    await this.#caller.call({
      method: 'DELETE',
      path: resourcePath(type, at(selection)),
      query: listQuery(selection),
      body: deleteBody(options),
    });
  }

  getPath(target: string, headers: Headers = {}): Promise<unknown> {
    const { pathname, searchParams } = new URL(target, 'http://path');
    return this.#caller.call({ method: 'GET', path: pathname, query: searchParams, headers });
  }
}

const at = (options: { readonly namespace?: string | undefined }): { namespace?: string } =>
  options.namespace === undefined ? {} : { namespace: options.namespace };

const below = (write: WriteOptions): { subresource?: string } =>
  write.subresource === undefined ? {} : { subresource: write.subresource };

function refOf(object: KubernetesObject): ObjectRef {
  return { name: object.metadata.name ?? '', ...at(object.metadata) };
}

function listQuery(list: ListOptions): URLSearchParams {
  const query = new URLSearchParams();
  if (list.labelSelector) query.set('labelSelector', list.labelSelector);
  if (list.fieldSelector) query.set('fieldSelector', list.fieldSelector);
  if (list.limit !== undefined) query.set('limit', String(list.limit));
  if (list.continue !== undefined) query.set('continue', list.continue);
  if (list.resourceVersion !== undefined) query.set('resourceVersion', list.resourceVersion);
  return query;
}

function watchQuery(watch: WatchOptions): URLSearchParams {
  const query = new URLSearchParams({ watch: 'true' });
  if (watch.labelSelector) query.set('labelSelector', watch.labelSelector);
  if (watch.fieldSelector) query.set('fieldSelector', watch.fieldSelector);
  if (watch.resourceVersion !== undefined) query.set('resourceVersion', watch.resourceVersion);
  if (watch.allowWatchBookmarks) query.set('allowWatchBookmarks', 'true');
  if (watch.timeoutSeconds !== undefined) query.set('timeoutSeconds', String(watch.timeoutSeconds));
  return query;
}

function writeQuery(write: WriteOptions): URLSearchParams | undefined {
  if (write.fieldManager === undefined && !write.dryRun && !write.force) return undefined;
  const query = new URLSearchParams();
  if (write.fieldManager !== undefined) query.set('fieldManager', write.fieldManager);
  if (write.dryRun) query.set('dryRun', 'All');
  if (write.force) query.set('force', 'true');
  return query;
}

function deleteBody(options: DeleteOptions | undefined): unknown {
  return options && { apiVersion: 'v1', kind: 'DeleteOptions', ...options };
}

function withKind(type: ResourceType, object: object): object {
  if ('kind' in object && 'apiVersion' in object) return object;
  return { apiVersion: apiVersionOf(type), kind: type.kind, ...object };
}

/** The server keeps who owns what: to a subresource it need not be sent, copied and compared. */
function withoutOwners(object: KubernetesObject): object {
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _kept, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** kube-apiserver leaves out kind and apiVersion of a typed list's items. */
function itemsWithKind<T extends KubernetesObject>(
  type: ResourceType<T>,
  list: KubernetesList<T>,
): KubernetesList<T> {
  const first = list.items?.[0];
  if (list.items && (first === undefined || first.kind !== undefined)) return list;
  const items = (list.items ?? []).map((item) => withKind(type, item) as T);
  return { ...list, items };
}
