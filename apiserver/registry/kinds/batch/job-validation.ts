import { deepEqual } from '../../../../api/deep.ts';
import {
  type FieldError,
  invalid,
  notSupported,
  required,
  tooLong,
} from '../../../../api/field-errors.ts';
import type { Mutable } from '../../../../api/meta.ts';
import type { Job, JobSpec } from '../../../../api/types/batch-v1.ts';
import type { PodTemplateSpec } from '../../../../api/types/core-v1.ts';
import { domainPrefixedPath } from '../../../../api/validation/formats.ts';
import { validateLabelSelector } from '../../../../api/validation/labels.ts';
import { byteLength, dns1123Label } from '../../../../api/validation/names.ts';
import { validateImmutable } from '../../../../api/validation/object-meta.ts';
import { nonNegative } from '../checks.ts';
import { validatePodTemplate } from '../pod/validation.ts';
import { validateFailurePolicy, validateSuccessPolicy } from './job-policies.ts';
import { matches, validateGeneratedSelector } from './job-selector.ts';

const MAX_MANAGED_BY_BYTES = 63;
const MAX_PARALLELISM_INDEXED = 100_000;
const MAX_FAILED_INDEXES = 100_000;
/** From so many completions on, with a backoff limit per index, the other limits are lower. */
const MANY_COMPLETIONS = 100_000;
const LIMIT_AT_MANY = 10_000;

const atMost = (limit: number): string => `must be less than or equal to ${limit}`;

function validateIndexed(spec: JobSpec, field: string): FieldError[] {
  const { completions, parallelism = 0, maxFailedIndexes, backoffLimitPerIndex } = spec;
  const errors: FieldError[] = [];
  if (completions === undefined) {
    errors.push(required(`${field}.completions`, 'when completion mode is Indexed'));
  }
  if (parallelism > MAX_PARALLELISM_INDEXED) {
    const detail = `${atMost(MAX_PARALLELISM_INDEXED)} when completion mode is Indexed`;
    errors.push(invalid(`${field}.parallelism`, parallelism, detail));
  }
  const failed = maxFailedIndexes ?? 0;
  if (completions !== undefined && failed > completions) {
    const detail = 'must be less than or equal to completions';
    errors.push(invalid(`${field}.maxFailedIndexes`, failed, detail));
  }
  if (failed > MAX_FAILED_INDEXES) {
    errors.push(invalid(`${field}.maxFailedIndexes`, failed, atMost(MAX_FAILED_INDEXES)));
  }
  if ((completions ?? 0) <= MANY_COMPLETIONS || backoffLimitPerIndex === undefined) return errors;
  if (maxFailedIndexes === undefined) {
    const detail = `must be specified when completions is above ${MANY_COMPLETIONS}`;
    errors.push(required(`${field}.maxFailedIndexes`, detail));
  }
  const detail =
    `${atMost(LIMIT_AT_MANY)} when completions are above ${MANY_COMPLETIONS} ` +
    'and used with backoff limit per index';
  for (const [name, value] of Object.entries({ parallelism, maxFailedIndexes: failed })) {
    if (value > LIMIT_AT_MANY) errors.push(invalid(`${field}.${name}`, value, detail));
  }
  return errors;
}

function validateCompletionMode(spec: JobSpec, field: string): FieldError[] {
  const { completionMode = 'NonIndexed' } = spec;
  if (completionMode === 'Indexed') return validateIndexed(spec, field);
  if (completionMode !== 'NonIndexed') {
    return [notSupported(`${field}.completionMode`, completionMode, ['NonIndexed', 'Indexed'])];
  }
  return (['backoffLimitPerIndex', 'maxFailedIndexes'] as const).flatMap((name) => {
    const value = spec[name];
    if (value === undefined) return [];
    return [invalid(`${field}.${name}`, value, 'requires indexed completion mode')];
  });
}

function validateManagedBy(managedBy: string | undefined, field: string): FieldError[] {
  if (managedBy === undefined) return [];
  const errors = domainPrefixedPath(managedBy, field);
  if (byteLength(managedBy) > MAX_MANAGED_BY_BYTES) {
    errors.push(tooLong(field, MAX_MANAGED_BY_BYTES));
  }
  return errors;
}

function validateReplacement(spec: JobSpec, field: string): FieldError[] {
  const { podReplacementPolicy: policy, podFailurePolicy } = spec;
  if (policy === undefined) return [];
  const supported = podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed'];
  return supported.includes(policy) ? [] : [notSupported(field, policy, supported)];
}

/** Pods of a Job have to end. */
function validateRestartPolicy(spec: JobSpec, field: string): FieldError[] {
  const { restartPolicy = '' } = spec.template?.spec ?? {};
  switch (restartPolicy) {
    case '':
    case 'Always':
      return [required(field, 'valid values: "OnFailure", "Never"')];
    case 'Never':
      return [];
    case 'OnFailure': {
      if (spec.podFailurePolicy === undefined) return [];
      const detail = 'only "Never" is supported when podFailurePolicy is specified';
      return [invalid(field, restartPolicy, detail)];
    }
    default:
      return [notSupported(field, restartPolicy, ['OnFailure', 'Never'])];
  }
}

