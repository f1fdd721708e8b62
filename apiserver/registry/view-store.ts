import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { invalidError } from '../../api/field-errors.ts';
import { apiVersionOf } from '../../api/resource.ts';
import { isStatus } from '../../api/status.ts';
import type { DeleteOptions } from '../../api/types/meta-v1.ts';
import type { WatchParameters } from '../storage/object-storage.ts';
import { ResourceCodec } from '../storage/resource-codec.ts';
import { type Selectable, selectable } from '../storage/predicate.ts';
import { StoredObject } from '../storage/stored-object.ts';
import { WatchEvent, type WatchItem } from '../storage/watch-event.ts';
import type { ResourceDeclaration, View } from './declaration.ts';
import type { Deleted, Deletion } from './delete.ts';
import { notFoundError } from './errors.ts';
import type { Caller, ObjectAt, ResourceContext } from './resource-context.ts';
import {
  type ListPage,
  type ObjectWatcher,
  ResourceStore,
  type Scope,
  type VersionParameters,
} from './resource-store.ts';
import type { Update, Updated } from './update.ts';
import { asWritten, lean } from './zeros.ts';

type AnyView = View<KubernetesObject, KubernetesObject>;

/**
 * A resource whose objects are those of another one, seen differently. Everything is converted at
 * this border, each version at most once; what happens behind it is the other resource's affair.
 */
export class ViewStore extends ResourceStore {
  readonly #view: AnyView;
  readonly #stored: ResourceStore;
  readonly #codec: ResourceCodec;
  readonly #objects = new WeakMap<StoredObject, StoredObject>();
  readonly #events = new WeakMap<WatchEvent, WatchEvent>();

  /** `context` is that of the stored resource, with the view's declaration. */
  constructor(context: ResourceContext, view: AnyView) {
    super(context);
    this.#view = view;
    const { of, validateUpdate } = view;
    const changed: ResourceDeclaration =
      validateUpdate === undefined
        ? of
        : {
            ...of,
            validate: (object, old) =>
              old === undefined ? (of.validate?.(object) ?? []) : validateUpdate(object, old),
          };
    this.#stored = new ResourceStore({ ...context, declaration: changed });
    this.#codec = new ResourceCodec(context.declaration.type);
  }

  override async get(at: ObjectAt, resourceVersion?: string): Promise<StoredObject> {
    return this.#seen(await this.#missed(at, this.#stored.get(at, resourceVersion)));
  }

