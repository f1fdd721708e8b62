/**
 * A process beside the scheduler that has a say on some pods, asked over the network
 * (KubeSchedulerConfiguration's `extenders`). Each answer is bounded in time and size; a call
 * rejects if there is none.
 */
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import type { Status } from './status.ts';
import type { Victims } from './victims.ts';

export interface Extender {
  /** Its URL: for messages. */
  readonly name: string;
  /** Placing goes on without it when it fails; otherwise the pod fails. */
  readonly ignorable: boolean;
  /** False: the pod asks for none of the resources that the extender manages. */
  concerns(pod: PodInfo): boolean;
  /** Why nodes will not do, by name; nodes that are missing in the answer will. */
  readonly filter?: (
    pod: PodInfo,
    nodes: readonly NodeInfo[],
  ) => Promise<ReadonlyMap<string, Status>>;
  /** To be added to the plugins' weighted scores, by node. */
  readonly prioritize?: (
    pod: PodInfo,
    nodes: readonly NodeInfo[],
  ) => Promise<ReadonlyMap<string, number>>;
  /** The candidates for preemption that are left, some with fewer victims. */
  readonly preempt?: (pod: PodInfo, candidates: readonly Victims[]) => Promise<readonly Victims[]>;
  readonly bind?: (pod: PodInfo, nodeName: string) => Promise<void>;
}
