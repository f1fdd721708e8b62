import type { VersionParameters } from '../storage/list-options.ts';
import type { ListPage } from '../storage/list-page.ts';
import { type Scope, selectable } from '../storage/predicate.ts';
import { ResourceCodec } from '../storage/resource-codec.ts';
import { StoredObject } from '../storage/stored-object.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import type { Computed } from './declaration.ts';
import { notFoundError } from './errors.ts';
import type { ObjectAt, ResourceContext } from './resource-context.ts';
import { ResourceStore } from './resource-store.ts';

/** A resource of which nothing is stored: every answer is made up anew, in one page. */
export class ComputedStore extends ResourceStore {
  readonly #context: ResourceContext;
  readonly #computed: Computed<KubernetesObject>;
  readonly #codec: ResourceCodec;

  /** `context` is without a storage. */
  constructor(context: ResourceContext, computed: Computed<KubernetesObject>) {
    super(context);
    this.#context = context;
    this.#computed = computed;
    this.#codec = new ResourceCodec(context.declaration.type);
  }

  override async get({ namespace, name }: ObjectAt): Promise<StoredObject> {
    const [object] = await this.#objects(namespace, name);
    if (object === undefined) throw notFoundError(this.declaration.type, name);
    return this.#shown(object);
  }

  override async list(scope: Scope, _parameters: VersionParameters): Promise<ListPage> {
    const { namespace, predicate } = scope;
    const all = await this.#objects(namespace, predicate?.name);
    const objects = all.filter((object) => predicate?.matches(selectable(object)) ?? true);
    return { revision: 0, objects: objects.map((object) => this.#shown(object)) };
  }

  #objects(namespace: string, name?: string): Promise<readonly KubernetesObject[]> {
    const { clock, others, components, stats } = this.#context;
    const asked = {
      namespace,
      nowMs: clock.now(),
      components,
      stats,
      ...(name === undefined ? {} : { name }),
    };
    return this.#computed.objects(asked, others);
  }

  #shown(value: KubernetesObject): StoredObject {
    return StoredObject.seen(this.#codec, { value, revision: 0 });
  }
}
