import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import type { ResourceType } from '../../api/resource.ts';

/**
 * What is stored besides the object at hand, for the few decisions that span several: which
 * budgets an eviction has to respect.
 */
export interface OtherResources {
  /** As of now; none if the resource is not served. `namespace` "" for all. */
  list<T extends KubernetesObject>(type: ResourceType<T>, namespace: string): Promise<readonly T[]>;
  /**
   * Stores what `change` makes of the object; asks again when another write came between.
   * `change` throws StatusError to refuse. Does nothing if the object is gone.
   */
  update<T extends KubernetesObject>(
    type: ResourceType<T>,
    at: { readonly namespace: string; readonly name: string },
    change: (current: T) => Mutable<T>,
  ): Promise<void>;
}
