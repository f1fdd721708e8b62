import { nameOf, namespaceOf } from '../api/meta.ts';
import { pods } from '../api/resources.ts';
import { isStatus } from '../api/status.ts';
import { formatTime } from '../api/time.ts';
import type { Pod, PodCondition } from '../api/types/core-v1.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { Client } from '../client/interface.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';

export interface ReporterOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly recorder: EventRecorder;
  readonly logger: Logger;
}

/** Why a pod has no node. SchedulerError: the scheduler failed, rather than refused. */
export type FailureReason = 'Unschedulable' | 'SchedulerError';

/**
 * Tells users what the scheduler did: events, and the PodScheduled condition of pods without a
 * node.
 */
export class Reporter {
  readonly #options: ReporterOptions;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  scheduled(pod: Pod, nodeName: string): void {
    this.#options.recorder.record(pod, {
      type: 'Normal',
      reason: 'Scheduled',
      message: `Successfully assigned ${namespaceOf(pod)}/${nameOf(pod)} to ${nodeName}`,
    });
  }

  /** Resolves when the condition is written, or cannot be; it never rejects. */
  async failed(pod: Pod, reason: FailureReason, message: string): Promise<void> {
    const { client, clock, recorder, logger } = this.#options;
    recorder.record(pod, { type: 'Warning', reason: 'FailedScheduling', message });
    const old = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    if (old?.status === 'False' && old.reason === reason && old.message === message) return;
    const { generation } = pod.metadata;
    const condition: PodCondition = {
      type: 'PodScheduled',
      status: 'False',
      lastTransitionTime:
        (old?.status === 'False' ? old.lastTransitionTime : undefined) ?? formatTime(clock.now()),
      reason,
      message,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    };
    try {
      await client.patch(
        pods,
        { namespace: namespaceOf(pod), name: nameOf(pod) },
        {
          type: 'application/strategic-merge-patch+json',
          // The uid is a precondition: a namesake created since keeps its own status.
          body: { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } },
          subresource: 'status',
        },
      );
    } catch (error) {
      if (isStatus(error, 'NotFound') || isStatus(error, 'Conflict')) return;
      logger.warn({ err: error, pod: nameOf(pod) }, 'cannot write the PodScheduled condition');
    }
  }
}
