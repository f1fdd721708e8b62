/** Labels of nodes that others have replaced: who still selects by them is told. */
import type { NodeSelectorTerm } from '../../../api/types/core-v1.ts';
import type { LabelSelector } from '../../../api/types/meta-v1.ts';
import { labelValue } from '../../../api/validation/names.ts';

const since = (version: string, label: string): string =>
  `deprecated since ${version}; use "${label}" instead`;

const oldLabels: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', since('v1.14', 'kubernetes.io/arch')],
  ['beta.kubernetes.io/os', since('v1.14', 'kubernetes.io/os')],
  ['failure-domain.beta.kubernetes.io/region', since('v1.17', 'topology.kubernetes.io/region')],
  ['failure-domain.beta.kubernetes.io/zone', since('v1.17', 'topology.kubernetes.io/zone')],
  ['beta.kubernetes.io/instance-type', since('v1.17', 'node.kubernetes.io/instance-type')],
  ['app.kubernetes.io/created-by', 'deprecated since v1.9'],
  [
    'scheduler.alpha.kubernetes.io/preferAvoidPods',
    'deprecated since v1.22; use Taints and Tolerations instead',
  ],
  ['node-role.kubernetes.io/master', 'use "node-role.kubernetes.io/control-plane" instead'],
]);

/** What is said of the label; undefined if nothing is. */
export const oldNodeLabel = (label: string | undefined): string | undefined =>
  label === undefined ? undefined : oldLabels.get(label);

interface Requirement {
  readonly key?: string;
}

function oldKeys(requirements: readonly Requirement[], field: string): string[][] {
  return requirements.map(({ key }, i) => {
    const said = oldNodeLabel(key);
    return said === undefined ? [] : [`${field}[${i}].key: ${key} is ${said}`];
  });
}

/** Values are judged only where validation does not. */
export function oddNodeTerm(
  { matchExpressions = [] }: NodeSelectorTerm,
  field: string,
  options: { readonly values?: boolean } = {},
): string[] {
  const at = `${field}.matchExpressions`;
  return oldKeys(matchExpressions, at).flatMap((said, i) => {
    if (options.values !== true) return said;
    const values = matchExpressions[i]!.values ?? [];
    const faults = values.flatMap((value, j) =>
      labelValue(value).map((fault) => `${at}[${i}].values[${j}]: ${value} is invalid, ${fault}`),
    );
    return [...said, ...faults];
  });
}

export function oldNodeSelector(selector: LabelSelector | undefined, field: string): string[] {
  const { matchExpressions = [], matchLabels = {} } = selector ?? {};
  const byLabel = Object.keys(matchLabels).flatMap((label) => {
    const said = oldNodeLabel(label);
    return said === undefined ? [] : [`${field}.matchLabels.${label}: ${said}`];
  });
  return [...oldKeys(matchExpressions, `${field}.matchExpressions`).flat(), ...byLabel];
}
