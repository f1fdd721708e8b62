import { type FieldError, required } from '../../../../api/field-errors.ts';
import { replicaSets } from '../../../../api/resources.ts';
import type { ReplicaSet, ReplicaSetSpec } from '../../../../api/types/apps-v1.ts';
import type { Mutable } from '../../../../api/meta.ts';
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
import { validateReplicaStatus } from './replica-status.ts';
import { scaleSubresource } from './scale-subresource.ts';
import { defaultTemplate, validateReplicas } from './template.ts';
import { namingWarnings } from './template-warnings.ts';

function validate({ spec }: ReplicaSet): FieldError[] {
  if (spec === undefined) return [required('spec')];
  return [
    ...nonNegative(spec.replicas, 'spec.replicas'),
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...validateReplicas(spec),
  ];
}

const printer: TablePrinter<ReplicaSet> = {
  columns: [
    nameColumn,
    column('Desired', 'integer'),
    column('Current', 'integer'),
    column('Ready', 'integer'),
    ageColumn,
    wideColumn('Containers'),
    wideColumn('Images'),
    wideColumn('Selector'),
  ],
  cells: (replicaSet, nowMs) => [
    replicaSet.metadata.name ?? '',
    replicaSet.spec.replicas ?? 0,
    replicaSet.status?.replicas ?? 0,
    replicaSet.status?.readyReplicas ?? 0,
    age(replicaSet, nowMs),
    ...containerCells(replicaSet.spec.template?.spec?.containers),
    formatSelector(replicaSet.spec.selector),
  ],
};

export const replicaSet = {
  type: replicaSets,
  singular: 'replicaset',
  shortNames: ['rs'],
  categories: ['all'],
  hasStatus: true,
  hasGeneration: true,

  applyDefaults(object) {
    const spec = (object.spec ??= {} as Mutable<ReplicaSetSpec>);
    spec.replicas ??= 1;
    defaultTemplate(spec);
  },
  prepareForCreate(object) {
    object.status = { replicas: 0 };
  },
  validate,
  warnings: (object, old) => namingWarnings(object, old),
  validateUpdate: ({ spec }, { spec: old }) =>
    validateImmutable(spec.selector, old.selector, 'spec.selector'),

  selectableFields: {
    'status.replicas': ({ status }) => String(status?.replicas ?? 0),
  },
  printer,
  subresources: [
    {
      ...statusSubresource<ReplicaSet>(),
      validateUpdate: ({ status }) => validateReplicaStatus(status),
    },
    scaleSubresource<ReplicaSet>(),
  ],
} satisfies ResourceDeclaration<ReplicaSet>;
