/**
 * The next step of a Job: which pods to make and to end, what to count, what to write down. The
 * order of carrying it out matters: pods first, then the status, then the finalizers.
 */
import { formatTime } from '../../api/time.ts';
import type { Job, JobStatus } from '../../api/types/batch-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { podActive, podReady } from '../runtime/pods.ts';
import { afterFinished, type Failures } from './backoff.ts';
import { type ConditionText, findCondition, withCondition } from './conditions.ts';
import { formatIndexes } from './indexes.ts';
import type { JobAction } from './job-meter.ts';
import { type Manage, planPods } from './manage.ts';
import { deadlineLeftMs, decided, outcomeOf } from './outcome.ts';
import { isIndexed, isTracked } from './pods.ts';
import { succeededOf, tally, type Tally } from './tally.ts';

export interface JobState {
  readonly job: Job;
  /** Those it owns. */
  readonly pods: readonly Pod[];
  readonly failures: Failures;
  /** False: the cache is behind, pods must neither be made nor ended for their number. */
  readonly current: boolean;
  readonly nowMs: number;
}

export interface JobPlan extends Manage {
  readonly status: JobStatus;
  readonly failures: Failures;
  /** Finalizers to take off once the status is written. */
  readonly release: readonly Pod[];
  readonly events: readonly {
    readonly type: 'Normal' | 'Warning';
    reason: string;
    message: string;
  }[];
  readonly requeueAfterMs?: number;
  readonly action: JobAction;
  /** Of failed pods that are let go of: what a rule of the Job said. */
  readonly ruled: Tally['ruled'];
}

export function planJob(state: JobState): JobPlan {
  const { job, pods, nowMs } = state;
  const active = pods.filter(podActive);
  const before = decided(job);
  const failing = (outcome: ConditionText | undefined) => outcome?.type === 'FailureTarget';
  let counts = tally(job, pods, { final: before !== undefined, failing: failing(before) });
  const outcome = before ?? outcomeOf({ job, active, nowMs }, counts);
  if (outcome !== undefined) counts = tally(job, pods, { final: true, failing: failing(outcome) });
  const failures = afterFinished(
    state.failures,
    { succeeded: counts.newlySucceeded, failed: counts.newlyFailed },
    nowMs,
  );
  const idle: Manage = { create: [], remove: [], abandon: [] };
  const managed = outcome === undefined && state.current && !isGoing(job);
  const manage = ((): Manage => {
    if (outcome !== undefined) return { ...idle, remove: active };
    return managed ? planPods({ job, active, pods, counts, failures, nowMs }) : idle;
  })();
  const { status, events } = statusOf(state, { counts, outcome, active, manage });
  const deadline = outcome === undefined ? deadlineLeftMs(job, nowMs) : undefined;
  const waits = [manage.retryAfterMs, deadline].filter((ms) => ms !== undefined);
  return {
    ...manage,
    status,
    failures,
    events,
    release: counts.release,
    ruled: counts.ruled,
    action: managed ? actionOf(job, manage) : 'reconciling',
    ...(waits.length === 0 ? {} : { requeueAfterMs: Math.max(0, Math.min(...waits)) }),
  };
}

const isGoing = ({ metadata }: Job): boolean => metadata.deletionTimestamp !== undefined;

/** Pods that have to wait are made, too. */
function actionOf({ spec }: Job, { create, abandon, retryAfterMs }: Manage): JobAction {
  if (spec.suspend === true || abandon.length > 0) return 'pods_deleted';
  return create.length > 0 || retryAfterMs !== undefined ? 'pods_created' : 'tracking';
}

interface Decided {
  readonly counts: Tally;
  readonly outcome: ConditionText | undefined;
  readonly active: readonly Pod[];
  readonly manage: Manage;
}

const isTerminating = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp !== undefined &&
  status?.phase !== 'Failed' &&
  status?.phase !== 'Succeeded';

function statusOf(state: JobState, { counts, outcome, active, manage }: Decided) {
  const { job, pods, nowMs } = state;
  const { status: old = {}, spec } = job;
  const now = formatTime(nowMs);
  const events: JobPlan['events'][number][] = [];
  let conditions = old.conditions ?? [];
  let startTime = old.startTime;
  const suspend = suspension(job);
  if (outcome === undefined && suspend !== undefined) {
    conditions = withCondition(conditions, suspend, nowMs);
    if (suspend.status === 'False') startTime = now;
    const reason = suspend.status === 'True' ? 'Suspended' : 'Resumed';
    events.push({ type: 'Normal', reason, message: suspend.message });
  }
  if (spec.suspend !== true) startTime ??= now;
  const removed = new Set([...manage.remove, ...manage.abandon]);
  const left = active.filter((pod) => !removed.has(pod));
  const terminating = pods.filter(isTerminating).length + manage.remove.length;
  const { succeeded: uncountedSucceeded, failed: uncountedFailed } = counts.uncounted;
  let completionTime = old.completionTime;
  if (outcome !== undefined) {
    conditions = withCondition(conditions, outcome, nowMs);
    const settled = pods.every((pod) => !isTracked(pod)) && terminating === 0;
    if (settled && state.current && uncountedSucceeded.size + uncountedFailed.size === 0) {
      const complete = outcome.type === 'SuccessCriteriaMet';
      conditions = withCondition(
        conditions,
        { ...outcome, type: complete ? 'Complete' : 'Failed' },
        nowMs,
      );
      if (complete) completionTime = now;
      startTime ??= now;
      const { reason, message } = outcome;
      events.push(
        complete
          ? { type: 'Normal', reason: 'Completed', message: 'Job completed' }
          : { type: 'Warning', reason, message },
      );
    }
  }
  const completedIndexes = isIndexed(job) ? formatIndexes(counts.completed) : '';
  const status: JobStatus = {
    active: left.length + manage.create.length,
    ready: left.filter(podReady).length,
    terminating,
    succeeded: isIndexed(job) ? succeededOf(job, counts) : counts.counted.succeeded,
    failed: counts.counted.failed,
    uncountedTerminatedPods: {
      ...(uncountedSucceeded.size > 0 ? { succeeded: [...uncountedSucceeded] } : {}),
      ...(uncountedFailed.size > 0 ? { failed: [...uncountedFailed] } : {}),
    },
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(startTime === undefined ? {} : { startTime }),
    ...(completionTime === undefined ? {} : { completionTime }),
    ...(completedIndexes === '' ? {} : { completedIndexes }),
    ...(spec.backoffLimitPerIndex === undefined
      ? {}
      : { failedIndexes: formatIndexes(counts.failedIndexes) }),
  };
  return { status, events };
}

/** A change between suspended and not; undefined where nothing changes. */
function suspension({ spec, status }: Job): ConditionText | undefined {
  const was = findCondition(status?.conditions, 'Suspended')?.status;
  const type = 'Suspended';
  if (spec.suspend === true) {
    return was === 'True'
      ? undefined
      : { type, status: 'True', reason: 'JobSuspended', message: 'Job suspended' };
  }
  if (was !== 'True') return undefined;
  return { type, status: 'False', reason: 'JobResumed', message: 'Job resumed' };
}
