/** Whether a Job has failed or succeeded, though pods may still have to end. */
import { rounded } from '../../api/long-integer.ts';
import type { Job } from '../../api/types/batch-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { timeOf } from '../runtime/pods.ts';
import { type ConditionText, failure, findCondition, success } from './conditions.ts';
import { isIndexed } from './pods.ts';
import { successRule, verdictOn } from './policies.ts';
import { failedOf, succeededOf, type Tally } from './tally.ts';

export interface OutcomeState {
  readonly job: Job;
  readonly active: readonly Pod[];
  readonly nowMs: number;
}

const BACKOFF_LIMIT = 6;

/** What was decided once is not taken back. */
export function decided(job: Job): ConditionText | undefined {
  for (const type of ['FailureTarget', 'SuccessCriteriaMet']) {
    const found = findCondition(job.status?.conditions, type);
    if (found?.status !== 'True') continue;
    return { type, status: 'True', reason: found.reason ?? '', message: found.message ?? '' };
  }
  return undefined;
}

export function outcomeOf(state: OutcomeState, tally: Tally): ConditionText | undefined {
  const { job, active } = state;
  if (tally.failJob !== undefined) return failure('PodFailurePolicy', tally.failJob);
  // Failed pods of indexes that wait for another try are not counted yet, but they have failed.
  const waiting = [...tally.waiting.values()].filter(
    (pod) => verdictOn(job, pod).action !== 'Ignore',
  );
  const failed = failedOf(tally) + waiting.length;
  if (failed > (job.spec.backoffLimit ?? BACKOFF_LIMIT) || restartsExceed(state)) {
    return failure('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  }
  const left = deadlineLeftMs(job, state.nowMs);
  if (left !== undefined && left <= 0) {
    return failure('DeadlineExceeded', 'Job was active longer than specified deadline');
  }
  const byIndex = indexFailure(job, tally);
  if (byIndex !== undefined) return byIndex;
  const rule = isIndexed(job) ? successRule(job, tally.completed) : undefined;
  if (rule !== undefined) return success('SuccessPolicy', `Matched rules at index ${rule}`);
  const succeeded = succeededOf(job, tally);
  const { completions } = job.spec;
  const enough = completions === undefined ? succeeded > 0 : succeeded >= completions;
  if (!enough || active.length > 0) return undefined;
  return success('CompletionsReached', 'Reached expected number of succeeded pods');
}

function indexFailure({ spec }: Job, { completed, failedIndexes }: Tally) {
  if (spec.backoffLimitPerIndex === undefined || failedIndexes.size === 0) return undefined;
  if (spec.maxFailedIndexes !== undefined && failedIndexes.size > spec.maxFailedIndexes) {
    const message = 'Job has exceeded the specified maximal number of failed indexes';
    return failure('MaxFailedIndexesExceeded', message);
  }
  return failedIndexes.size + completed.size >= (spec.completions ?? 0)
    ? failure('FailedIndexes', 'Job has failed indexes')
    : undefined;
}

/** Pods that restart their containers themselves count by their restarts. */
function restartsExceed({ job, active }: OutcomeState): boolean {
  if (job.spec.template.spec?.restartPolicy !== 'OnFailure') return false;
  const restarts = active
    .flatMap(({ status }) => [
      ...(status?.initContainerStatuses ?? []),
      ...(status?.containerStatuses ?? []),
    ])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
  const limit = job.spec.backoffLimit ?? BACKOFF_LIMIT;
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

/** Undefined where no deadline runs. */
export function deadlineLeftMs({ spec, status }: Job, nowMs: number): number | undefined {
  const started = timeOf(status?.startTime);
  if (spec.activeDeadlineSeconds === undefined || started === undefined) return undefined;
  if (spec.suspend === true) return undefined;
  return started + rounded(spec.activeDeadlineSeconds) * 1000 - nowMs;
}
