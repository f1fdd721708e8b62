/**
 * A Job's status may only move forward, and has to agree with itself: other controllers than ours
 * may write it (`managedBy`).
 */
import { deepEqual } from '../../../../api/deep.ts';
import {
  duplicate,
  type FieldError,
  invalid,
  invalidUnshown,
  required,
} from '../../../../api/field-errors.ts';
import { parseTime } from '../../../../api/time.ts';
import type { Job, JobStatus } from '../../../../api/types/batch-v1.ts';
import { nonNegative } from '../checks.ts';
import { isFinished, isTrue } from './conditions.ts';
import { countIndexes, IndexesError, overlap } from './indexes.ts';

/** One write: `moved` says whether a part of the status is another than before. */
interface Move {
  readonly job: Job;
  readonly old: Job;
  readonly status: JobStatus;
  readonly before: JobStatus;
  readonly moved: (...fields: readonly (keyof JobStatus)[]) => boolean;
  /** The truth of a condition changed. */
  readonly turned: (...types: readonly string[]) => boolean;
}

function moveOf(job: Job, old: Job): Move {
  const status = job.status ?? {};
  const before = old.status ?? {};
  return {
    job,
    old,
    status,
    before,
    moved: (...fields) => fields.some((field) => !deepEqual(status[field], before[field])),
    turned: (...types) => types.some((type) => isTrue(job, type) !== isTrue(old, type)),
  };
}

const conditions = (detail: string): FieldError => invalidUnshown('status.conditions', detail);

function validateUncounted({ uncountedTerminatedPods: uncounted }: JobStatus): FieldError[] {
  const seen = new Set<string>();
  return (['succeeded', 'failed'] as const).flatMap((list) =>
    (uncounted?.[list] ?? []).flatMap((uid, i) => {
      const field = `status.uncountedTerminatedPods.${list}[${i}]`;
      if (uid === '') return [invalid(field, uid, 'must not be empty')];
      if (seen.has(uid)) return [duplicate(field, uid)];
      seen.add(uid);
      return [];
    }),
  );
}

function validateOutcome({ job, moved, turned, status }: Move): FieldError[] {
  const errors: FieldError[] = [];
  const complete = isTrue(job, 'Complete');
  const failed = isTrue(job, 'Failed');
  if (turned('Complete', 'Failed') && complete && failed) {
    errors.push(conditions('cannot set Complete=True and Failed=true conditions'));
  }
  if (turned('Complete', 'FailureTarget') && complete && isTrue(job, 'FailureTarget')) {
    errors.push(conditions('cannot set Complete=True and FailureTarget=true conditions'));
  }
  const { completionTime, startTime } = status;
  const field = 'status.completionTime';
  if (turned('Complete') || moved('completionTime')) {
    if (completionTime !== undefined && !complete) {
      const detail = 'cannot set completionTime when there is no Complete=True condition';
      errors.push(invalid(field, completionTime, detail));
    } else if (completionTime === undefined && complete) {
      errors.push(required(field, 'completionTime is required for Complete jobs'));
    }
  }
  if (moved('startTime', 'completionTime') && startTime && completionTime) {
    if ((parseTime(completionTime) ?? 0) < (parseTime(startTime) ?? 0)) {
      errors.push(invalid(field, completionTime, 'must be equal to or after `startTime`'));
    }
  }
  if ((turned('Failed') || moved('failedIndexes')) && failed && !isTrue(job, 'FailureTarget')) {
    const detail = 'cannot set Failed=True condition without the FailureTarget=true condition';
    errors.push(conditions(detail));
  }
  if (turned('Complete', 'SuccessCriteriaMet') && complete && !isTrue(job, 'SuccessCriteriaMet')) {
    const detail =
      'cannot set Complete=True condition without the SuccessCriteriaMet=true condition';
    errors.push(conditions(detail));
  }
  return errors;
}

function validateFinished({ job, old, moved, status }: Move): FieldError[] {
  if (!isFinished(job)) return [];
  const ended = !isFinished(old);
  const errors: FieldError[] = [];
  const { active = 0, startTime, terminating = 0, uncountedTerminatedPods: uncounted } = status;
  if ((ended || moved('active')) && active > 0) {
    errors.push(invalid('status.active', active, 'active>0 is invalid for finished job'));
  }
  const nothingToDo = job.spec.suspend === true && job.spec.completions === 0;
  if ((ended || moved('startTime')) && startTime === undefined && !nothingToDo) {
    errors.push(required('status.startTime', 'startTime is required for finished job'));
  }
  const left = (uncounted?.failed?.length ?? 0) + (uncounted?.succeeded?.length ?? 0);
  if ((ended || moved('uncountedTerminatedPods')) && left > 0) {
    const detail = 'must be empty for finished job';
    errors.push(invalid('status.uncountedTerminatedPods', uncounted, detail));
  }
  if ((ended || moved('terminating')) && terminating > 0) {
    const detail = 'terminating>0 is invalid for finished job';
    errors.push(invalid('status.terminating', terminating, detail));
  }
  return errors;
}

