import { nameOf, namespaceOf } from '../api/meta.ts';
import { pods } from '../api/resources.ts';
import { isStatus } from '../api/status.ts';
import { formatTime } from '../api/time.ts';
import type { Pod, PodCondition } from '../api/types/core-v1.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { Client } from '../client/interface.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { withCondition } from './pod-conditions.ts';

export interface ReporterOptions {
  readonly client: Client;
  readonly clock: Clock;
  /** Events come from the scheduler that the pod names. */
  readonly recorderOf: (pod: Pod) => EventRecorder;
  readonly logger: Logger;
}

/** Why a pod has no node. SchedulerError: the scheduler failed, rather than refused. */
export type FailureReason = 'Unschedulable' | 'SchedulerError';

export interface FailureReport {
  readonly reason: FailureReason;
  readonly message: string;
  /** Undefined: as it was; '': none any more. */
  readonly nominatedNodeName?: string;
}

/** Of an event's text. */
const MAX_NOTE = 1024;
const CUT = ' ...';

const shortened = (message: string): string =>
  message.length <= MAX_NOTE ? message : message.slice(0, MAX_NOTE - CUT.length) + CUT;

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
    this.#options.recorderOf(pod).record(pod, {
      type: 'Normal',
      reason: 'Scheduled',
      action: 'Binding',
      message: `Successfully assigned ${namespaceOf(pod)}/${nameOf(pod)} to ${nodeName}`,
    });
  }

  /** Resolves when the condition is written, or cannot be; it never rejects. */
  async failed(pod: Pod, { reason, message, nominatedNodeName }: FailureReport): Promise<void> {
    const { client, recorderOf, logger } = this.#options;
    const event = { type: 'Warning', reason: 'FailedScheduling', action: 'Scheduling' } as const;
    recorderOf(pod).record(pod, { ...event, message: shortened(message) });
    const old = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    const known = old?.status === 'False' && old.reason === reason && old.message === message;
    const nominated = pod.status?.nominatedNodeName ?? '';
    const renominated = nominatedNodeName !== undefined && nominatedNodeName !== nominated;
    if (known && !renominated) return;
    const status = {
      ...withCondition(pod, this.#condition(pod, { reason, message })),
      ...(renominated ? { nominatedNodeName: nominatedNodeName || null } : {}),
    };
    try {
      await client.patch(
        pods,
        { namespace: namespaceOf(pod), name: nameOf(pod) },
        {
          type: 'application/strategic-merge-patch+json',
          // The uid is a precondition: a namesake created since keeps its own status.
          body: { metadata: { uid: pod.metadata.uid }, status },
          subresource: 'status',
        },
      );
    } catch (error) {
      if (isStatus(error, 'NotFound') || isStatus(error, 'Conflict')) return;
      logger.warn({ err: error, pod: nameOf(pod) }, 'cannot write the PodScheduled condition');
    }
  }

  #condition(pod: Pod, { reason, message }: FailureReport): PodCondition {
    const old = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    const { generation } = pod.metadata;
    return {
      type: 'PodScheduled',
      status: 'False',
      lastTransitionTime:
        (old?.status === 'False' ? old.lastTransitionTime : undefined) ??
        formatTime(this.#options.clock.now()),
      reason,
      message,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    };
  }
}
