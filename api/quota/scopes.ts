import type { ResourceQuota, ScopedResourceSelectorRequirement } from '../types/core-v1.ts';

/** A quota's scopes in their general form. All must hold. */
export function scopesOf({ spec }: ResourceQuota): readonly ScopedResourceSelectorRequirement[] {
  return [
    ...(spec.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' })),
    ...(spec.scopeSelector?.matchExpressions ?? []),
  ];
}

/**
 * A scope that selects by a class, of which the object may name several: one is enough. "" is
 * none.
 */
export function selects(
  { operator, values = [] }: ScopedResourceSelectorRequirement,
  classes: readonly string[],
): boolean {
  const named = classes.filter((name) => name !== '');
  switch (operator) {
    case 'In':
      return named.some((name) => values.includes(name));
    case 'NotIn':
      return named.length === 0 || named.some((name) => !values.includes(name));
    case 'Exists':
      return named.length > 0;
    case 'DoesNotExist':
      return named.length === 0;
    default:
      return false;
  }
}
