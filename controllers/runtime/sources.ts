/** Where keys come from. Each source adds keys to a queue for what an informer sees. */
import { controllerOf, keyOf, type KubernetesObject, namespaceOf } from '../../api/meta.ts';
import type { Informer } from '../../client/informer-interface.ts';
import type { WorkQueue } from '../../client/work-queue.ts';

/** False: the change is of no interest. `old` is absent for new and deleted objects. */
export type Predicate<T> = (current: T, old?: T) => boolean;

/** The keys of the objects themselves. */
export function enqueueSelf<T extends KubernetesObject>(
  informer: Informer<T>,
  queue: WorkQueue,
  predicate: Predicate<T> = () => true,
): void {
  const add = (object: T, old?: T): void => {
    if (predicate(object, old)) queue.add(keyOf(object));
  };
  informer.addHandler({
    added: (object) => add(object),
    updated: (old, object) => add(object, old),
    deleted: (object) => add(object),
  });
}

/** The keys that `keysOf` names, of both states when an object changes. */
export function enqueueMapped<T extends KubernetesObject>(
  informer: Informer<T>,
  queue: WorkQueue,
  keysOf: (object: T) => readonly string[],
): void {
  const add = (object: T): void => {
    for (const key of keysOf(object)) queue.add(key);
  };
  informer.addHandler({
    added: add,
    updated: (old, object) => {
      add(old);
      add(object);
    },
    deleted: add,
  });
}

/** The key of an object's controller, if it is of that kind. */
export function controllerKey(object: KubernetesObject, kind: string): string | undefined {
  const owner = controllerOf(object);
  return owner?.kind === kind ? `${namespaceOf(object)}/${owner.name}` : undefined;
}
