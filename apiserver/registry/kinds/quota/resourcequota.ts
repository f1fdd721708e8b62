import { deepEqual } from '../../../../api/deep.ts';
import { type FieldError, invalid, required } from '../../../../api/field-errors.ts';
import type { Mutable } from '../../../../api/meta.ts';
import { formatQuantity } from '../../../../api/quantity.ts';
import { resourceQuotas } from '../../../../api/resources.ts';
import type {
  ResourceQuota,
  ResourceQuotaSpec,
  ScopedResourceSelectorRequirement,
} from '../../../../api/types/core-v1.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { age, ageColumn, column, nameColumn } from '../cells.ts';
import {
  quantityOf,
  type ResourceList,
  validateQuantity,
  validateResourceName,
} from '../resource-list.ts';
import { statusSubresource } from '../status-subresource.ts';
import { roundAmounts } from '../../../../api/quantity.ts';

const computeResources = ['cpu', 'memory', 'ephemeral-storage', 'storage'];
const objectCounts = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'persistentvolumeclaims',
  'configmaps',
  'services.nodeports',
  'services.loadbalancers',
];
const standardResources = new Set([
  ...['cpu', 'memory', 'ephemeral-storage'],
  ...computeResources.map((name) => `requests.${name}`),
  ...['cpu', 'memory', 'ephemeral-storage'].map((name) => `limits.${name}`),
  ...objectCounts,
]);

const isStandard = (name: string): boolean =>
  standardResources.has(name) ||
  name.startsWith('hugepages-') ||
  name.startsWith('requests.hugepages-');

const podCompute = ['cpu', 'memory', 'limits.cpu', 'limits.memory'];
const podResources = ['pods', ...podCompute, 'requests.cpu', 'requests.memory'];

/** By scope, what it can be applied to. */
const scopeResources: Readonly<Record<string, readonly string[]>> = {
  Terminating: podResources,
  NotTerminating: podResources,
  BestEffort: ['pods'],
  NotBestEffort: podResources,
  PriorityClass: podResources,
  CrossNamespacePodAffinity: podResources,
  VolumeAttributesClass: ['persistentvolumeclaims', 'requests.storage'],
};
const selectedByExistence = [
  'BestEffort',
  'NotBestEffort',
  'Terminating',
  'NotTerminating',
  'CrossNamespacePodAffinity',
];
const conflicting = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;

function validateList(list: ResourceList | undefined, field: string): FieldError[] {
  return Object.entries(list ?? {}).flatMap(([name, value]) => {
    const at = `${field}[${name}]`;
    const errors = validateResourceName(name, at);
    if (!name.includes('/') && !isStandard(name)) {
      errors.push(invalid(at, name, 'must be a standard resource for quota'));
    }
    return [...errors, ...validateQuantity(name, value, at)];
  });
}

function misapplied(scope: string, { hard = {} }: ResourceQuotaSpec): number {
  const fitting = scopeResources[scope];
  if (fitting === undefined) return 0;
  return Object.keys(hard).filter((name) => isStandard(name) && !fitting.includes(name)).length;
}

function conflicts(scopes: readonly string[]): number {
  return conflicting.filter((pair) => pair.every((scope) => scopes.includes(scope))).length;
}

function validateScopes(spec: ResourceQuotaSpec): FieldError[] {
  const { scopes = [] } = spec;
  const fail = (detail: string): FieldError => invalid('spec.scopes', scopes, detail);
  const errors: FieldError[] = [];
  for (const scope of scopes) {
    if (!Object.hasOwn(scopeResources, scope)) errors.push(fail('unsupported scope'));
    for (let i = misapplied(scope, spec); i > 0; i--) {
      errors.push(fail('unsupported scope applied to resource'));
    }
  }
  for (let i = conflicts(scopes); i > 0; i--) errors.push(fail('conflicting scopes'));
  return errors;
}

