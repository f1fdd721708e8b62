import type { KubernetesObject } from '../../api/meta.ts';

/** meta.k8s.io PartialObjectMetadata: an object of which only the metadata is known. */
export function partialMetadata(object: KubernetesObject, version: 'v1' | 'v1beta1'): object {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: object.metadata,
  };
}
