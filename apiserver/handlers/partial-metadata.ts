import type { KubernetesObject } from '../../api/meta.ts';
import type { GroupVersionKind } from '../../api/schema/table.ts';
import type { MetaVersion } from '../pipeline/accept.ts';

export const partialKind = (version: MetaVersion): GroupVersionKind => ({
  group: 'meta.k8s.io',
  version,
  kind: 'PartialObjectMetadata',
});

/** meta.k8s.io PartialObjectMetadata: an object of which only the metadata is known. */
export function partialMetadata(object: KubernetesObject, version: MetaVersion): object {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: object.metadata,
  };
}