function validateOperator(
  { scopeName, operator = '', values = [] }: ScopedResourceSelectorRequirement,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (selectedByExistence.includes(scopeName) && operator !== 'Exists') {
    const names = ['Terminating', 'NotTerminating', 'BestEffort', 'NotBestEffort'];
    const list = names.map((name) => `ResourceQuotaScope${name}`).join(', ');
    const detail =
      `must be 'Exists' when scope is any of ${list} or ` +
      'ResourceQuotaScopeCrossNamespacePodAffinity';
    errors.push(invalid(`${field}.operator`, operator, detail));
  }
  switch (operator) {
    case 'In':
    case 'NotIn': {
      if (values.length > 0) return errors;
      const detail =
        "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
      return [...errors, required(`${field}.values`, detail)];
    }
    case 'Exists':
    case 'DoesNotExist': {
      if (values.length === 0) return errors;
      const detail =
        "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
      return [...errors, invalid(`${field}.values`, values, detail)];
    }
    default:
      return [...errors, invalid(`${field}.operator`, operator, 'not a valid selector operator')];
  }
}

/** Kubernetes names no index, and puts no parent before the field. */
function validateScopeSelector(spec: ResourceQuotaSpec): FieldError[] {
  const { scopeSelector } = spec;
  if (scopeSelector === undefined) return [];
  const requirements = scopeSelector.matchExpressions ?? [];
  const field = 'spec.scopeSelector.matchExpressions';
  const errors: FieldError[] = [];
  for (const requirement of requirements) {
    const { scopeName } = requirement;
    if (!Object.hasOwn(scopeResources, scopeName)) {
      errors.push(invalid(`${field}.scopeName`, scopeName, 'unsupported scope'));
    }
    for (let i = misapplied(scopeName, spec); i > 0; i--) {
      errors.push(invalid(field, scopeSelector, 'unsupported scope applied to resource'));
    }
    errors.push(...validateOperator(requirement, field));
  }
  for (let i = conflicts(requirements.map(({ scopeName }) => scopeName)); i > 0; i--) {
    errors.push(invalid(field, spec.scopes, 'conflicting scopes'));
  }
  return errors;
}

function validate({ spec }: ResourceQuota): FieldError[] {
  return [
    ...validateList(spec.hard, 'spec.hard'),
    ...validateScopes(spec),
    ...validateScopeSelector(spec),
  ];
}

function validateUpdate({ spec }: ResourceQuota, { spec: old }: ResourceQuota): FieldError[] {
  const set = (scopes: readonly string[] = []): string[] => [...new Set(scopes)].sort();
  if (deepEqual(set(spec.scopes), set(old.scopes))) return [];
  return [invalid('spec.scopes', spec.scopes, 'field is immutable')];
}

function amount(list: ResourceList | undefined, name: string): string {
  const value = list?.[name];
  const quantity = value === undefined ? undefined : quantityOf(value);
  return quantity === undefined ? '0' : formatQuantity(quantity);
}

/** "pods: 1/4, requests.cpu: 500m/2". */
function usage({ status }: ResourceQuota, limits: boolean): string {
  return Object.keys(status?.hard ?? {})
    .filter((name) => name.startsWith('limits.') === limits)
    .sort()
    .map((name) => `${name}: ${amount(status?.used, name)}/${amount(status?.hard, name)}`)
    .join(', ');
}

export const resourceQuota = {
  type: resourceQuotas,
  singular: 'resourcequota',
  shortNames: ['quota'],
  hasStatus: true,
  returnsDeletedObject: true,
  applyDefaults(object) {
    const spec = (object.spec ??= {} as Mutable<ResourceQuotaSpec>);
    for (const each of [spec.hard, object.status?.hard, object.status?.used]) roundAmounts(each);
  },
  prepareForCreate(object) {
    object.status = {};
  },
  validate,
  validateUpdate,
  printer: {
    columns: [nameColumn, column('Request'), column('Limit'), ageColumn],
    cells: (object, nowMs) => [
      object.metadata.name ?? '',
      usage(object, false),
      usage(object, true),
      age(object, nowMs),
    ],
  },
  subresources: [
    {
      ...statusSubresource<ResourceQuota>(),
      validateUpdate: ({ status }) => [
        ...validateList(status?.hard, 'status.hard'),
        ...validateList(status?.used, 'status.used'),
      ],
    },
  ],
} satisfies ResourceDeclaration<ResourceQuota>;
