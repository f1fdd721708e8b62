/** The labels by which a Job knows its pods from those of every other Job. */
import { type FieldError, invalid, required } from '../../../../api/field-errors.ts';
import type { Mutable } from '../../../../api/meta.ts';
import { matchesLabelSelector } from '../../../../api/selector/label.ts';
import type { Job } from '../../../../api/types/batch-v1.ts';

const CONTROLLER_UID = 'batch.kubernetes.io/controller-uid';
const JOB_NAME = 'batch.kubernetes.io/job-name';

/** The names before 1.27 are kept beside those with a prefix. */
function identity(uid: string, name: string, prefixed = true): Record<string, string> {
  const plain = { 'controller-uid': uid, 'job-name': name };
  return prefixed ? { ...plain, [CONTROLLER_UID]: uid, [JOB_NAME]: name } : plain;
}

/** A job from before 1.27 may stay without. */
function needsPrefixed(old: Job | undefined): boolean {
  const labels = old?.spec.template?.metadata?.labels ?? {};
  return old === undefined || (CONTROLLER_UID in labels && JOB_NAME in labels);
}

/** What the client gave stays, and is refused later if it is wrong. */
export function generateSelector({ metadata, spec }: Mutable<Job>): void {
  const { uid = '', name = '' } = metadata;
  const template = (spec.template.metadata ??= {});
  template.labels = { ...identity(uid, name), ...template.labels };
  const selector = (spec.selector ??= {});
  selector.matchLabels = { [CONTROLLER_UID]: uid, ...selector.matchLabels };
}

/** A generated selector that does not say whose pods these are could take those of another Job. */
export function validateGeneratedSelector({ metadata, spec }: Job, old?: Job): FieldError[] {
  if (spec.manualSelector === true || spec.selector === undefined) return [];
  const { uid = '', name = '' } = metadata;
  const { labels = {} } = spec.template?.metadata ?? {};
  const expected = identity(uid, name, needsPrefixed(old));
  const errors = Object.entries(expected).flatMap(([key, value]) => {
    const field = `spec.template.metadata.labels[${key}]`;
    const detail = `must be '${value}'`;
    if (labels[key] === undefined) return [required(field, detail)];
    return labels[key] === value ? [] : [invalid(field, labels, detail)];
  });
  if (!matches(spec.selector, expected)) {
    errors.push(invalid('spec.selector', spec.selector, '`selector` not auto-generated'));
  }
  return errors;
}

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/** True also for a selector that cannot be read, which is refused for that. */
export function matches(
  selector: NonNullable<Job['spec']['selector']>,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  const readable = (selector.matchExpressions ?? []).every(({ operator }) =>
    operators.includes(operator),
  );
  return !readable || matchesLabelSelector(selector, labels);
}
