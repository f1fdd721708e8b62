/**
 * What the Job controller tells of its work, under kube-controller-manager's names: its own
 * counters are of what it wrote, those of pods and of others' Jobs of what it saw.
 */
import type { Job, JobStatus } from '../../api/types/batch-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { Informer } from '../../client/informer-interface.ts';
import { exponential } from '../../platform/metrics/histogram.ts';
import { Metrics } from '../../platform/metrics/metrics.ts';
import { parseIndexes } from './indexes.ts';
import { isIndexed, isTracked } from './pods.ts';
import type { Verdict } from './policies.ts';

const BUILT_IN = 'kubernetes.io/job-controller';
const SECONDS = exponential(0.004, 2, 15);

/** What became of the Job's pods in one look at it. */
export type JobAction = 'reconciling' | 'tracking' | 'pods_created' | 'pods_deleted';

interface JobSync {
  readonly action: JobAction;
  readonly seconds: number;
  readonly failed: boolean;
}

/** Who works on it instead of this controller. */
export function otherController({ spec }: Job): string | undefined {
  return spec.managedBy === BUILT_IN ? undefined : spec.managedBy;
}

const modeOf = (job: Job): string => job.spec.completionMode ?? 'NonIndexed';

const finishedAs = ({ status }: Job) =>
  status?.conditions?.find(
    (each) => (each.type === 'Complete' || each.type === 'Failed') && each.status === 'True',
  );

/** It ended, and waits to be counted. */
const isHeld = (pod: Pod): boolean =>
  (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') && isTracked(pod);

export class JobMeter {
  readonly #syncs;
  readonly #took;
  readonly #finished;
  readonly #podsFinished;
  readonly #indexesFinished;
  readonly #podsCreated;
  readonly #policyActions;
  readonly #held;
  readonly #others;

  constructor(metrics: Metrics = new Metrics()) {
    const counter = (name: string, help: string, ...labels: string[]) =>
      metrics.counter(`job_controller_${name}`, help, labels);
    const labels = ['completion_mode', 'result', 'action'];
    this.#syncs = counter('job_syncs_total', 'Jobs worked on.', ...labels);
    this.#took = metrics.histogram('job_controller_job_sync_duration_seconds', 'Time of it.', {
      bounds: SECONDS,
      labels,
    });
    const ended = ['completion_mode', 'result'];
    this.#finished = counter('jobs_finished_total', 'Jobs that ended.', ...ended, 'reason');
    this.#podsFinished = counter('job_pods_finished_total', 'Pods that were counted.', ...ended);
    const ofIndex = ['status', 'backoffLimit'];
    this.#indexesFinished = counter('job_finished_indexes_total', 'Indexes done.', ...ofIndex);
    this.#podsCreated = counter('job_pods_creation_total', 'Pods made.', 'reason', 'status');
    const byPolicy = 'pod_failures_handled_by_failure_policy_total';
    this.#policyActions = counter(byPolicy, 'Failed pods that a rule decided on.', 'action');
    const held = 'terminated_pods_tracking_finalizer_total';
    this.#held = counter(held, 'Ended pods that came to be held, or no more are.', 'event');
    const others = 'jobs_by_external_controller_total';
    this.#others = counter(others, 'Jobs that others take care of.', 'controller_name');
  }

  watch(jobs: Informer<Job>, pods: Informer<Pod>): void {
    jobs.addHandler({
      added: (job) => {
        const other = otherController(job);
        if (other !== undefined) this.#others.with(other).value++;
      },
      updated: (old, job) => this.#ended(old, job),
    });
    const held = (was: boolean, is: boolean): void => {
      if (was !== is) this.#held.with(is ? 'add' : 'delete').value++;
    };
    pods.addHandler({
      added: (pod) => held(false, isHeld(pod)),
      updated: (old, pod) => held(isHeld(old), isHeld(pod)),
      deleted: (pod) => held(isHeld(pod), false),
    });
  }

  #ended(old: Job, job: Job): void {
    const end = finishedAs(job);
    if (end === undefined || finishedAs(old) !== undefined || otherController(job)) return;
    const result = end.type === 'Complete' ? 'succeeded' : 'failed';
    this.#finished.with(modeOf(job), result, end.reason ?? '').value++;
  }

  synced(job: Job, { action, seconds, failed }: JobSync): void {
    const values = [modeOf(job), failed ? 'error' : 'success', action];
    this.#syncs.with(...values).value++;
    this.#took.with(...values).observe(seconds);
  }

  /** This status was written after that of `job`. */
  counted(job: Job, status: JobStatus): void {
    const old = job.status ?? {};
    const mode = modeOf(job);
    const { completions = 0, backoffLimitPerIndex } = job.spec;
    const more = (indexes: string | undefined, before: string | undefined): number =>
      parseIndexes(indexes, completions).size - parseIndexes(before, completions).size;
    let succeeded = (status.succeeded ?? 0) - (old.succeeded ?? 0);
    if (isIndexed(job)) {
      const limit = backoffLimitPerIndex === undefined ? 'global' : 'perIndex';
      succeeded = more(status.completedIndexes, old.completedIndexes);
      const failed = more(status.failedIndexes, old.failedIndexes);
      if (succeeded > 0) this.#indexesFinished.with('succeeded', limit).value += succeeded;
      if (failed > 0) this.#indexesFinished.with('failed', limit).value += failed;
    }
    const failed = (status.failed ?? 0) - (old.failed ?? 0);
    if (succeeded > 0) this.#podsFinished.with(mode, 'succeeded').value += succeeded;
    if (failed > 0) this.#podsFinished.with(mode, 'failed').value += failed;
  }

  handled(actions: readonly Verdict['action'][]): void {
    for (const action of actions) this.#policyActions.with(action).value++;
  }

  created(job: Job, { failed = 0, ...status }: JobStatus, made: Made): void {
    const failures = failed + (status.uncountedTerminatedPods?.failed?.length ?? 0);
    const waits = job.spec.podReplacementPolicy === 'Failed';
    const again = failures > 0 || (status.terminating ?? 0) > 0;
    const anew = again ? 'recreate_terminating_or_failed' : 'new';
    const reason = waits && failures > 0 ? 'recreate_failed' : anew;
    if (made.succeeded > 0) this.#podsCreated.with(reason, 'succeeded').value += made.succeeded;
    if (made.failed > 0) this.#podsCreated.with(reason, 'failed').value += made.failed;
  }
}

interface Made {
  readonly succeeded: number;
  readonly failed: number;
}
