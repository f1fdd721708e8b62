/**
 * Counts finished pods exactly once (KEP-2307). A finished pod keeps its finalizer until its uid
 * stands in status.uncountedTerminatedPods; then the finalizer goes; then the uid is replaced by
 * one more in the counter. Whatever step a crash falls between, the next start knows where it was.
 */
import { uidOf } from '../../api/meta.ts';
import type { Job } from '../../api/types/batch-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { parseIndexes } from './indexes.ts';
import { failuresBefore, indexOf, isFailed, isIndexed, isSucceeded, isTracked } from './pods.ts';
import { type Verdict, verdictOn } from './policies.ts';

export interface Tally {
  /** Counters of the status, and what is on its way into them. */
  readonly counted: { readonly succeeded: number; readonly failed: number };
  readonly uncounted: { readonly succeeded: Set<string>; readonly failed: Set<string> };
  readonly completed: Set<number>;
  readonly failedIndexes: Set<number>;
  /** Finalizers that may go once the status is written. */
  readonly release: Pod[];
  readonly newlySucceeded: Pod[];
  readonly newlyFailed: Pod[];
  /** The last failed pod of an index that waits for its next try: it holds the count. */
  readonly waiting: ReadonlyMap<number, Pod>;
  readonly failJob?: string;
  /** What rules of the Job said of failed pods that are now counted, or overlooked. */
  readonly ruled: readonly Verdict['action'][];
}

export const succeededOf = (job: Job, { counted, uncounted, completed }: Tally): number =>
  isIndexed(job) ? completed.size : counted.succeeded + uncounted.succeeded.size;
export const failedOf = ({ counted, uncounted }: Tally): number =>
  counted.failed + uncounted.failed.size;

export interface TallyOptions {
  /** The Job ends: no index waits for another try. What still runs is let go, and not counted. */
  readonly final: boolean;
  /** It ends in failure: each pod that has not ended counts as failed. */
  readonly failing?: boolean;
}

/** `pods`: the Job's own. Those without the finalizer were counted before. */
export function tally(job: Job, pods: readonly Pod[], options: TallyOptions): Tally {
  const { final, failing = false } = options;
  const { status = {}, spec } = job;
  const completions = spec.completions ?? 0;
  const tracked = pods.filter(isTracked);
  const known = new Set(tracked.map(uidOf));
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const gone = (uids: readonly string[]): number => uids.filter((uid) => !known.has(uid)).length;
  const result = {
    counted: {
      succeeded: (status.succeeded ?? 0) + gone(succeeded),
      failed: (status.failed ?? 0) + gone(failed),
    },
    uncounted: {
      succeeded: new Set(succeeded.filter((uid) => known.has(uid))),
      failed: new Set(failed.filter((uid) => known.has(uid))),
    },
    completed: parseIndexes(status.completedIndexes, completions),
    failedIndexes: parseIndexes(status.failedIndexes, completions),
    release: [] as Pod[],
    newlySucceeded: [] as Pod[],
    newlyFailed: [] as Pod[],
  };
  for (const pod of tracked) if (isSucceeded(pod)) countSuccess(job, pod, result);
  // An index that failed with the Job's last pods is one of the failed ones all the same.
  const retriable = failIndexes(job, tracked, result);
  const waiting = final ? new Map<number, Pod>() : retriable;
  const held = new Set(waiting.values());
  let failJob: string | undefined;
  const ruled: Verdict['action'][] = [];
  for (const pod of tracked) {
    if (isSucceeded(pod)) continue;
    if (!isFailed(job, pod)) {
      if (failing) countFailure(pod, false, result);
      else if (final) result.release.push(pod);
      continue;
    }
    const verdict = verdictOn(job, pod);
    if (verdict.action === 'FailJob') failJob ??= verdict.message;
    if (held.has(pod)) continue;
    const isNew = !result.uncounted.failed.has(uidOf(pod));
    if (isNew && verdict.message !== undefined) ruled.push(verdict.action);
    countFailure(pod, verdict.action === 'Ignore', result);
  }
  return { ...result, waiting, ruled, ...(failJob === undefined ? {} : { failJob }) };
}

type Counting = Omit<Tally, 'waiting' | 'failJob' | 'ruled'>;

function countSuccess(job: Job, pod: Pod, result: Counting): void {
  result.release.push(pod);
  // It was being deleted, and counted, before it came to its end after all: counted once is enough.
  if (result.uncounted.failed.has(uidOf(pod))) return;
  if (isIndexed(job)) {
    const index = indexOf(pod);
    if (index === undefined || index >= (job.spec.completions ?? 0)) return;
    if (result.completed.has(index)) return;
    result.completed.add(index);
    result.failedIndexes.delete(index);
    result.newlySucceeded.push(pod);
  } else if (!result.uncounted.succeeded.has(uidOf(pod))) {
    result.uncounted.succeeded.add(uidOf(pod));
    result.newlySucceeded.push(pod);
  }
}

function countFailure(pod: Pod, ignored: boolean, result: Counting): void {
  result.release.push(pod);
  if (ignored || result.uncounted.failed.has(uidOf(pod))) return;
  result.uncounted.failed.add(uidOf(pod));
  result.newlyFailed.push(pod);
}

/** Where each index has a limit of its own: those beyond it fail, of others the last pod waits. */
function failIndexes(job: Job, tracked: readonly Pod[], result: Counting): Map<number, Pod> {
  const limit = job.spec.backoffLimitPerIndex;
  const waiting = new Map<number, Pod>();
  if (limit === undefined) return waiting;
  const tries = (pod: Pod): number => failuresBefore(pod).counted + failuresBefore(pod).ignored;
  const replaced = new Set<number | undefined>();
  for (const pod of tracked) {
    const index = indexOf(pod);
    if (!isFailed(job, pod)) replaced.add(index);
    else if (index !== undefined && !result.uncounted.failed.has(uidOf(pod))) {
      const last = waiting.get(index);
      if (last === undefined || tries(pod) > tries(last)) waiting.set(index, pod);
    }
  }
  for (const [index, pod] of waiting) {
    const { action } = verdictOn(job, pod);
    const counted = failuresBefore(pod).counted + (action === 'Ignore' ? 0 : 1);
    if (result.completed.has(index) || replaced.has(index)) waiting.delete(index);
    else if (action === 'FailIndex' || counted > limit || result.failedIndexes.has(index)) {
      waiting.delete(index);
      result.failedIndexes.add(index);
    }
  }
  return waiting;
}
