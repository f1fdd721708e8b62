import { controllerOf, type KubernetesObject, namespaceOf } from '../../api/meta.ts';
import type { Informer, Lister } from '../../client/informer-interface.ts';

/** By the uid of the controller; orphans by {@link orphanValue} of their namespace. */
export const OWNER_INDEX = 'controller';
export const NAMESPACE_INDEX = 'namespace';

const orphanValue = (namespace: string): string => `orphan in ${namespace}`;

const byController = (object: KubernetesObject): readonly string[] => [
  controllerOf(object)?.uid ?? orphanValue(namespaceOf(object)),
];
const byNamespace = (object: KubernetesObject): readonly string[] => [namespaceOf(object)];

/** Adds both indexes; controllers that share an informer share them. */
export function indexByController<T extends KubernetesObject>(informer: Informer<T>): void {
  informer.addIndex(OWNER_INDEX, byController);
  informer.addIndex(NAMESPACE_INDEX, byNamespace);
}

/** Objects of the namespace that no controller owns. */
export function orphansOf<T>(lister: Lister<T>, namespace: string): readonly T[] {
  return lister.byIndex(OWNER_INDEX, orphanValue(namespace));
}
