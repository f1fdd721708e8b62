import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { isStatus } from '../../api/status.ts';
import type { DeleteOptions } from '../../api/types/meta-v1.ts';
import type { VersionParameters } from '../storage/list-options.ts';
import type { ListPage } from '../storage/list-page.ts';
import type { Scope, Selectable } from '../storage/predicate.ts';
import type { ObjectWatcher, WatchParameters } from '../storage/object-storage.ts';
import type { StoredObject } from '../storage/stored-object.ts';
import type { WatchItem } from '../storage/watch-event.ts';
import { answer, type Question } from './answer.ts';
import { type Apply, applying, isAppliable } from './apply.ts';
import { create } from './create.ts';
import { type Asked, passageOf } from './connect.ts';
import type { ConnectSubresource, Passage } from './connect-subresource.ts';
import type { ResourceDeclaration, Subresource } from './declaration.ts';
import { type Deleted, type Deletion, remove } from './delete.ts';
import { notFoundError } from './errors.ts';
import { removePermitted } from './permitted-delete.ts';
import type { Caller, ObjectAt, ResourceContext } from './resource-context.ts';
import { type Update, type Updated, update } from './update.ts';

/** Deletions of one deletecollection under way at the same time. */
const PARALLEL_DELETIONS = 16;

/**
 * The generic registry of one resource: what Kubernetes does with objects of any kind. What is
 * special about this kind stands in its declaration.
 */
export class ResourceStore {
  readonly #context: ResourceContext;

  constructor(context: ResourceContext) {
    this.#context = context;
  }

  get declaration(): ResourceDeclaration {
    return this.#context.declaration;
  }

  /** The revision up to which watchers have been told everything: what a bookmark says. */
  get revision(): number {
    return this.#context.storage.revision;
  }

  subresource(name: string): Subresource<KubernetesObject> | undefined {
    return this.declaration.subresources?.find((subresource) => subresource.name === name);
  }

  /** `resourceVersion` as in the query: "" reads the newest state. */
  async get(at: ObjectAt, resourceVersion = ''): Promise<StoredObject> {
    const object = await this.#context.storage.get(at, resourceVersion);
    if (object === undefined) throw notFoundError(this.declaration.type, at.name);
    return object;
  }

  list(scope: Scope, parameters: VersionParameters): Promise<ListPage> {
    return this.#context.storage.list(scope, parameters);
  }

  watch(scope: Scope, parameters: WatchParameters): Promise<ObjectWatcher> {
    return this.#context.storage.watch(scope, parameters);
  }

  /** `object` is taken over. */
  create(
    sent: { readonly namespace: string; readonly object: Mutable<KubernetesObject> },
    caller: Caller,
  ): Promise<StoredObject> {
    return create(this.#context, sent, caller);
  }

  update(change: Update, caller: Caller): Promise<Updated> {
    return update(this.#context, change, caller);
  }

  /** True if configurations of this kind can be applied. */
  get appliable(): boolean {
    return isAppliable(this.#context);
  }

  apply(change: Apply, caller: Caller): Promise<Updated> {
    return this.update(applying(this.#context, change, caller), caller);
  }

  /** Of a subresource that answers; `sent` is taken over. */
  answer(question: Question, caller: Caller): Promise<KubernetesObject> {
    return answer(this.#context, question, caller);
  }

  connect(name: string): ConnectSubresource<KubernetesObject> | undefined {
    return this.declaration.connects?.find((connect) => connect.name === name);
  }

  /** Who answers a request that is not ours to answer; rejects with StatusError to refuse. */
  passage(asked: Asked, caller: Caller): Promise<Passage> {
    return passageOf(this.#context, asked, caller);
  }

  delete(deletion: Deletion, caller: Caller): Promise<Deleted> {
    const permitted = deletion.subresource?.permit !== undefined;
    return (permitted ? removePermitted : remove)(this.#context, deletion, caller);
  }

  /** Not atomic: objects that come or go meanwhile may be missed. Answers what it found. */
  async deleteCollection(
    of: {
      readonly scope: Scope;
      readonly list: VersionParameters;
      readonly options: DeleteOptions;
    },
    caller: Caller,
  ): Promise<ListPage> {
    const page = await this.list(of.scope, of.list);
    const left = [...page.objects];
    const worker = async (): Promise<void> => {
      for (let object = left.shift(); object !== undefined; object = left.shift()) {
        const { name, namespace = '' } = object.value.metadata;
        const at = { namespace, name: name! };
        await this.#deleteIfThere({ at, options: of.options, collection: true }, caller);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL_DELETIONS }, worker));
    return page;
  }

  async #deleteIfThere(deletion: Deletion, caller: Caller): Promise<void> {
    try {
      await this.delete(deletion, caller);
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }
}

export type {
  Passage,
  ListPage,
  ObjectWatcher,
  Scope,
  Selectable,
  StoredObject,
  Updated,
  VersionParameters,
  WatchItem,
};