function validateIndexText(
  name: 'completedIndexes' | 'failedIndexes',
  text: string,
  completions: number,
): FieldError[] {
  try {
    countIndexes(text, completions);
    return [];
  } catch (error) {
    if (!(error instanceof IndexesError)) throw error;
    return [invalid(`status.${name}`, text, `error parsing ${name}: ${error.message}`)];
  }
}

function validateIndexes({ job: { spec }, moved, status }: Move): FieldError[] {
  const { completions, backoffLimitPerIndex, completionMode } = spec;
  const { completedIndexes = '', failedIndexes } = status;
  const errors: FieldError[] = [];
  if (completions !== undefined && moved('completedIndexes')) {
    errors.push(...validateIndexText('completedIndexes', completedIndexes, completions));
  }
  const failed = moved('failedIndexes') ? failedIndexes : undefined;
  if (completions !== undefined && backoffLimitPerIndex !== undefined && failed !== undefined) {
    errors.push(...validateIndexText('failedIndexes', failed, completions));
  }
  if (moved('completedIndexes') && completedIndexes !== '' && completionMode !== 'Indexed') {
    const detail = 'cannot set non-empty completedIndexes when non-indexed completion mode';
    errors.push(invalid('status.completedIndexes', completedIndexes, detail));
  }
  if (failed !== undefined && backoffLimitPerIndex === undefined) {
    const detail = 'cannot set non-null failedIndexes when backoffLimitPerIndex is null';
    errors.push(invalid('status.failedIndexes', failed, detail));
  }
  if (!moved('completedIndexes', 'failedIndexes') || completions === undefined) return errors;
  const met = overlap(completedIndexes, failedIndexes ?? '', completions);
  if (met === undefined) return errors;
  const detail = `failedIndexes and completedIndexes overlap at index: ${met}`;
  return [...errors, invalid('status.failedIndexes', failedIndexes, detail)];
}

function validateCriteria({ job }: Move): FieldError[] {
  if (isTrue(job, 'SuccessCriteriaMet')) {
    const others = ['Failed', 'FailureTarget'].filter((type) => isTrue(job, type));
    return others.map((type) =>
      conditions(`cannot set SuccessCriteriaMet=True and ${type}=true conditions`),
    );
  }
  if (job.spec.successPolicy === undefined || !isTrue(job, 'Complete')) return [];
  const detail =
    'cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True';
  return [conditions(detail)];
}

/** What was reached is not taken back. */
function validateProgress({ job, old, status, before, moved }: Move): FieldError[] {
  const { spec } = job;
  const errors = ['Failed', 'Complete', 'FailureTarget']
    .filter((type) => isTrue(old, type) && !isTrue(job, type))
    .map((type) => conditions(`cannot disable the terminal ${type}=True condition`));
  const decreased = (name: 'failed' | 'succeeded'): void => {
    const value = status[name] ?? 0;
    if (value >= (before[name] ?? 0)) return;
    errors.push(invalid(`status.${name}`, value, `cannot decrease the ${name} counter`));
  };
  decreased('failed');
  const elastic = spec.completionMode === 'Indexed' && spec.completions === spec.parallelism;
  if (!elastic) decreased('succeeded');
  const { completionTime } = status;
  if (completionTime && before.completionTime && moved('completionTime')) {
    errors.push(invalid('status.completionTime', completionTime, 'field is immutable'));
  }
  if (before.startTime && moved('startTime') && spec.suspend !== true) {
    const detail = 'startTime cannot be removed for unsuspended job';
    errors.push(required('status.startTime', detail));
  }
  const met = isTrue(job, 'SuccessCriteriaMet');
  const wasMet = isTrue(old, 'SuccessCriteriaMet');
  if (wasMet && !met) {
    errors.push(conditions('cannot disable the SuccessCriteriaMet=True condition'));
  } else if (met && !wasMet && isTrue(old, 'Complete')) {
    const detail =
      'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions';
    errors.push(conditions(detail));
  }
  return errors;
}

const counts = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const;

export function validateJobStatusUpdate(job: Job, old: Job): FieldError[] {
  const move = moveOf(job, old);
  const { status, moved } = move;
  const errors = [
    ...counts.flatMap((name) => nonNegative(status[name], `status.${name}`)),
    ...validateUncounted(status),
    ...validateOutcome(move),
    ...validateFinished(move),
    ...validateIndexes(move),
  ];
  const { ready = 0, active = 0 } = status;
  if (moved('ready', 'active') && ready > active) {
    errors.push(invalid('status.ready', ready, 'cannot set more ready pods than active'));
  }
  return [...errors, ...validateCriteria(move), ...validateProgress(move)];
}
