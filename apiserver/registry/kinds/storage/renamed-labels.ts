/** Labels of nodes by which volumes were kept to a zone, and the names that they have now. */
import { deepEqual } from '../../../../api/deep.ts';
import type { NodeSelectorTerm, VolumeNodeAffinity } from '../../../../api/types/core-v1.ts';

const NEW_NAMES: ReadonlyMap<string, string> = new Map([
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
  ['beta.kubernetes.io/os', 'kubernetes.io/os'],
  ['beta.kubernetes.io/arch', 'kubernetes.io/arch'],
  ['beta.kubernetes.io/instance-type', 'node.kubernetes.io/instance-type'],
]);

type Expressions = NodeSelectorTerm['matchExpressions'];

/** The old ones, with the new names of those that are renamed in `expressions`. */
const renamed = (old: Expressions, expressions: Expressions): Expressions =>
  old?.map((each, i) => {
    const key = expressions?.[i]?.key;
    return key !== undefined && NEW_NAMES.get(each.key) === key ? { ...each, key } : each;
  });

/** True if nothing but names of labels became what they are called now. */
export function isOnlyRenamed(
  affinity: VolumeNodeAffinity | undefined,
  old: VolumeNodeAffinity,
): boolean {
  const terms = affinity?.required?.nodeSelectorTerms ?? [];
  const nodeSelectorTerms = old.required?.nodeSelectorTerms.map((term, i) => ({
    ...term,
    matchExpressions: renamed(term.matchExpressions, terms[i]?.matchExpressions),
  }));
  const wanted = nodeSelectorTerms === undefined ? {} : { required: { nodeSelectorTerms } };
  return deepEqual(affinity, { ...old, ...wanted });
}