  /** What is missing is missed under this resource's name. */
  async #missed<T>({ name }: ObjectAt, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      const { type } = this.declaration;
      const isOwn = isStatus(error, 'NotFound') && error.status.details?.kind === type.resource;
      throw isOwn ? notFoundError(type, name) : error;
    }
  }

  override async list(scope: Scope, parameters: VersionParameters): Promise<ListPage> {
    return this.#page(await this.#stored.list(this.#scope(scope), parameters));
  }

  override async watch(scope: Scope, parameters: WatchParameters): Promise<ObjectWatcher> {
    const watcher = await this.#stored.watch(this.#scope(scope), parameters);
    return new ViewWatcher(watcher, (event) => this.#event(event));
  }

  override async create(
    sent: { readonly namespace: string; readonly object: Mutable<KubernetesObject> },
    caller: Caller,
  ): Promise<StoredObject> {
    const { namespace } = sent;
    this.#validateNew(sent.object, namespace);
    return this.#seen(
      await this.#stored.create(
        { namespace, object: this.#toStored(sent.object) },
        this.#speaking(caller),
      ),
    );
  }

  #validateNew(object: KubernetesObject, namespace: string): void {
    const metadata = { ...object.metadata, namespace };
    const errors = this.#view.validateNew?.({ ...object, metadata }) ?? [];
    if (errors.length > 0)
      throw invalidError(this.#view.of.type, object.metadata.name ?? '', errors);
  }

  override async update(change: Update, caller: Caller): Promise<Updated> {
    const { at, creates, applied = false, subresource } = change;
    const updated = await this.#stored.update(
      {
        at,
        creates,
        applied,
        subresource: subresource && this.#stored.subresource(subresource.name),
        sent: async (current) =>
          this.#toStored(await change.sent(current && this.#fromStored(current))),
      },
      this.#speaking(caller),
    );
    return { ...updated, object: this.#seen(updated.object) };
  }

  override async delete(deletion: Deletion, caller: Caller): Promise<Deleted> {
    const deleting = this.#stored.delete(deletion, this.#speaking(caller));
    const deleted = await this.#missed(deletion.at, deleting);
    return { ...deleted, object: this.#seen(deleted.object) };
  }

  override async deleteCollection(
    of: {
      readonly scope: Scope;
      readonly list: VersionParameters;
      readonly options: DeleteOptions;
    },
    caller: Caller,
  ): Promise<ListPage> {
    const scope = this.#scope(of.scope);
    const deleted = await this.#stored.deleteCollection({ ...of, scope }, this.#speaking(caller));
    return this.#page(deleted);
  }

  #speaking(caller: Caller): Caller {
    return { ...caller, requestedType: this.declaration.type };
  }

  #toStored(object: Mutable<KubernetesObject>): Mutable<KubernetesObject> {
    this.declaration.applyDefaults?.(object);
    const { type } = this.#view.of;
    const { apiVersion: _a, kind: _k, ...rest } = this.#view.toStored(object);
    return { apiVersion: apiVersionOf(type), kind: type.kind, ...rest };
  }

  #fromStored(object: KubernetesObject): KubernetesObject {
    const { type } = this.declaration;
    const stored = lean(this.#view.of, object);
    const { apiVersion: _a, kind: _k, ...rest } = this.#view.fromStored(stored);
    const seen = { apiVersion: apiVersionOf(type), kind: type.kind, ...rest };
    return asWritten(this.declaration, seen);
  }

  #seen(object: StoredObject): StoredObject {
    let seen = this.#objects.get(object);
    if (seen === undefined) {
      const value = this.#fromStored(object.value);
      seen = StoredObject.seen(this.#codec, { value, revision: object.revision });
      this.#objects.set(object, seen);
    }
    return seen;
  }

  #page(page: ListPage): ListPage {
    return { ...page, objects: page.objects.map((object) => this.#seen(object)) };
  }

  #event(event: WatchEvent): WatchEvent {
    let seen = this.#events.get(event);
    if (seen === undefined) {
      seen = new WatchEvent(event.type, this.#seen(event.object));
      this.#events.set(event, seen);
    }
    return seen;
  }

  /** Selectors are about what the client sees. */
  #scope(scope: Scope): Scope {
    const { predicate } = scope;
    if (predicate === undefined) return scope;
    const matches = ({ value }: Selectable): boolean =>
      predicate.matches(selectable(this.#fromStored(value)));
    return { ...scope, predicate: { name: predicate.name, matches } };
  }
}

class ViewWatcher implements ObjectWatcher {
  readonly #watcher: ObjectWatcher;
  readonly #convert: (event: WatchEvent) => WatchEvent;

  constructor(watcher: ObjectWatcher, convert: (event: WatchEvent) => WatchEvent) {
    this.#watcher = watcher;
    this.#convert = convert;
  }

  async next(): Promise<IteratorResult<WatchItem>> {
    const item = await this.#watcher.next();
    if (item.done === true || item.value.type === 'BOOKMARK') return item;
    return { done: false, value: this.#convert(item.value) };
  }

  async return(): Promise<IteratorResult<WatchItem>> {
    await this.#watcher.return?.();
    return { done: true, value: undefined };
  }

  bookmark(revision: number): void {
    this.#watcher.bookmark(revision);
  }

  end(): void {
    this.#watcher.end();
  }
}
