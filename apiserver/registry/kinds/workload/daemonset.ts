import { deepEqual } from '../../../../api/deep.ts';
import {
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../../../api/field-errors.ts';
import { goStruct } from '../../../../api/go-struct.ts';
import type { Mutable } from '../../../../api/meta.ts';
import { daemonSets } from '../../../../api/resources.ts';
import { matchesLabelSelector } from '../../../../api/selector/label.ts';
import type {
  DaemonSet,
  DaemonSetSpec,
  DaemonSetStatus,
  DaemonSetUpdateStrategy,
} from '../../../../api/types/apps-v1.ts';
import { validateLabelSelector } from '../../../../api/validation/labels.ts';
import { shownSelector } from '../shown-selector.ts';
import { validateImmutable } from '../../../../api/validation/object-meta.ts';
import type { ResourceDeclaration, Subresource, TablePrinter } from '../../declaration.ts';
import {
  age,
  ageColumn,
  column,
  containerCells,
  formatLabels,
  formatSelector,
  nameColumn,
  wideColumn,
} from '../cells.ts';
import { nonNegative } from '../checks.ts';
import { validatePodTemplate } from '../pod/validation.ts';
import { statusSubresource } from '../status-subresource.ts';
import { isZero, notMoreThanAll, validateShare } from './int-or-percent.ts';
import { defaultTemplate } from './template.ts';
import { podWarnings } from '../pod/warnings.ts';

/** Counts the changes of the template; a field of its own before apps/v1. */
const GENERATION = 'deprecated.daemonset.template.generation';

function setTemplateGeneration(daemonSet: Mutable<DaemonSet>, generation: number): void {
  const { metadata } = daemonSet;
  metadata.annotations = { ...metadata.annotations, [GENERATION]: String(generation) };
}

function templateGeneration({ metadata }: DaemonSet): number {
  const generation = Number(metadata.annotations?.[GENERATION] ?? 0);
  return Number.isInteger(generation) ? generation : 0;
}

function applyDefaults(daemonSet: Mutable<DaemonSet>): void {
  const spec = (daemonSet.spec ??= {} as Mutable<DaemonSetSpec>);
  const strategy = (spec.updateStrategy ??= {});
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    const rollingUpdate = (strategy.rollingUpdate ??= {});
    rollingUpdate.maxUnavailable ??= 1;
    rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
  defaultTemplate(spec);
  // Decoding gives it to every object, so whoever writes one owns it.
  if (daemonSet.metadata.annotations?.[GENERATION] === undefined)
    setTemplateGeneration(daemonSet, 0);
}

const goStrategy = { type: '', rollingUpdate: { maxUnavailable: 0, maxSurge: 0 } } as const;

function validateStrategy(strategy: DaemonSetUpdateStrategy, field: string): FieldError[] {
  const { type, rollingUpdate } = strategy;
  if (type === 'OnDelete') return [];
  if (type !== 'RollingUpdate') {
    return [notSupported(field, goStruct(strategy, goStrategy), ['RollingUpdate', 'OnDelete'])];
  }
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate ?? {};
  const unavailable = `${field}.rollingUpdate.maxUnavailable`;
  const surge = `${field}.rollingUpdate.maxSurge`;
  const errors = [
    ...validateShare(maxUnavailable, unavailable),
    ...validateShare(maxSurge, surge),
    ...notMoreThanAll(maxUnavailable, unavailable),
    ...notMoreThanAll(maxSurge, surge),
  ];
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    errors.push(required(unavailable, 'cannot be 0 when maxSurge is 0'));
  } else if (!isZero(maxUnavailable) && !isZero(maxSurge)) {
    errors.push(invalid(surge, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  }
  return errors;
}

function validateSelection({ selector, template }: DaemonSetSpec): FieldError[] {
  const errors = validateLabelSelector(selector, 'spec.selector');
  const { labels } = template?.metadata ?? {};
  if (errors.length === 0 && !matchesLabelSelector(selector, labels)) {
    const detail = '`selector` does not match template `labels`';
    errors.push(invalid('spec.template.metadata.labels', labels, detail));
  }
  if (selector === undefined) return errors;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  if (Object.keys(matchLabels).length + matchExpressions.length === 0) {
    errors.push(
      invalid('spec.selector', shownSelector(selector), 'empty selector is invalid for daemonset'),
    );
  }
  return errors;
}

function validate({ spec }: DaemonSet): FieldError[] {
  const errors = [
    ...validateSelection(spec),
    ...validatePodTemplate(spec.template ?? {}, 'spec.template'),
  ];
  const { restartPolicy = '', activeDeadlineSeconds } = spec.template?.spec ?? {};
  if (restartPolicy !== 'Always') {
    errors.push(notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always']));
  }
  if (activeDeadlineSeconds !== undefined) {
    const detail = 'activeDeadlineSeconds in DaemonSet is not Supported';
    errors.push(forbidden('spec.template.spec.activeDeadlineSeconds', detail));
  }
  return [
    ...errors,
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...validateStrategy(spec.updateStrategy ?? {}, 'spec.updateStrategy'),
    ...nonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
  ];
}

const counts = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
] as const;

function validateStatus(
  { status = {} as DaemonSetStatus }: DaemonSet,
  { status: old }: DaemonSet,
): FieldError[] {
  const errors = counts.flatMap((name) => nonNegative(status[name], `status.${name}`));
  const collisions = status.collisionCount ?? 0;
  if (old?.collisionCount !== undefined && collisions < old.collisionCount) {
    errors.push(invalid('status.collisionCount', collisions, 'cannot be decremented'));
  }
  return errors;
}

const status = statusSubresource<DaemonSet>();

/** What counts the changes of the spec is no status. */
const statusOfDaemonSet: Subresource<DaemonSet> = {
  ...status,
  write(sent, parent, context) {
    const written = status.write(sent, parent, context);
    setTemplateGeneration(written, templateGeneration(parent));
    return written;
  },
  validateUpdate: validateStatus,
};

const printer: TablePrinter<DaemonSet> = {
  columns: [
    nameColumn,
    column('Desired', 'integer'),
    column('Current', 'integer'),
    column('Ready', 'integer'),
    column('Up-to-date', 'integer'),
    column('Available', 'integer'),
    column('Node Selector'),
    ageColumn,
    wideColumn('Containers'),
    wideColumn('Images'),
    wideColumn('Selector'),
  ],
  cells: (daemonSet, nowMs) => {
    const { metadata, spec, status } = daemonSet;
    return [
      metadata.name ?? '',
      status?.desiredNumberScheduled ?? 0,
      status?.currentNumberScheduled ?? 0,
      status?.numberReady ?? 0,
      status?.updatedNumberScheduled ?? 0,
      status?.numberAvailable ?? 0,
      formatLabels(spec.template?.spec?.nodeSelector),
      age(daemonSet, nowMs),
      ...containerCells(spec.template?.spec?.containers),
      formatSelector(spec.selector),
    ];
  },
};

export const daemonSet = {
  type: daemonSets,
  singular: 'daemonset',
  shortNames: ['ds'],
  categories: ['all'],
  hasStatus: true,
  hasGeneration: true,

  applyDefaults,
  prepareForCreate(object) {
    object.status = {
      currentNumberScheduled: 0,
      numberMisscheduled: 0,
      desiredNumberScheduled: 0,
      numberReady: 0,
    };
    setTemplateGeneration(object, Math.max(1, templateGeneration(object)));
  },
  prepareForUpdate(object, old) {
    const changed = !deepEqual(object.spec.template, old.spec.template);
    setTemplateGeneration(object, templateGeneration(old) + (changed ? 1 : 0));
  },
  validate: (object, old) => [
    ...(old === undefined
      ? []
      : validateImmutable(object.spec.selector, old.spec.selector, 'spec.selector')),
    ...validate(object),
  ],
  warnings: (object, old) =>
    old !== undefined && templateGeneration(object) === templateGeneration(old)
      ? []
      : podWarnings(object.spec.template ?? {}, 'spec.template'),

  printer,
  subresources: [statusOfDaemonSet],
} satisfies ResourceDeclaration<DaemonSet>;
