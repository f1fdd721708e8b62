import { deepCopy } from '../../api/deep.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { goJson } from '../../api/go-json.ts';

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** What the annotation would hold of the object: annotations are there, itself not among them. */
export function asConfiguration(object: KubernetesObject): KubernetesObject {
  const { [LAST_APPLIED]: _, ...annotations } = object.metadata.annotations ?? {};
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/**
 * The object with its own configuration in the last-applied annotation, newline ended as
 * kubectl's. `bare`: without the empty annotations that a manifest's configuration gets, for what
 * a generator made, and for what was edited.
 */
export function withLastApplied(
  object: KubernetesObject,
  { bare = false }: { readonly bare?: boolean } = {},
): KubernetesObject {
  const plain = deepCopy(object) as Mutable<KubernetesObject>;
  const annotations = { ...plain.metadata.annotations };
  delete annotations[LAST_APPLIED];
  plain.metadata.annotations = annotations;
  if (bare && Object.keys(annotations).length === 0) delete plain.metadata.annotations;
  const configuration = `${goJson(plain)}\n`;
  plain.metadata.annotations = { ...annotations, [LAST_APPLIED]: configuration };
  return plain;
}
