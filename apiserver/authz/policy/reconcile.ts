/**
 * What becomes of a default role or binding that is there already: what is missing is added, what
 * somebody added stays, and an object whose annotation says so is left alone.
 */
import { deepEqual } from '../../../api/deep.ts';
import type { ObjectMeta } from '../../../api/types/meta-v1.ts';
import type {
  ClusterRole,
  ClusterRoleBinding,
  Role,
  RoleBinding,
} from '../../../api/types/rbac-v1.ts';
import { missingRules } from '../rbac/covers.ts';
import { AUTOUPDATE } from './objects.ts';

type AnyRole = Role | ClusterRole;
type AnyBinding = RoleBinding | ClusterRoleBinding;

/** Undefined: nothing is missing. */
export function reconciledRole<T extends AnyRole>(existing: T, expected: T): T | undefined {
  const metadata = reconciledMetadata(existing.metadata, expected.metadata);
  if (metadata === undefined) return undefined;
  const next: T = { ...existing, metadata, ...missingRights(existing, expected) };
  return deepEqual(next, existing) ? undefined : next;
}

/** Undefined: nothing is missing. `recreate`: what a binding is for cannot be changed. */
export function reconciledBinding<T extends AnyBinding>(
  existing: T,
  expected: T,
): { readonly recreate: boolean; readonly binding: T } | undefined {
  const metadata = reconciledMetadata(existing.metadata, expected.metadata);
  if (metadata === undefined) return undefined;
  if (!deepEqual(existing.roleRef, expected.roleRef)) return { recreate: true, binding: expected };
  const subjects = existing.subjects ?? [];
  const missing = (expected.subjects ?? []).filter(
    (subject) => !subjects.some((one) => deepEqual(one, subject)),
  );
  const added = missing.length === 0 ? {} : { subjects: [...subjects, ...missing] };
  const next: T = { ...existing, metadata, ...added };
  return deepEqual(next, existing) ? undefined : { recreate: false, binding: next };
}

/** Undefined: hands off. */
function reconciledMetadata(existing: ObjectMeta, expected: ObjectMeta): ObjectMeta | undefined {
  if (existing.annotations?.[AUTOUPDATE] === 'false') return undefined;
  const labels = { ...expected.labels, ...existing.labels };
  const annotations = { ...expected.annotations, ...existing.annotations };
  return { ...existing, labels, annotations };
}

function missingRights(existing: AnyRole, expected: AnyRole): Partial<ClusterRole> {
  if (!('aggregationRule' in expected)) {
    if (deepEqual(existing.rules, expected.rules)) return {};
    const missing = missingRules(existing.rules ?? [], expected.rules ?? []);
    return missing.length === 0 ? {} : { rules: [...(existing.rules ?? []), ...missing] };
  }
  const wanted = expected.aggregationRule?.clusterRoleSelectors ?? [];
  const rule = (existing as ClusterRole).aggregationRule;
  const held = rule?.clusterRoleSelectors ?? [];
  const missing = wanted.filter((selector) => !held.some((one) => deepEqual(one, selector)));
  if (missing.length === 0) return {};
  const aggregationRule = { clusterRoleSelectors: [...held, ...missing] };
  // Rules of its own would stand beside those that are put together.
  return rule === undefined ? { aggregationRule, rules: [] } : { aggregationRule };
}
