import { deepEqual } from '../../api/deep.ts';
import { nameOf } from '../../api/meta.ts';
import type { ClusterRole, PolicyRule } from '../../api/types/rbac-v1.ts';
import { labelMatcher } from '../runtime/label-selector.ts';

/** True if `role` gathers its rules from others, and `other` may be one of them. */
export function gathers(role: ClusterRole, other: ClusterRole): boolean {
  const selectors = role.aggregationRule?.clusterRoleSelectors ?? [];
  if (nameOf(role) === nameOf(other)) return false;
  return selectors.some((selector) => labelMatcher(selector)(other.metadata.labels));
}

/**
 * The rules an aggregating role should have: each of those of the selected roles once, in the
 * order of the selectors and then of names. Undefined: it has them, or gathers none.
 */
export function aggregatedRules(
  role: ClusterRole,
  all: readonly ClusterRole[],
): readonly PolicyRule[] | undefined {
  const selectors = role.aggregationRule?.clusterRoleSelectors;
  if (selectors === undefined) return undefined;
  const others = all
    .filter((other) => nameOf(other) !== nameOf(role))
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const rules: PolicyRule[] = [];
  for (const selector of selectors) {
    const matches = labelMatcher(selector);
    for (const other of others.filter(({ metadata }) => matches(metadata.labels)))
      for (const rule of other.rules ?? [])
        if (!rules.some((known) => deepEqual(known, rule))) rules.push(rule);
  }
  return deepEqual(rules, role.rules ?? []) ? undefined : rules;
}
