/** How many pods a Job needs now, and for which indexes. */
import type { Job } from '../../api/types/batch-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { podsToDelete } from '../runtime/ranking.ts';
import { delayMs, type Failures, leftMs } from './backoff.ts';
import { failuresBefore, finishedAt, indexOf, isIndexed, type NewPod } from './pods.ts';
import { verdictOn } from './policies.ts';
import { succeededOf, type Tally } from './tally.ts';

/** Pods created or deleted in one go; the rest follows when these were seen. */
const BURST = 500;

export interface ManageState {
  readonly job: Job;
  readonly active: readonly Pod[];
  readonly pods: readonly Pod[];
  readonly counts: Tally;
  readonly failures: Failures;
  readonly nowMs: number;
}

export interface Manage {
  readonly create: readonly NewPod[];
  /** Ended because the Job is over: they count as failed. */
  readonly remove: readonly Pod[];
  /** Ended because there are too many: they do not count. */
  readonly abandon: readonly Pod[];
  readonly retryAfterMs?: number;
}

const nothing: Manage = { create: [], remove: [], abandon: [] };

export function planPods(state: ManageState): Manage {
  const { job, active, nowMs } = state;
  if (job.spec.suspend === true) return { ...nothing, abandon: active.slice(0, BURST) };
  const surplus = isIndexed(job) ? surplusIndexes(state) : [];
  const kept = active.filter((pod) => !surplus.includes(pod));
  const wanted = wantedActive(state);
  const count = Math.max(0, kept.length - wanted);
  const abandon = [...surplus, ...podsToDelete(kept, kept, { count, nowMs }).slice(0, count)];
  if (abandon.length > 0) return { ...nothing, abandon: abandon.slice(0, BURST) };
  const blocking = job.spec.podReplacementPolicy === 'Failed' ? terminating(state.pods) : 0;
  const missing = Math.min(wanted - active.length - blocking, BURST);
  if (missing <= 0) return nothing;
  const perIndex = job.spec.backoffLimitPerIndex !== undefined;
  const wait = perIndex ? 0 : leftMs(state.failures, nowMs);
  if (wait > 0) return { ...nothing, retryAfterMs: wait };
  if (!isIndexed(job)) return { ...nothing, create: Array.from({ length: missing }, () => ({})) };
  return planIndexes(state, missing);
}

function wantedActive({ job, active, counts }: ManageState): number {
  const { completions, parallelism = 1 } = job.spec;
  const succeeded = succeededOf(job, counts);
  // Without a number of completions the first success ends it: what runs may finish.
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism;
  return Math.max(0, Math.min(completions - succeeded - counts.failedIndexes.size, parallelism));
}

const terminating = (pods: readonly Pod[]): number =>
  pods.filter(
    ({ metadata, status }) =>
      metadata.deletionTimestamp !== undefined &&
      status?.phase !== 'Failed' &&
      status?.phase !== 'Succeeded',
  ).length;

/** A second pod of an index, one of an index that is done, or of none. */
function surplusIndexes({ job, active, counts }: ManageState): readonly Pod[] {
  const seen = new Set<number>();
  return active.filter((pod) => {
    const index = indexOf(pod);
    if (index === undefined || index >= (job.spec.completions ?? 0)) return true;
    if (seen.has(index) || counts.completed.has(index) || counts.failedIndexes.has(index)) {
      return true;
    }
    seen.add(index);
    return false;
  });
}

/** The lowest indexes that nobody works on, each after its own backoff. */
function planIndexes({ job, active, counts, nowMs }: ManageState, missing: number): Manage {
  const taken = new Set(active.map(indexOf));
  const perIndex = job.spec.backoffLimitPerIndex !== undefined;
  const create: NewPod[] = [];
  let retryAfterMs: number | undefined;
  for (let index = 0; index < (job.spec.completions ?? 0) && create.length < missing; index++) {
    if (taken.has(index) || counts.completed.has(index) || counts.failedIndexes.has(index)) {
      continue;
    }
    if (!perIndex) {
      create.push({ index });
      continue;
    }
    const failed = counts.waiting.get(index);
    const failures = failed === undefined ? { counted: 0, ignored: 0 } : failuresAfter(job, failed);
    const tries = failures.counted + failures.ignored;
    const ended = failed === undefined ? 0 : (finishedAt(failed) ?? nowMs);
    const wait = ended + delayMs(tries) - nowMs;
    if (wait <= 0) create.push({ index, failures });
    else retryAfterMs = Math.min(wait, retryAfterMs ?? Infinity);
  }
  return { ...nothing, create, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

function failuresAfter(job: Job, pod: Pod) {
  const { counted, ignored } = failuresBefore(pod);
  return verdictOn(job, pod).action === 'Ignore'
    ? { counted, ignored: ignored + 1 }
    : { counted: counted + 1, ignored };
}
