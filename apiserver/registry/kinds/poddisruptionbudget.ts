import { type FieldError, invalid } from '../../../api/field-errors.ts';
import { goStruct } from '../../../api/go-struct.ts';
import { podDisruptionBudgets } from '../../../api/resources.ts';
import type { PodDisruptionBudget } from '../../../api/types/policy-v1.ts';
import { validateConditions } from '../../../api/validation/conditions.ts';
import { validateLabelSelector } from '../../../api/validation/labels.ts';
import type { ResourceDeclaration, TablePrinter } from '../declaration.ts';
import { age, ageColumn, column, nameColumn } from './cells.ts';
import { nonNegative, oneOf } from './checks.ts';
import { statusSubresource } from './status-subresource.ts';
import { notMoreThanAll, validateShare } from './workload/int-or-percent.ts';

const goSpec = {
  minAvailable: null,
  selector: null,
  maxUnavailable: null,
  unhealthyPodEvictionPolicy: null,
} as const;

function validate({ spec }: PodDisruptionBudget): FieldError[] {
  const errors: FieldError[] = [];
  const { minAvailable, maxUnavailable } = spec;
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    const detail = 'minAvailable and maxUnavailable cannot be both set';
    errors.push(invalid('spec', goStruct(spec, goSpec), detail));
  }
  for (const [name, value] of Object.entries({ minAvailable, maxUnavailable })) {
    if (value === undefined) continue;
    errors.push(...validateShare(value, `spec.${name}`), ...notMoreThanAll(value, `spec.${name}`));
  }
  errors.push(...validateLabelSelector(spec.selector, 'spec.selector'));
  const policy = { field: 'spec.unhealthyPodEvictionPolicy', pointer: true };
  const policies = ['AlwaysAllow', 'IfHealthyBudget'];
  return [...errors, ...oneOf(spec.unhealthyPodEvictionPolicy, policies, policy)];
}

const counts = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const;

function validateStatus({ status }: PodDisruptionBudget): FieldError[] {
  return [
    ...validateConditions(status?.conditions, 'status.conditions'),
    ...counts.flatMap((name) => nonNegative(status?.[name], `status.${name}`)),
  ];
}

const printer: TablePrinter<PodDisruptionBudget> = {
  columns: [
    nameColumn,
    column('Min Available'),
    column('Max Unavailable'),
    column('Allowed Disruptions', 'integer'),
    ageColumn,
  ],
  cells: (budget, nowMs) => [
    budget.metadata.name ?? '',
    String(budget.spec.minAvailable ?? 'N/A'),
    String(budget.spec.maxUnavailable ?? 'N/A'),
    budget.status?.disruptionsAllowed ?? 0,
    age(budget, nowMs),
  ],
};

export const podDisruptionBudget = {
  type: podDisruptionBudgets,
  singular: 'poddisruptionbudget',
  shortNames: ['pdb'],
  // Kubernetes does not judge their metadata.
  nameRule: 'pathSegment',
  hasStatus: true,
  hasGeneration: true,
  allowUnconditionalUpdate: false,

  applyDefaults(object) {
    object.spec ??= {};
  },
  prepareForCreate(object) {
    object.status = {
      disruptionsAllowed: 0,
      currentHealthy: 0,
      desiredHealthy: 0,
      expectedPods: 0,
    };
  },
  validate,
  printer,
  subresources: [{ ...statusSubresource<PodDisruptionBudget>(), validateUpdate: validateStatus }],
} satisfies ResourceDeclaration<PodDisruptionBudget>;
