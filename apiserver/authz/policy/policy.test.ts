import { describe, expect, it } from 'vitest';
import type { ClusterRole } from '../../../api/types/rbac-v1.ts';
import { missingRules } from '../rbac/covers.ts';
import {
  bootstrapClusterRoleBindings,
  bootstrapClusterRoles,
  bootstrapRoleBindings,
  bootstrapRoles,
} from './objects.ts';
import { reconciledBinding, reconciledRole } from './reconcile.ts';

const roles = new Map(bootstrapClusterRoles().map((role) => [role.metadata.name, role]));
const rulesOf = (name: string) => roles.get(name)?.rules ?? [];
const admins = bootstrapClusterRoleBindings()[0]!;

describe('the default roles', () => {
  it('are those of Kubernetes 1.34, and two of our own', () => {
    expect(roles.size).toBe(31 + 37 + 1);
    expect(bootstrapClusterRoleBindings()).toHaveLength(12 + 37 + 2);
    expect(bootstrapRoles()).toHaveLength(7);
    expect(bootstrapRoleBindings()).toHaveLength(7);
  });

  it('are bound only where there is such a role', () => {
    for (const { roleRef } of bootstrapClusterRoleBindings())
      expect(roles.has(roleRef.name)).toBe(true);
    const namespaced = bootstrapRoles().map(
      ({ metadata }) => `${metadata.namespace}/${metadata.name}`,
    );
    for (const { metadata, roleRef } of bootstrapRoleBindings())
      expect(namespaced).toContain(`${metadata.namespace}/${roleRef.name}`);
  });

  it('give our controllers what each of Kubernetes’ has', () => {
    for (const [name, role] of roles)
      if (name?.startsWith('system:controller:'))
        expect(missingRules(rulesOf('wherry:controllers'), role.rules ?? [])).toEqual([]);
  });

  it('have rules of resources and of paths', () => {
    expect(rulesOf('cluster-admin')).toEqual([
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      { verbs: ['*'], nonResourceURLs: ['*'] },
    ]);
    expect(roles.get('view')?.aggregationRule).toEqual({
      clusterRoleSelectors: [
        { matchLabels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } },
      ],
    });
  });
});

describe('reconciling', () => {
  const expected = roles.get('system:kube-dns')!;

  it('leaves alone what has everything, and what its owner wants left alone', () => {
    const more = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };
    expect(reconciledRole({ ...expected, rules: [...expected.rules!, more] }, expected)).toBe(
      undefined,
    );
    const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'false' };
    const own = { ...expected, metadata: { ...expected.metadata, annotations }, rules: [] };
    expect(reconciledRole<ClusterRole>(own, expected)).toBe(undefined);
  });

  it('adds what is missing, and keeps labels that were changed', () => {
    const labels = { 'kubernetes.io/bootstrapping': 'mine' };
    const changed = { ...expected, metadata: { name: 'system:kube-dns', labels }, rules: [] };
    const next = reconciledRole<ClusterRole>(changed, expected)!;
    expect(missingRules(next.rules ?? [], expected.rules!)).toEqual([]);
    expect(next.metadata).toEqual({ ...expected.metadata, labels });
  });

  it('gives a role back its aggregation, and an aggregated role no rules', () => {
    const view = roles.get('view')!;
    const { aggregationRule, ...without } = view;
    const rules = expected.rules!;
    expect(reconciledRole({ ...without, rules }, view)).toEqual({ ...view, rules: [] });
    expect(reconciledRole({ ...view, rules }, view)).toBe(undefined);
    expect(aggregationRule).toBeDefined();
  });

  it('adds subjects, and makes a binding of another role anew', () => {
    const extra = { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'jane' };
    const next = reconciledBinding({ ...admins, subjects: [extra] }, admins)!;
    expect(next.recreate).toBe(false);
    expect(next.binding.subjects).toEqual([extra, ...admins.subjects!]);
    const other = { ...admins, roleRef: { ...admins.roleRef, name: 'view' } };
    expect(reconciledBinding(other, admins)).toEqual({ recreate: true, binding: admins });
    expect(reconciledBinding(admins, admins)).toBe(undefined);
  });
});
