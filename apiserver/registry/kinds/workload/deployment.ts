import { deepEqual } from '../../../../api/deep.ts';
import { type FieldError, forbidden, invalid, required } from '../../../../api/field-errors.ts';
import { notSupported } from '../../../../api/field-errors.ts';
import { goStruct } from '../../../../api/go-struct.ts';
import type { Mutable } from '../../../../api/meta.ts';
import { deployments } from '../../../../api/resources.ts';
import type {
  Deployment,
  DeploymentSpec,
  DeploymentStatus,
  DeploymentStrategy,
} from '../../../../api/types/apps-v1.ts';
import { validateImmutable } from '../../../../api/validation/object-meta.ts';
import type { ResourceDeclaration, TablePrinter } from '../../declaration.ts';
import {
  age,
  ageColumn,
  column,
  containerCells,
  formatSelector,
  nameColumn,
  wideColumn,
} from '../cells.ts';
import { nonNegative } from '../checks.ts';
import { statusSubresource } from '../status-subresource.ts';
import { isZero, notMoreThanAll, validateShare } from './int-or-percent.ts';
import { scaleSubresource } from './scale-subresource.ts';
import { defaultTemplate, validateReplicas } from './template.ts';
import { namingWarnings } from './template-warnings.ts';

const DEFAULT_SHARE = '25%';

function applyDefaults(deployment: Mutable<Deployment>): void {
  const spec = (deployment.spec ??= {} as Mutable<DeploymentSpec>);
  spec.replicas ??= 1;
  const strategy = (spec.strategy ??= {});
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    const rollingUpdate = (strategy.rollingUpdate ??= {});
    rollingUpdate.maxUnavailable ??= DEFAULT_SHARE;
    rollingUpdate.maxSurge ??= DEFAULT_SHARE;
  }
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  defaultTemplate(spec);
}

const goStrategy = { type: '', rollingUpdate: { maxUnavailable: 0, maxSurge: 0 } } as const;

function validateStrategy(strategy: DeploymentStrategy): FieldError[] {
  const { type, rollingUpdate } = strategy;
  const field = 'spec.strategy';
  if (type === 'Recreate') {
    if (rollingUpdate === undefined) return [];
    const detail = "may not be specified when strategy `type` is 'Recreate'";
    return [forbidden(`${field}.rollingUpdate`, detail)];
  }
  if (type !== 'RollingUpdate') {
    return [notSupported(field, goStruct(strategy, goStrategy), ['Recreate', 'RollingUpdate'])];
  }
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate ?? {};
  const at = `${field}.rollingUpdate`;
  const errors = [
    ...validateShare(maxUnavailable, `${at}.maxUnavailable`),
    ...validateShare(maxSurge, `${at}.maxSurge`),
  ];
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    const detail = 'may not be 0 when `maxSurge` is 0';
    errors.push(invalid(`${at}.maxUnavailable`, maxUnavailable, detail));
  }
  return [...errors, ...notMoreThanAll(maxUnavailable, `${at}.maxUnavailable`)];
}

function validate({ spec }: Deployment): FieldError[] {
  if (spec === undefined) return [required('spec')];
  const errors = [
    ...nonNegative(spec.replicas, 'spec.replicas'),
    ...validateReplicas(spec),
    ...validateStrategy(spec.strategy ?? {}),
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...nonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
    ...nonNegative(spec.progressDeadlineSeconds, 'spec.progressDeadlineSeconds'),
  ];
  const deadline = spec.progressDeadlineSeconds;
  if (deadline !== undefined && deadline <= (spec.minReadySeconds ?? 0)) {
    const detail = 'must be greater than minReadySeconds';
    errors.push(invalid('spec.progressDeadlineSeconds', deadline, detail));
  }
  return errors;
}

function validateStatus(status: DeploymentStatus = {}): FieldError[] {
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0, updatedReplicas = 0 } = status;
  const counts = { ...status, replicas, readyReplicas, availableReplicas, updatedReplicas };
  const errors = (
    [
      'observedGeneration',
      'replicas',
      'updatedReplicas',
      'readyReplicas',
      'availableReplicas',
      'unavailableReplicas',
      'terminatingReplicas',
      'collisionCount',
    ] as const
  ).flatMap((name) => nonNegative(counts[name], `status.${name}`));
  for (const name of ['updatedReplicas', 'readyReplicas', 'availableReplicas'] as const) {
    if (counts[name] <= replicas) continue;
    errors.push(invalid(`status.${name}`, counts[name], 'cannot be greater than status.replicas'));
  }
  if (availableReplicas > readyReplicas) {
    const detail = 'cannot be greater than readyReplicas';
    errors.push(invalid('status.availableReplicas', availableReplicas, detail));
  }
  return errors;
}

/** Collisions only ever add up: forgetting one would make the same name again. */
function validateStatusUpdate({ status }: Deployment, { status: old }: Deployment): FieldError[] {
  const errors = validateStatus(status);
  const before = old?.collisionCount;
  const after = status?.collisionCount;
  if (before !== undefined && (after === undefined || after < before)) {
    errors.push(invalid('status.collisionCount', after, 'cannot be decremented'));
  }
  return errors;
}

const printer: TablePrinter<Deployment> = {
  columns: [
    nameColumn,
    column('Ready'),
    column('Up-to-date'),
    column('Available'),
    ageColumn,
    wideColumn('Containers'),
    wideColumn('Images'),
    wideColumn('Selector'),
  ],
  cells: (deployment, nowMs) => {
    const { spec, status } = deployment;
    return [
      deployment.metadata.name ?? '',
      `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
      status?.updatedReplicas ?? 0,
      status?.availableReplicas ?? 0,
      age(deployment, nowMs),
      ...containerCells(spec.template?.spec?.containers),
      formatSelector(spec.selector),
    ];
  },
};

export const deployment = {
  type: deployments,
  singular: 'deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  hasStatus: true,
  hasGeneration: true,

  applyDefaults,
  prepareForCreate(object) {
    object.status = {};
  },
  /** Annotations count, too: the controller hands them on to the ReplicaSet. */
  prepareForUpdate({ metadata }, old) {
    if (!deepEqual(metadata.annotations ?? {}, old.metadata.annotations ?? {}))
      metadata.generation = (old.metadata.generation ?? 0) + 1;
  },
  validate,
  warnings: (object, old) => namingWarnings(object, old),
  validateUpdate: ({ spec }, { spec: old }) =>
    validateImmutable(spec.selector, old.selector, 'spec.selector'),

  printer,
  subresources: [
    {
      ...statusSubresource<Deployment>({ keeps: 'labels' }),
      validateUpdate: validateStatusUpdate,
    },
    scaleSubresource<Deployment>(),
  ],
} satisfies ResourceDeclaration<Deployment>;
