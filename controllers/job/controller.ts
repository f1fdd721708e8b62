/** The Job controller: pods that run to completion, as often and as many at once as asked for. */
import {
  controllerOf,
  type Draft,
  keyOf,
  type KubernetesObject,
  nameOf,
  namespaceOf,
  uidOf,
} from '../../api/meta.ts';
import { deepEqual } from '../../api/deep.ts';
import { jobs as jobType, pods as podType } from '../../api/resources.ts';
import { isStatus, namespaceTerminates } from '../../api/status.ts';
import type { Job, JobStatus } from '../../api/types/batch-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { Expectations } from '../../client/expectations.ts';
import { ItemBackoff } from '../../client/rate-limiter.ts';
import { BaseController } from '../runtime/base-controller.ts';
import { claimPods } from '../runtime/claim-pods.ts';
import type { Controller, ControllerContext, ReconcileResult } from '../runtime/controller.ts';
import { labelMatcher } from '../runtime/label-selector.ts';
import { indexByController } from '../runtime/owner-index.ts';
import { createPods, draftKey, PodControl, removePods } from '../runtime/pod-control.ts';
import { watchPods } from '../runtime/pod-events.ts';
import { PodPace } from '../runtime/pod-pace.ts';
import { requeueAtFirst } from '../runtime/requeue.ts';
import { enqueueSelf } from '../runtime/sources.ts';
import { type Failures, noFailures } from './backoff.ts';
import { isFinished } from './conditions.ts';
import { type JobAction, JobMeter, otherController } from './job-meter.ts';
import { type JobPlan, planJob } from './plan.ts';
import { FINALIZER, isTracked, newPod } from './pods.ts';

const NAME = 'job-controller';
/** Kubernetes' own for Jobs: a refused one is tried, and told of, less often at first. */
const BACKOFF = { baseMs: 1000, maxMs: 60_000 };
/** By "namespace/name" of the Job: pods that the finalizer still holds. */
const TRACKED_INDEX = 'tracked by job';

export function jobController(context: ControllerContext): Controller {
  return new JobController(context);
}

/** What is known of a Job beyond the caches; dropped with it. */
interface Memory {
  readonly uid: string;
  failures: Failures;
  /** As last written: the cache may be behind. */
  written?: Job;
  /** Uids of pods whose finalizer is gone, whatever the cache says. */
  readonly released: Set<string>;
}

function trackedBy(pod: Pod): readonly string[] {
  const owner = controllerOf(pod);
  return owner?.kind === jobType.kind && isTracked(pod)
    ? [`${namespaceOf(pod)}/${owner.name}`]
    : [];
}

class JobController extends BaseController {
  readonly name = NAME;
  readonly #jobs = this.informerOf(jobType);
  readonly #pods = this.informerOf(podType);
  readonly #expectations = new Expectations(this.context.clock);
  readonly #recorder = this.recorderAs(NAME);
  readonly #podControl: PodControl;
  readonly #memory = new Map<string, Memory>();
  readonly #pace = new PodPace(this.context.clock);
  readonly #meter = new JobMeter(this.context.metrics);

