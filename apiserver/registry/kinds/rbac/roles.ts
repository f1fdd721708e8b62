import { type FieldError, invalid, required } from '../../../../api/field-errors.ts';
import type { ResourceType } from '../../../../api/resource.ts';
import type { ClusterRole, PolicyRule, Role } from '../../../../api/types/rbac-v1.ts';
import { validateLabelSelector } from '../../../../api/validation/labels.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { createdAtPrinter } from '../cells.ts';
import { permitRole } from './escalation.ts';

const GROUP = 'rbac.authorization.k8s.io';

function validateRule(rule: PolicyRule, namespaced: boolean, field: string): FieldError[] {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [] } = rule;
  const urls = rule.nonResourceURLs ?? [];
  const errors: FieldError[] = [];
  if (verbs.length === 0) {
    errors.push(required(`${field}.verbs`, 'verbs must contain at least one value'));
  }
  if (urls.length > 0) {
    const at = `${field}.nonResourceURLs`;
    if (namespaced) {
      errors.push(invalid(at, urls, 'namespaced rules cannot apply to non-resource URLs'));
    }
    if (apiGroups.length + resources.length + resourceNames.length > 0) {
      const detail = 'rules cannot apply to both regular resources and non-resource URLs';
      errors.push(invalid(at, urls, detail));
    }
    return errors;
  }
  if (apiGroups.length === 0) {
    const detail = 'resource rules must supply at least one api group';
    errors.push(required(`${field}.apiGroups`, detail));
  }
  if (resources.length === 0) {
    const detail = 'resource rules must supply at least one resource';
    errors.push(required(`${field}.resources`, detail));
  }
  return errors;
}

function validateRules(rules: Role['rules'], namespaced: boolean) {
  return (rules ?? []).flatMap((rule, i) => validateRule(rule, namespaced, `rules[${i}]`));
}

function validateAggregation({ aggregationRule }: ClusterRole): FieldError[] {
  if (aggregationRule === undefined) return [];
  const field = 'aggregationRule.clusterRoleSelectors';
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0) {
    const detail = 'at least one clusterRoleSelector required if aggregationRule is non-nil';
    return [required(field, detail)];
  }
  return selectors.flatMap((selector, i) => {
    const errors = validateLabelSelector(selector, `${field}[${i}]`);
    if (errors.length === 0) return [];
    return [...errors, invalid(`${field}[${i}]`, undefined, 'invalid label selector.')];
  });
}

const roles: ResourceType<Role> = {
  group: GROUP,
  version: 'v1',
  resource: 'roles',
  kind: 'Role',
  namespaced: true,
};

const clusterRoles: ResourceType<ClusterRole> = {
  group: GROUP,
  version: 'v1',
  resource: 'clusterroles',
  kind: 'ClusterRole',
  namespaced: false,
};

export const role = {
  type: roles,
  singular: 'role',
  nameRule: 'pathSegment',
  allowCreateOnUpdate: true,
  validate: ({ rules }) => validateRules(rules, true),
  permitWrite: (change, access) => permitRole(roles, change, access),
  printer: createdAtPrinter,
} satisfies ResourceDeclaration<Role>;

export const clusterRole = {
  type: clusterRoles,
  singular: 'clusterrole',
  nameRule: 'pathSegment',
  allowCreateOnUpdate: true,
  validate: (object) => [...validateRules(object.rules, false), ...validateAggregation(object)],
  permitWrite: (change, access) => permitRole(clusterRoles, change, access),
  printer: createdAtPrinter,
} satisfies ResourceDeclaration<ClusterRole>;
