import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import type { ResourceType } from '../../api/resource.ts';
import { objectSuffix } from '../storage/keys.ts';
import type { ResourceStorage } from '../storage/resource-storage.ts';
import type { Storage } from '../storage/storage.ts';
import type { ResourceDeclaration } from './declaration.ts';
import type { OtherResources } from './other-resources.ts';

/**
 * False for another face of a resource's objects, a question, what is made up when asked, and what
 * acts on others.
 */
export function isStored({ view, review, computed, actsOn }: ResourceDeclaration): boolean {
  return [view, review, computed, actsOn].every((other) => other === undefined);
}

/** Every resource there is, below admission and validation: for the server's own bookkeeping. */
export class StoredResources implements OtherResources {
  readonly #storage: Storage;
  /** By "group/resource". */
  readonly #prefixes = new Map<string, string>();

  constructor(storage: Storage, declarations: readonly ResourceDeclaration[]) {
    this.#storage = storage;
    for (const { type, storagePrefix } of declarations.filter(isStored))
      this.#prefixes.set(keyOf(type), storagePrefix ?? type.resource);
  }

  async list<T extends KubernetesObject>(
    type: ResourceType<T>,
    namespace: string,
  ): Promise<readonly T[]> {
    const page = await this.#resource(type)?.list({ namespace }, { resourceVersion: '' });
    return (page?.objects ?? []).map((object) => object.value as T);
  }

  async update<T extends KubernetesObject>(
    type: ResourceType<T>,
    at: { readonly namespace: string; readonly name: string },
    change: (current: T) => Mutable<T>,
  ): Promise<void> {
    const suffix = objectSuffix(at.namespace, at.name);
    await this.#resource(type)?.writer.transact(suffix, (current) =>
      current === undefined
        ? { type: 'keep' }
        : { type: 'put', object: change(current.value as T) },
    );
  }

  #resource(type: ResourceType): ResourceStorage | undefined {
    const prefix = this.#prefixes.get(keyOf(type));
    return prefix === undefined ? undefined : this.#storage.resource(prefix);
  }
}

function keyOf({ group, resource }: ResourceType): string {
  return `${group}/${resource}`;
}
