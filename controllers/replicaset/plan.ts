/** What a ReplicaSet asks for, decided from what the caches show. */
import type { ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from '../../api/types/apps-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { deepEqual } from '../../api/deep.ts';
import { formatTime } from '../../api/time.ts';
import type { PodTally } from '../runtime/pod-tallies.ts';
import { podActive, podAvailable, podReady } from '../runtime/pods.ts';
import { podsToDelete } from '../runtime/ranking.ts';

/** Pods created or deleted in one go; the rest follows when these were seen. */
const BURST_REPLICAS = 500;

export interface ReplicaSetState {
  readonly replicaSet: ReplicaSet;
  readonly counts: ReplicaCounts;
  /** Those it owns, in any state; asked for only when some must go. */
  readonly pods: () => readonly Pod[];
  /** Active pods of all ReplicaSets of its owner; asked for only when some must go. */
  related(): readonly Pod[];
  /** UIDs of pods whose deletion may be under way. Default: none. */
  readonly removing?: ReadonlySet<string>;
  readonly nowMs: number;
}

/** Of its active pods. */
export interface ReplicaCounts {
  readonly replicas: number;
  /** Have all labels of the template. */
  readonly fullyLabeledReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
}

export interface ReplicaSetPlan {
  readonly create: number;
  readonly remove: readonly Pod[];
}

export function planReplicas(state: ReplicaSetState): ReplicaSetPlan {
  const { replicaSet, counts, nowMs } = state;
  if (replicaSet.metadata.deletionTimestamp !== undefined) return { create: 0, remove: [] };
  const missing = (replicaSet.spec.replicas ?? 1) - counts.replicas;
  if (missing >= 0) return { create: Math.min(missing, BURST_REPLICAS), remove: [] };
  const count = Math.min(-missing, BURST_REPLICAS);
  const { removing } = state;
  const options = { count, nowMs, ...(removing === undefined ? {} : { removing }) };
  const active = state.pods().filter(podActive);
  return { create: 0, remove: podsToDelete(active, state.related(), options) };
}

/** Why replicas could not be created or deleted, for the ReplicaFailure condition. */
export interface ReplicaFailure {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly message: string;
}

type Counted = Pick<ReplicaSetState, 'replicaSet' | 'nowMs'>;

/** Counts by looking at every pod, as is needed when pods become available by waiting. */
export function countReplicas({ replicaSet, nowMs }: Counted, pods: readonly Pod[]): ReplicaCounts {
  const labels = Object.entries(replicaSet.spec.template?.metadata?.labels ?? {});
  const minReadySeconds = replicaSet.spec.minReadySeconds ?? 0;
  const counts = { replicas: 0, fullyLabeledReplicas: 0, readyReplicas: 0, availableReplicas: 0 };
  for (const pod of pods) {
    if (!podActive(pod)) continue;
    counts.replicas++;
    const has = pod.metadata.labels;
    if (labels.every(([name, value]) => has?.[name] === value)) counts.fullyLabeledReplicas++;
    if (!podReady(pod)) continue;
    counts.readyReplicas++;
    if (podAvailable(pod, minReadySeconds, nowMs)) counts.availableReplicas++;
  }
  return counts;
}

/** The same from what was counted as the pods changed; undefined where that does not tell. */
export function tallied(replicaSet: ReplicaSet, tally: PodTally): ReplicaCounts | undefined {
  if ((replicaSet.spec.minReadySeconds ?? 0) > 0 && tally.ready > 0) return undefined;
  const labels = Object.entries(replicaSet.spec.template?.metadata?.labels ?? {});
  let fullyLabeledReplicas = 0;
  for (const { labels: has, active } of tally.labelled)
    if (labels.every(([name, value]) => has?.[name] === value)) fullyLabeledReplicas += active;
  const { active: replicas, ready } = tally;
  return { replicas, fullyLabeledReplicas, readyReplicas: ready, availableReplicas: ready };
}

export function planStatus(state: ReplicaSetState, failure?: ReplicaFailure): ReplicaSetStatus {
  const { replicaSet, counts, nowMs } = state;
  const conditions = conditionsOf(replicaSet.status?.conditions ?? [], failure, nowMs);
  const observedGeneration = replicaSet.metadata.generation ?? 0;
  return { ...counts, observedGeneration, ...(conditions.length === 0 ? {} : { conditions }) };
}

/** The first failure stays told until nothing fails any more, whatever fails next. */
function conditionsOf(
  old: readonly ReplicaSetCondition[],
  failure: ReplicaFailure | undefined,
  nowMs: number,
): readonly ReplicaSetCondition[] {
  const others = old.filter(({ type }) => type !== 'ReplicaFailure');
  if (failure === undefined) return others.length === old.length ? old : others;
  if (others.length < old.length) return old;
  const lastTransitionTime = formatTime(nowMs);
  return [...others, { type: 'ReplicaFailure', status: 'True', lastTransitionTime, ...failure }];
}

/** Absent counts are zero: the server leaves out zeros. */
export function sameStatus(a: ReplicaSetStatus | undefined, b: ReplicaSetStatus): boolean {
  return (
    (a?.replicas ?? 0) === b.replicas &&
    (a?.fullyLabeledReplicas ?? 0) === (b.fullyLabeledReplicas ?? 0) &&
    (a?.readyReplicas ?? 0) === (b.readyReplicas ?? 0) &&
    (a?.availableReplicas ?? 0) === (b.availableReplicas ?? 0) &&
    (a?.observedGeneration ?? 0) === (b.observedGeneration ?? 0) &&
    deepEqual(a?.conditions ?? [], b.conditions ?? [])
  );
}

/** When a ready pod that is not yet available will be, if nothing else happens. */
export function availableAfterMs(
  replicaSet: ReplicaSet,
  status: ReplicaSetStatus,
): number | undefined {
  const minReadySeconds = replicaSet.spec.minReadySeconds ?? 0;
  const waits = (status.readyReplicas ?? 0) > (status.availableReplicas ?? 0);
  return minReadySeconds > 0 && waits ? minReadySeconds * 1000 : undefined;
}
