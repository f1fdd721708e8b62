import {
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../../../api/field-errors.ts';
import type { Mutable } from '../../../../api/meta.ts';
import { replicationControllers } from '../../../../api/resources.ts';
import { matchesLabelSelector } from '../../../../api/selector/label.ts';
import type {
  PodTemplateSpec,
  ReplicationController,
  ReplicationControllerSpec,
} from '../../../../api/types/core-v1.ts';
import type { ResourceDeclaration, TablePrinter } from '../../declaration.ts';
import {
  age,
  ageColumn,
  column,
  containerCells,
  formatLabels,
  nameColumn,
  wideColumn,
} from '../cells.ts';
import { nonNegative } from '../checks.ts';
import { defaultPodTemplate } from '../pod/defaults.ts';
import { validatePodTemplate } from '../pod/validation.ts';
import { statusSubresource } from '../status-subresource.ts';
import { validateReplicaStatus } from './replica-status.ts';
import { scaleSubresource } from './scale-subresource.ts';
import { isChanged, namingWarnings } from './template-warnings.ts';

/** What it selects, and its own labels, are those of its pods unless it says otherwise. */
function applyDefaults(controller: Mutable<ReplicationController>): void {
  const spec = (controller.spec ??= {} as Mutable<ReplicationControllerSpec>);
  spec.replicas ??= 1;
  if (spec.template === undefined) return;
  defaultPodTemplate(spec.template);
  const { labels } = spec.template.metadata ?? {};
  if (labels === undefined) return;
  if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
  const { metadata } = controller;
  if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
}

function validateTemplate(
  template: PodTemplateSpec | undefined,
  selector: Readonly<Record<string, string>>,
): FieldError[] {
  if (template === undefined) return [required('spec.template')];
  const { metadata, spec } = template;
  const errors: FieldError[] = [];
  if (!matchesLabelSelector({ matchLabels: selector }, metadata?.labels)) {
    const detail = '`selector` does not match template `labels`';
    errors.push(invalid('spec.template.metadata.labels', metadata?.labels, detail));
  }
  errors.push(...validatePodTemplate(template, 'spec.template'));
  const restartPolicy = spec?.restartPolicy ?? '';
  if (restartPolicy !== 'Always') {
    errors.push(notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always']));
  }
  if (spec?.activeDeadlineSeconds !== undefined) {
    const detail = 'activeDeadlineSeconds in ReplicationController is not Supported';
    errors.push(forbidden('spec.template.spec.activeDeadlineSeconds', detail));
  }
  return errors;
}

function validate({ spec }: ReplicationController): FieldError[] {
  const selector = spec.selector ?? {};
  const errors = nonNegative(spec.minReadySeconds, 'spec.minReadySeconds');
  if (Object.keys(selector).length === 0) errors.push(required('spec.selector'));
  return [
    ...errors,
    ...nonNegative(spec.replicas, 'spec.replicas'),
    ...validateTemplate(spec.template, selector),
  ];
}

const printer: TablePrinter<ReplicationController> = {
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
  cells: (controller, nowMs) => [
    controller.metadata.name ?? '',
    controller.spec.replicas ?? 0,
    controller.status?.replicas ?? 0,
    controller.status?.readyReplicas ?? 0,
    age(controller, nowMs),
    ...containerCells(controller.spec.template?.spec?.containers),
    formatLabels(controller.spec.selector),
  ],
};

export const replicationController = {
  type: replicationControllers,
  singular: 'replicationcontroller',
  shortNames: ['rc'],
  categories: ['all'],
  storagePrefix: 'controllers',
  hasStatus: true,
  hasGeneration: true,
  defaultPropagation: 'Orphan',

  applyDefaults,
  prepareForCreate(object) {
    object.status = { replicas: 0 };
  },
  validate,
  // As in Kubernetes, a change is told what was odd before.
  warnings: (object, old) =>
    old === undefined || isChanged(object, old) ? namingWarnings(old ?? object) : [],

  selectableFields: {
    'status.replicas': ({ status }) => String(status?.replicas ?? 0),
  },
  printer,
  subresources: [
    {
      ...statusSubresource<ReplicationController>(),
      validateUpdate: ({ status }) => validateReplicaStatus(status),
    },
    scaleSubresource<ReplicationController>(({ spec }) => ({ matchLabels: spec.selector ?? {} })),
  ],
} satisfies ResourceDeclaration<ReplicationController>;
