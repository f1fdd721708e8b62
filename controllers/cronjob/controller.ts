/** The CronJob controller: a Job at each time the schedule names. */
import { controllerOf, type KubernetesObject, nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import type { ResourceType } from '../../api/resource.ts';
import { cronJobs as cronJobType, jobs as jobType } from '../../api/resources.ts';
import { isStatus, namespaceTerminates } from '../../api/status.ts';
import type { CronJob, Job } from '../../api/types/batch-v1.ts';
import { BaseController } from '../runtime/base-controller.ts';
import type { Controller, ControllerContext, ReconcileResult } from '../runtime/controller.ts';
import { indexByController, OWNER_INDEX } from '../runtime/owner-index.ts';
import { controllerKey, enqueueMapped, enqueueSelf } from '../runtime/sources.ts';
import { writeStatus } from '../runtime/write-status.ts';
import {
  type CronJobPlan,
  type CronJobState,
  planCronJob,
  referenceTo,
  sameStatus,
  unexpected,
} from './plan.ts';

const NAME = 'cronjob-controller';

export function cronJobController(context: ControllerContext): Controller {
  return new CronJobController(context);
}

class CronJobController extends BaseController {
  readonly name = NAME;
  readonly #cronJobs = this.informerOf(cronJobType);
  readonly #jobs = this.informerOf(jobType);
  readonly #recorder = this.recorderAs(NAME);

  constructor(context: ControllerContext) {
    super(context);
    indexByController(this.#jobs);
    enqueueSelf(this.#cronJobs, this.queue);
    enqueueMapped(this.#jobs, this.queue, (job) => {
      const key = controllerKey(job, cronJobType.kind);
      return key === undefined ? [] : [key];
    });
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const current = await this.#current(key);
    if (current === undefined) return undefined;
    const { cronJob, jobs } = current;
    const plan = planCronJob({ cronJob, jobs, nowMs: this.context.clock.now() });
    for (const event of plan.events) this.#recorder.record(cronJob, event);
    for (const job of plan.remove) await this.#remove(cronJob, job);
    const created = plan.create && (await this.#create(cronJob, plan.create));
    const active = [...(plan.status.active ?? []), ...(created ? [referenceTo(created)] : [])];
    const status = { ...plan.status, ...(active.length === 0 ? {} : { active }) };
    if (!sameStatus(cronJob.status, status)) {
      await writeStatus(this.context.client, cronJobType, { ...cronJob, status });
    }
    const { requeueAfterMs } = plan;
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
  }

  /** A cache that is behind makes Jobs look forgotten or lost: then the server is asked. */
  async #current(key: string): Promise<Pick<CronJobState, 'cronJob' | 'jobs'> | undefined> {
    const cached = this.#cronJobs.lister.get(key);
    if (cached === undefined) return undefined;
    const jobs = this.#jobs.lister
      .byIndex(OWNER_INDEX, uidOf(cached))
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const ref = { namespace: namespaceOf(cached), name: nameOf(cached) };
    const asked = unexpected(cached, jobs).length > 0;
    const cronJob = asked ? await this.#find(cronJobType, ref) : cached;
    if (cronJob === undefined || uidOf(cronJob) !== uidOf(cached)) return undefined;
    const found = await Promise.all(
      (cronJob.status?.active ?? [])
        .filter(({ uid }) => !jobs.some((job) => uidOf(job) === uid))
        .map(({ name = '' }) => this.#find(jobType, { ...ref, name })),
    );
    return { cronJob, jobs: [...jobs, ...found.filter((job) => job !== undefined)] };
  }

  async #find<T extends KubernetesObject>(
    type: ResourceType<T>,
    ref: { readonly namespace: string; readonly name: string },
  ): Promise<T | undefined> {
    try {
      return await this.context.client.get(type, ref);
    } catch (error) {
      if (isStatus(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  /** The name tells the time: a second Job for it is impossible. */
  async #create(
    cronJob: CronJob,
    draft: NonNullable<CronJobPlan['create']>,
  ): Promise<Job | undefined> {
    const { client } = this.context;
    const { namespace = '', name = '' } = draft.metadata;
    try {
      const job = await client.create(jobType, draft);
      const message = `Created job ${name}`;
      this.#recorder.record(cronJob, { type: 'Normal', reason: 'SuccessfulCreate', message });
      return job;
    } catch (error) {
      if (namespaceTerminates(error)) return undefined;
      if (isStatus(error, 'AlreadyExists')) {
        const live = await client.get(jobType, { namespace, name });
        return controllerOf(live)?.uid === uidOf(cronJob) ? live : undefined;
      }
      const message = `Error creating job: ${(error as Error).message}`;
      this.#recorder.record(cronJob, { type: 'Warning', reason: 'FailedCreate', message });
      throw error;
    }
  }

  async #remove(cronJob: CronJob, job: Job): Promise<void> {
    const ref = { namespace: namespaceOf(job), name: nameOf(job) };
    const options = {
      propagationPolicy: 'Background',
      preconditions: { uid: uidOf(job) },
    } as const;
    try {
      await this.context.client.delete(jobType, ref, options);
      const message = `Deleted job ${ref.name}`;
      this.#recorder.record(cronJob, { type: 'Normal', reason: 'SuccessfulDelete', message });
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }
}
