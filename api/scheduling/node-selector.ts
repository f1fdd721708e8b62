import type {
  Node,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  Pod,
} from '../types/core-v1.ts';

type Labels = Readonly<Record<string, string>> | undefined;

const INTEGER = /^[+-]?\d+$/;

function compareIntegers(value: string | undefined, bound: string | undefined): number | undefined {
  if (value === undefined || bound === undefined) return undefined;
  if (!INTEGER.test(value) || !INTEGER.test(bound)) return undefined;
  const difference = BigInt(value) - BigInt(bound);
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
}

/** Gt and Lt need integers on both sides: anything else matches no node. */
function matchesRequirement(
  { operator, values = [] }: NodeSelectorRequirement,
  value: string | undefined,
): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return compareIntegers(value, values[0]) === 1;
    case 'Lt':
      return compareIntegers(value, values[0]) === -1;
    default:
      return false;
  }
}

/** All of its expressions; a term without any matches no node. */
export function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const labels = node.metadata.labels;
  return (
    matchExpressions.every((need) => matchesRequirement(need, labels?.[need.key])) &&
    matchFields.every(
      (need) => need.key === 'metadata.name' && matchesRequirement(need, node.metadata.name),
    )
  );
}

/** Any of its terms; no terms at all match no node. */
export function matchesNodeSelector(selector: NodeSelector, node: Node): boolean {
  return selector.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

function hasLabels(needed: Labels, labels: Labels): boolean {
  for (const key in needed) if (labels?.[key] !== needed[key]) return false;
  return true;
}

/** True if spec.nodeSelector and the required node affinity both accept the node. */
export function matchesNodeAffinity(pod: Pod, node: Node): boolean {
  if (!hasLabels(pod.spec.nodeSelector, node.metadata.labels)) return false;
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || matchesNodeSelector(required, node);
}