const counts = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const;

/** A Job's spec but for its selector, which the template of a CronJob may not have. */
export function validateJobTemplateSpec(spec: JobSpec, field: string): FieldError[] {
  const errors = counts.flatMap((name) => nonNegative(spec[name], `${field}.${name}`));
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    const detail = 'when maxFailedIndexes is specified';
    errors.push(required(`${field}.backoffLimitPerIndex`, detail));
  }
  return [
    ...errors,
    ...validateManagedBy(spec.managedBy, `${field}.managedBy`),
    ...validateCompletionMode(spec, field),
    ...validateFailurePolicy(spec, `${field}.podFailurePolicy`),
    ...validateSuccessPolicy(spec, `${field}.successPolicy`),
    ...validateReplacement(spec, `${field}.podReplacementPolicy`),
    ...validatePodTemplate(spec.template ?? {}, `${field}.template`),
    ...validateRestartPolicy(spec, `${field}.template.spec.restartPolicy`),
  ];
}

function validateSelector({ selector, template }: JobSpec): FieldError[] {
  const errors =
    selector === undefined
      ? [required('spec.selector')]
      : validateLabelSelector(selector, 'spec.selector');
  const { labels } = template?.metadata ?? {};
  // Against a selector that cannot be read, the template is not judged.
  if (selector !== undefined && (errors.length > 0 || matches(selector, labels))) return errors;
  const detail = '`selector` does not match template `labels`';
  return [...errors, invalid('spec.template.metadata.labels', labels, detail)];
}

/** The hostname of the last pod must be one. */
function validateHostname({ metadata, spec }: Job): FieldError[] {
  const { completionMode, completions = 0 } = spec;
  if (completionMode !== 'Indexed' || completions <= 0) return [];
  const { name = '' } = metadata;
  const last = `${name}-${completions - 1}`;
  if (dns1123Label(last).length === 0) return [];
  const detail = `will not able to create pod with invalid DNS label: ${last}`;
  return [invalid('metadata.name', name, detail)];
}

export function validateJob(job: Job, old?: Job): FieldError[] {
  return [
    ...validateGeneratedSelector(job, old),
    ...validateJobTemplateSpec(job.spec, 'spec'),
    ...validateSelector(job.spec),
    ...validateHostname(job),
  ];
}

function validateCompletions(spec: JobSpec, old: JobSpec): FieldError[] {
  const field = 'spec.completions';
  const { completions, parallelism } = spec;
  if (spec.completionMode !== 'Indexed') {
    return validateImmutable(completions, old.completions, field);
  }
  const fine = completions === undefined || completions === old.completions;
  if (fine || completions === parallelism) return [];
  return [invalid(field, completions, 'can only be modified in tandem with spec.parallelism')];
}

/** Where pods may run can be changed as long as none was made. */
function withDirectivesOf(old: PodTemplateSpec, template: PodTemplateSpec): PodTemplateSpec {
  const { nodeSelector, tolerations, schedulingGates, affinity } = template.spec ?? {};
  const { nodeAffinity: _n, ...others } = old.spec?.affinity ?? {};
  const merged = {
    ...others,
    ...(affinity?.nodeAffinity === undefined ? {} : { nodeAffinity: affinity.nodeAffinity }),
  };
  const spec = { ...old.spec!, nodeSelector, tolerations, schedulingGates } as Mutable<
    NonNullable<PodTemplateSpec['spec']>
  >;
  if (affinity === undefined && Object.keys(merged).length === 0) delete spec.affinity;
  else spec.affinity = merged as Mutable<typeof merged>;
  const { annotations, labels } = template.metadata ?? {};
  return { ...old, metadata: { ...old.metadata, annotations, labels }, spec } as PodTemplateSpec;
}

function validateTemplateUpdate({ spec }: Job, old: Job): FieldError[] {
  const open = old.spec.suspend === true && old.status?.startTime === undefined;
  const before = open ? withDirectivesOf(old.spec.template, spec.template) : old.spec.template;
  if (deepEqual(spec.template, before)) return [];
  return validateImmutable(spec.template, before, 'spec.template');
}

const immutable = [
  'completionMode',
  'podFailurePolicy',
  'backoffLimitPerIndex',
  'managedBy',
  'successPolicy',
] as const;

export function validateJobUpdate(job: Job, old: Job): FieldError[] {
  return [
    ...validateCompletions(job.spec, old.spec),
    ...validateImmutable(job.spec.selector, old.spec.selector, 'spec.selector'),
    ...validateTemplateUpdate(job, old),
    ...immutable.flatMap((name) =>
      validateImmutable(job.spec[name], old.spec[name], `spec.${name}`),
    ),
  ];
}