  constructor(context: ControllerContext) {
    super(context, new ItemBackoff(BACKOFF));
    this.#podControl = new PodControl({
      client: context.client,
      random: context.random,
      recorder: this.#recorder,
      pods: this.#pods.lister,
    });
    indexByController(this.#jobs);
    indexByController(this.#pods);
    this.#pods.addIndex(TRACKED_INDEX, trackedBy);
    this.#meter.watch(this.#jobs, this.#pods);
    enqueueSelf(this.#jobs, this.queue);
    this.#jobs.addHandler({
      deleted: (job) => {
        this.#expectations.forget(keyOf(job));
        this.#pace.forget(keyOf(job));
      },
    });
    watchPods({
      pods: this.#pods,
      owners: this.#jobs.lister,
      kind: jobType.kind,
      matcherOf: (job) => labelMatcher(job.spec.selector),
      queue: this.queue,
      expectations: this.#expectations,
    });
    // Pods of a Job that is gone are let go of.
    const stray = (pod: Pod): void => {
      for (const key of trackedBy(pod)) {
        if (this.#jobs.lister.get(key) === undefined) this.queue.add(key);
      }
    };
    this.#pods.addHandler({ added: stray, updated: (_, pod) => stray(pod) });
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const cached = this.#jobs.lister.get(key);
    if (cached !== undefined && otherController(cached) !== undefined) return undefined;
    await this.#letGo(
      this.#pods.lister
        .byIndex(TRACKED_INDEX, key)
        .filter((pod) => controllerOf(pod)?.uid !== cached?.metadata.uid),
    );
    if (cached === undefined) {
      this.#memory.delete(key);
      return undefined;
    }
    const memory = this.#memoryOf(key, cached);
    const job = newer(cached, memory.written);
    // Asked before the cache is read: what is seen in between can only make the cache newer.
    const current = this.#expectations.satisfied(key);
    if (isFinished(job)) {
      await this.#letGo(this.#pods.lister.byIndex(TRACKED_INDEX, key));
      return undefined;
    }
    const { clock } = this.context;
    const since = clock.monotonic();
    let action: JobAction = 'reconciling';
    let failed = true;
    try {
      const pods = await this.#claim(job, memory);
      const plan = planJob({ job, pods, current, nowMs: clock.now(), failures: memory.failures });
      action = plan.action;
      await this.#follow(job, plan, memory);
      failed = false;
      const overdueMs = this.#expectations.overdueAfterMs(key);
      return requeueAtFirst(plan.requeueAfterMs, overdueMs, this.#pace.afterMs(key));
    } finally {
      const seconds = (clock.monotonic() - since) / 1000;
      this.#meter.synced(job, { action, seconds, failed });
    }
  }

  async #follow(job: Job, plan: JobPlan, memory: Memory): Promise<void> {
    const { status, failure } = await this.#carryOut(job, plan);
    if (!sameStatus(job.status, status)) await this.#write(job, status, memory);
    this.#meter.handled(plan.ruled);
    memory.failures = plan.failures;
    for (const event of plan.events) this.#recorder.record(job, event);
    await this.#letGo(plan.release, memory);
    if (failure !== undefined) throw failure;
  }

  #memoryOf(key: string, job: Job): Memory {
    const known = this.#memory.get(key);
    if (known !== undefined && known.uid === job.metadata.uid) return known;
    const memory: Memory = { uid: uidOf(job), failures: noFailures, released: new Set() };
    this.#memory.set(key, memory);
    return memory;
  }

  /** Its pods, those already let go of without the finalizer that the cache may still show. */
  async #claim(job: Job, { released }: Memory): Promise<readonly Pod[]> {
    const selects = labelMatcher(job.spec.selector);
    const matches = (pod: Pod): boolean => selects(pod.metadata.labels);
    const { client } = this.context;
    const pods = this.#pods.lister;
    const claimed = await claimPods({ client, pods, ownerType: jobType, matches }, job);
    const held = new Set(claimed.filter(isTracked).map(uidOf));
    for (const uid of released) if (!held.has(uid)) released.delete(uid);
    return claimed.map((pod) => (released.has(uidOf(pod)) ? untracked(pod) : pod));
  }

  async #carryOut(job: Job, plan: JobPlan): Promise<{ status: JobStatus; failure?: Error }> {
    const key = keyOf(job);
    const doomed = [...plan.remove, ...plan.abandon];
    if (doomed.length > 0) {
      this.#expectations.expectDeletions(key, doomed.map(keyOf));
      await this.#letGo(plan.abandon);
      const failure = await removePods(
        doomed,
        (pod) => this.#podControl.remove(job, pod),
        (pod) => this.#expectations.deletionObserved(key, keyOf(pod)),
      );
      return { status: plan.status, ...(failure === undefined ? {} : { failure }) };
    }
    const { active = 0 } = plan.status;
    const wants = plan.create.length;
    const allowed = this.#pace.allowed({ key, has: active - wants, wants });
    if (wants === 0) return { status: plan.status };
    const wanted = plan.create.slice(0, allowed).map((each) => newPod(job, each));
    const drafts = this.#podControl.named(job, wanted);
    this.#expectations.expectCreations(key, drafts.map(draftKey));
    let failed = 0;
    const create = async (draft: Draft<Pod>): Promise<void> => {
      failed++;
      await this.#podControl.create(job, draft);
      failed--;
    };
    const { succeeded, error } = await createPods(drafts, create, (draft) =>
      this.#expectations.creationObserved(key, draftKey(draft)),
    );
    this.#meter.created(job, plan.status, { succeeded, failed });
    const status = { ...plan.status, active: active - wants + succeeded };
    return { status, ...(error && !namespaceTerminates(error) ? { failure: error } : {}) };
  }

  async #write(job: Job, status: JobStatus, memory: Memory): Promise<void> {
    try {
      const options = { subresource: 'status' };
      memory.written = await this.context.client.update(jobType, { ...job, status }, options);
      this.#meter.counted(job, status);
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }

  /** Takes the finalizer off; `memory` keeps that in mind until the cache shows it. */
  async #letGo(pods: readonly Pod[], memory?: Memory): Promise<void> {
    const results = await Promise.allSettled(
      pods.map(async (pod) => {
        await this.#patchFinalizers(pod);
        memory?.released.add(uidOf(pod));
      }),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async #patchFinalizers(pod: Pod): Promise<void> {
    const ref = { namespace: namespaceOf(pod), name: nameOf(pod) };
    const metadata = { uid: uidOf(pod), '$deleteFromPrimitiveList/finalizers': [FINALIZER] };
    const type = 'application/strategic-merge-patch+json';
    try {
      await this.context.client.patch(podType, ref, { type, body: { metadata } });
    } catch (error) {
      // Gone, or another of that name: either way ours holds no finalizer any more.
      if (!isStatus(error, 'NotFound') && !isStatus(error, 'Conflict')) throw error;
    }
  }
}

const version = ({ metadata }: KubernetesObject): number => Number(metadata.resourceVersion ?? 0);

/** Versions are the store's revisions: of two states of one object the greater is the later. */
function newer(cached: Job, written: Job | undefined): Job {
  return written !== undefined && version(written) > version(cached) ? written : cached;
}

function untracked(pod: Pod): Pod {
  const finalizers = (pod.metadata.finalizers ?? []).filter((name) => name !== FINALIZER);
  return { ...pod, metadata: { ...pod.metadata, finalizers } };
}

/** Absent is zero or empty: the server leaves out both. */
function sameStatus(a: JobStatus | undefined, b: JobStatus): boolean {
  const filled = (status: JobStatus = {}): object =>
    Object.fromEntries(
      Object.entries(status).filter(
        ([, value]) => value !== 0 && !(typeof value === 'object' && deepEqual(value, {})),
      ),
    );
  return a !== undefined && deepEqual(filled(a), filled(b));
}
