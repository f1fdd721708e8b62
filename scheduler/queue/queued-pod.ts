import type { ClusterEvent } from '../framework/events.ts';
import type { Queued } from '../framework/interface.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import type { Status } from '../framework/status.ts';

export interface QueuedPod extends Queued {
  /** When the pod entered the queue for the first time, in monotonic milliseconds. */
  readonly firstQueuedAt: number;
  readonly attempts: number;
  /** Empty: rejected by no plugin in particular, so any event wakes the pod. Who gates it, too. */
  readonly rejectedBy: ReadonlySet<string>;
  /** Rejected by PreEnqueue: the pod waits for its own change or an event, however long. */
  readonly gated: boolean;
}

/** What the queue asks the pod's profile. */
export interface QueuePolicy {
  preEnqueue(pod: PodInfo): Status | undefined;
  goesFirst(a: Queued, b: Queued): boolean;
  wakes(pod: PodInfo, rejectedBy: ReadonlySet<string>, event: ClusterEvent): boolean;
  /**
   * False: events of this kind wake no pod of the same scheduler with the same `rejectedBy`. Not
   * asked about pods one by one: `pod` stands for all of them.
   */
  heeds(pod: PodInfo, rejectedBy: ReadonlySet<string>, kind: ClusterEvent['kind']): boolean;
}
