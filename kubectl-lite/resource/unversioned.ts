import type { KubernetesObject } from '../../api/meta.ts';

/** What is made anew has no version yet, whatever its manifest names: kubectl leaves that out. */
export function unversioned(object: KubernetesObject): KubernetesObject {
  const { resourceVersion: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
