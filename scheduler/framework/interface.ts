/**
 * The scheduling framework: the points at which plugins take part in placing a pod, one
 * one-method interface each. Semantics and order are Kubernetes' scheduling framework
 * (KEP-624): for one pod
 *
 *     PreEnqueue → QueueSort → PreFilter → Filter → (PostFilter) → PreScore → Score + normalize
 *       → Reserve → Permit │ → PreBind → Bind → PostBind
 *
 * Everything left of the bar is the scheduling cycle: synchronous, one pod at a time, over a
 * cluster state that cannot move meanwhile. Right of it is the binding cycle: asynchronous,
 * many pods at a time. A plugin that throws fails its pod, never the scheduler.
 */
import type { ClusterState } from './cluster-state.ts';
import type { CycleState } from './cycle-state.ts';
import type { ClusterEvent, ClusterEventKind } from './events.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import type { Status } from './status.ts';

/** One attempt to place one pod. */
export interface Cycle {
  readonly pod: PodInfo;
  readonly state: CycleState;
  /** All nodes. The array is the scheduler's: read-only. */
  readonly nodes: readonly NodeInfo[];
  /** The nodes with indexes over them. Read-only for plugins. */
  readonly cluster: ClusterState;
}

export type MaybePromise<T> = T | Promise<T>;

/** Undefined says yes. */
export type Verdict = Status | undefined;

export interface Plugin {
  readonly name: string;
}

/** May the pod enter the queue at all? Asked again when the pod changes. */
export interface PreEnqueuePlugin extends Plugin {
  preEnqueue(pod: PodInfo): Verdict;
}

export interface Queued {
  readonly pod: PodInfo;
  /** When the pod entered the queue last, in monotonic milliseconds. */
  readonly queuedAt: number;
}

/** Exactly one plugin of a profile orders the queue: true if `a` goes first. */
export interface QueueSortPlugin extends Plugin {
  goesFirst(a: Queued, b: Queued): boolean;
}

/** Looks at the pod once. `nodeNames` limits the nodes worth filtering. */
export interface PreFilterPlugin extends Plugin {
  preFilter(cycle: Cycle): Verdict | { readonly nodeNames: ReadonlySet<string> };
}

/**
 * Keeps what PreFilter wrote to the cycle's state true while pods are added or removed on trial.
 * Plugins that only read the cluster in Filter do not need it.
 */
export interface PreFilterExtensions extends Plugin {
  podAdded(cycle: Cycle, pod: PodInfo, node: NodeInfo): void;
  podRemoved(cycle: Cycle, pod: PodInfo, node: NodeInfo): void;
}

/** May the pod run on this node? */
export interface FilterPlugin extends Plugin {
  filter(cycle: Cycle, node: NodeInfo): Verdict;
  /**
   * True only if `filter` would refuse the node with this pod on it too: spares preemption the
   * trial. Absent: nobody knows before.
   */
  refusesWith?(cycle: Cycle, node: NodeInfo, added: PodInfo): boolean;
  /**
   * All of the pod that `filter` looks at, as text, if beside it `filter` looks at nothing but the
   * node and the pods on it: its verdict is then remembered for pods with the same text. Absent,
   * or undefined: it looks further, and is asked each time.
   */
  sign?(pod: PodInfo): string | undefined;
}

/** What became of each node that was filtered, by name. */
export type NodeStatuses = ReadonlyMap<string, Status>;

/** Tries out what would be if pods were elsewhere. Whoever changes something changes it back. */
export interface Trial {
  remove(pod: PodInfo, node: NodeInfo): void;
  add(pod: PodInfo, node: NodeInfo): void;
  /** True only if the verdict would be no with this pod on the node too. */
  refusesWith(node: NodeInfo, added: PodInfo): boolean;
  /** The verdict of all Filter plugins, room kept for pods nominated to the node. */
  filter(node: NodeInfo): Verdict;
}

export interface PostFilterResult {
  /** Added to the message users see. */
  readonly message: string;
  /** The node on which room is being made for the pod; '' takes an earlier nomination back. */
  readonly nominatedNodeName?: string;
  /** Makes the room. The pod is not tried again before it has ended. */
  readonly makeRoom?: () => Promise<void>;
}

/**
 * No node passed: makes room, or says why it cannot. Where that takes a promise, no other pod is
 * placed before it settles, and the cluster moves meanwhile.
 */
export interface PostFilterPlugin extends Plugin {
  postFilter(cycle: Cycle, rejected: Rejected): MaybePromise<PostFilterResult | Verdict>;
}

export interface Rejected {
  /** Nodes that are missing here were rejected before they were filtered. */
  readonly statuses: NodeStatuses;
  readonly trial: Trial;
  /** Pods with the same one fare alike on every node; undefined: nobody knows. */
  readonly signature?: string | undefined;
}

/** Looks at the nodes that passed once. Skip: this plugin's scores are all 0. */
export interface PreScorePlugin extends Plugin {
  preScore(cycle: Cycle, nodes: readonly NodeInfo[]): Verdict;
}

/** Higher is better; in [0, 100] unless the plugin normalizes. */
export interface ScorePlugin extends Plugin {
  score(cycle: Cycle, node: NodeInfo): number;
}

export const MAX_NODE_SCORE = 100;

/** Brings the plugin's scores of all nodes into [0, 100], in place. */
export interface NormalizeScorePlugin extends Plugin {
  normalizeScores(cycle: Cycle, scores: Float64Array): void;
}

/** Takes what the pod needs on the node. `unreserve` gives it back: idempotent, cannot fail. */
export interface ReservePlugin extends Plugin {
  reserve(cycle: Cycle, node: NodeInfo): Verdict;
  unreserve(cycle: Cycle, node: NodeInfo): void;
}

/** Approval that comes later; past `timeoutMs` the pod is rejected. */
export interface PendingPermit {
  readonly decision: Promise<Verdict>;
  readonly timeoutMs: number;
}

export interface PermitPlugin extends Plugin {
  permit(cycle: Cycle, node: NodeInfo): Verdict | PendingPermit;
}

export interface PreBindPlugin extends Plugin {
  /** Skip: `preBind` has nothing to do for this pod. Absent: it always has. */
  preBindPreFlight?(cycle: Cycle, nodeName: string): Verdict;
  /** Past it the pod fails. Default: ten minutes. */
  readonly preBindMs?: number;
  preBind(cycle: Cycle, nodeName: string): Promise<Verdict>;
}

/** The first Bind plugin that does not Skip binds the pod. */
export interface BindPlugin extends Plugin {
  bind(cycle: Cycle, nodeName: string): Promise<Verdict>;
}

export interface PostBindPlugin extends Plugin {
  postBind(cycle: Cycle, nodeName: string): void;
}

/** Queueing hint: could `event` make a pod schedulable that this plugin rejected? */
export interface EventInterest {
  readonly on: ClusterEventKind;
  /** Absent: always. */
  readonly helps?: (pod: PodInfo, event: ClusterEvent, cluster: ClusterState) => boolean;
}

/** Which events wake the pods this plugin rejected. A plugin without it: every event. */
export interface EnqueueExtensions extends Plugin {
  readonly interests: readonly EventInterest[];
}
