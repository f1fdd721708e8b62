/** The TTL controller for finished Jobs: deletes them, and their pods, when they expire. */
import { jobs as jobType } from '../../api/resources.ts';
import { nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import { isStatus } from '../../api/status.ts';
import type { Job } from '../../api/types/batch-v1.ts';
import { BaseController } from '../runtime/base-controller.ts';
import type { Controller, ControllerContext, ReconcileResult } from '../runtime/controller.ts';
import { enqueueSelf } from '../runtime/sources.ts';
import { timeLeftMs } from './plan.ts';

export function ttlAfterFinishedController(context: ControllerContext): Controller {
  return new TtlAfterFinishedController(context);
}

class TtlAfterFinishedController extends BaseController {
  readonly name = 'ttl-after-finished-controller';
  readonly #jobs = this.informerOf(jobType);

  constructor(context: ControllerContext) {
    super(context);
    const expires = ({ spec }: Job): boolean => spec.ttlSecondsAfterFinished !== undefined;
    enqueueSelf(this.#jobs, this.queue, expires);
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const { client, clock } = this.context;
    const cached = this.#jobs.lister.get(key);
    const left = cached && timeLeftMs(cached, clock.now());
    if (cached === undefined || left === undefined) return undefined;
    if (left > 0) return { requeueAfterMs: left };
    const ref = { namespace: namespaceOf(cached), name: nameOf(cached) };
    try {
      // The cache may be behind a new TTL: what is deleted is gone.
      const live = await client.get(jobType, ref);
      const now = timeLeftMs(live, clock.now());
      if (now === undefined || uidOf(live) !== uidOf(cached)) return undefined;
      if (now > 0) return { requeueAfterMs: now };
      const { resourceVersion = '' } = live.metadata;
      await client.delete(jobType, ref, {
        propagationPolicy: 'Foreground',
        preconditions: { uid: uidOf(live), resourceVersion },
      });
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
    return undefined;
  }
}
