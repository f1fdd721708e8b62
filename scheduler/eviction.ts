import { nameOf, namespaceOf, uidOf } from '../api/meta.ts';
import { pods } from '../api/resources.ts';
import { isStatus } from '../api/status.ts';
import { formatTime } from '../api/time.ts';
import type { Pod, PodCondition } from '../api/types/core-v1.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { Client } from '../client/interface.ts';
import type { Clock } from '../platform/clock.ts';
import { withCondition } from './pod-conditions.ts';
import type { Evictor } from './plugins/default-preemption.ts';

export interface EvictionOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly recorderOf: (pod: Pod) => EventRecorder;
  /** True if the pod was waiting for a permit: rejected, it needs no eviction. */
  readonly rejectWaiting: (uid: string) => boolean;
}

/** Preemption through the API: the victim is told why, then deleted with its own grace. */
export class ApiEvictor implements Evictor {
  readonly #options: EvictionOptions;

  constructor(options: EvictionOptions) {
    this.#options = options;
  }

  async evict(...[victim, by, nodeName]: Parameters<Evictor['evict']>): Promise<void> {
    const { recorderOf, rejectWaiting } = this.#options;
    const { pod } = victim;
    if (pod.metadata.deletionTimestamp !== undefined || rejectWaiting(victim.uid)) return;
    const schedulerName = by.pod.spec.schedulerName ?? 'default-scheduler';
    const message = `${schedulerName}: preempting to accommodate a higher priority pod`;
    await unlessGone(this.#mark(pod, message));
    await unlessGone(this.#delete(pod));
    recorderOf(by.pod).record(pod, {
      type: 'Normal',
      reason: 'Preempted',
      action: 'Preempting',
      related: by.pod,
      message: `Preempted by pod ${by.uid} on node ${nodeName}`,
    });
  }

  async withdrawNomination({ pod }: { readonly pod: Pod }): Promise<void> {
    await unlessGone(this.#patchStatus(pod, { nominatedNodeName: null }));
  }

  async #mark(pod: Pod, message: string): Promise<void> {
    const condition: PodCondition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'PreemptionByScheduler',
      message,
      lastTransitionTime: formatTime(this.#options.clock.now()),
    };
    await this.#patchStatus(pod, withCondition(pod, condition));
  }

  async #patchStatus(pod: Pod, status: object): Promise<void> {
    await this.#options.client.patch(pods, refOf(pod), {
      type: 'application/strategic-merge-patch+json',
      body: { metadata: { uid: uidOf(pod) }, status },
      subresource: 'status',
    });
  }

  async #delete(pod: Pod): Promise<void> {
    const preconditions = { uid: uidOf(pod) };
    await this.#options.client.delete(pods, refOf(pod), { preconditions });
  }
}

const refOf = (pod: Pod): { namespace: string; name: string } => ({
  namespace: namespaceOf(pod),
  name: nameOf(pod),
});

/** A victim that went by itself, or a namesake in its place, needs no eviction. */
async function unlessGone(write: Promise<void>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isStatus(error, 'NotFound') && !isStatus(error, 'Conflict')) throw error;
  }
}
