import { deepCopy } from '../../api/deep.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { goJson } from '../printers/json.ts';

export const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * The object with its own configuration in the last-applied annotation, newline ended as
 * kubectl's.
 */
export function withLastApplied(object: KubernetesObject): KubernetesObject {
  const plain = deepCopy(object) as Mutable<KubernetesObject>;
  const annotations = { ...plain.metadata.annotations };
  delete annotations[lastApplied];
  plain.metadata.annotations = annotations;
  const configuration = `${goJson(plain)}\n`;
  plain.metadata.annotations = { ...annotations, [lastApplied]: configuration };
  return plain;
}
