import { describe, expect, it } from 'vitest';
import type { ClusterRole, PolicyRule } from '../../api/types/rbac-v1.ts';
import { aggregatedRules, gathers } from './plan.ts';

const rule = (resource: string): PolicyRule => ({
  apiGroups: [''],
  resources: [resource],
  verbs: ['get'],
});

function role(name: string, label: string, ...rules: PolicyRule[]): ClusterRole {
  const metadata = { name, labels: { to: label } };
  return { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata, rules };
}

const gathering = (name: string, ...labels: string[]): ClusterRole => ({
  ...role(name, ''),
  aggregationRule: { clusterRoleSelectors: labels.map((to) => ({ matchLabels: { to } })) },
});

describe('the rules of an aggregating role', () => {
  const a = role('a', 'view', rule('pods'), rule('services'));
  const b = role('b', 'view', rule('services'), rule('nodes'));
  const c = role('c', 'edit', rule('secrets'));

  it('are those of the selected roles, each once, by selector and name', () => {
    const view = gathering('view', 'view');
    expect(aggregatedRules(view, [c, b, view, a])).toEqual(['pods', 'services', 'nodes'].map(rule));
    const both = gathering('both', 'edit', 'view');
    expect(aggregatedRules(both, [a, c])).toEqual(['secrets', 'pods', 'services'].map(rule));
  });

  it('are left as they are when nothing changes, and where there is no aggregation', () => {
    const done = { ...gathering('view', 'view'), rules: [rule('pods'), rule('services')] };
    expect(aggregatedRules(done, [a, done])).toBe(undefined);
    expect(aggregatedRules(c, [a, b, c])).toBe(undefined);
  });

  it('go when the last selected role does', () => {
    expect(aggregatedRules({ ...gathering('view', 'view'), rules: [rule('x')] }, [c])).toEqual([]);
  });

  it('never come from the role itself', () => {
    const self = {
      ...gathering('self', 'view'),
      metadata: { name: 'self', labels: { to: 'view' } },
    };
    expect(gathers(self, self)).toBe(false);
    expect(gathers(self, a)).toBe(true);
    expect(gathers(self, c)).toBe(false);
    expect(gathers(a, b)).toBe(false);
  });
});
