import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';

/** Pods to evict from one node, the most important first. */
export interface Victims {
  readonly node: NodeInfo;
  readonly pods: readonly PodInfo[];
  /** How many of them a disruption budget would keep. */
  readonly violations: number;
}
