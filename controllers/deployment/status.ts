/** A Deployment's status, summed up from its ReplicaSets'. */
import { deepEqual } from '../../api/deep.ts';
import { formatTime } from '../../api/time.ts';
import type { Deployment, DeploymentStatus, ReplicaSet } from '../../api/types/apps-v1.ts';
import {
  availableText,
  type Conditions,
  type ConditionText,
  hasDeadline,
  withCondition,
  withoutCondition,
  withProgress,
} from './conditions.ts';
import { availableOf, total, type Versions } from './replica-sets.ts';

export interface StatusState {
  readonly deployment: Deployment;
  readonly versions: Versions;
  readonly nowMs: number;
  /** False while paused or being deleted: the deadline's clock then stands still. */
  readonly timed: boolean;
  /** A condition this reconciliation brought about, which goes before what the counts say. */
  readonly text?: ConditionText;
}

export function planStatus(state: StatusState): DeploymentStatus {
  const { deployment, versions, nowMs } = state;
  const counts = countsOf(state);
  let conditions: Conditions = deployment.status?.conditions ?? [];
  conditions = withCondition(
    conditions,
    availableText(deployment, counts.availableReplicas),
    nowMs,
  );
  if (state.text !== undefined) conditions = withCondition(conditions, state.text, nowMs);
  else if (state.timed) {
    const { newest } = versions;
    conditions = withProgress(conditions, { deployment, status: counts, newest, nowMs });
  }
  if (state.timed) conditions = withReplicaFailure(conditions, versions, nowMs);
  return { ...counts, conditions };
}

/** Without its newest ReplicaSet nothing is summed up: only why it is missing is told. */
export function statusWithout(
  { status, spec }: Deployment,
  { text, collisionCount }: { readonly text?: ConditionText; readonly collisionCount?: number },
  nowMs: number,
): DeploymentStatus {
  const old = status?.conditions ?? [];
  const told = text !== undefined && hasDeadline(spec.progressDeadlineSeconds);
  const conditions = told ? withCondition(old, text, nowMs) : old;
  return {
    ...status,
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(collisionCount === undefined ? {} : { collisionCount }),
  };
}

function countsOf({ deployment, versions }: StatusState) {
  const { newest, old } = versions;
  const all = newest === undefined ? old : [...old, newest];
  const availableReplicas = total(all, availableOf);
  const collisions = deployment.status?.collisionCount;
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: total(all, statusReplicas),
    updatedReplicas: newest === undefined ? 0 : statusReplicas(newest),
    readyReplicas: total(all, ({ status }) => status?.readyReplicas ?? 0),
    availableReplicas,
    unavailableReplicas: Math.max(0, total(all) - availableReplicas),
    ...(collisions === undefined ? {} : { collisionCount: collisions }),
  };
}

const statusReplicas = (replicaSet: ReplicaSet): number => replicaSet.status?.replicas ?? 0;

/**
 * Passed on from the newest ReplicaSet that has the condition, word for word; while paused it
 * stays as it is.
 */
function withReplicaFailure(
  conditions: Conditions,
  { newest, old }: Versions,
  nowMs: number,
): Conditions {
  const all = newest === undefined ? old : [newest, ...old];
  const failure = all
    .flatMap((replicaSet) => replicaSet.status?.conditions ?? [])
    .find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  if (failure === undefined) return withoutCondition(conditions, 'ReplicaFailure');
  const { reason = '', message = '' } = failure;
  const text: ConditionText = { type: 'ReplicaFailure', status: 'True', reason, message };
  const since = failure.lastTransitionTime ?? formatTime(nowMs);
  return withCondition(conditions, text, nowMs).map((condition) =>
    condition.type === 'ReplicaFailure' ? { ...condition, lastTransitionTime: since } : condition,
  );
}

const counters = [
  'observedGeneration',
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'unavailableReplicas',
  'collisionCount',
] as const;

/** Absent counts are zero: the server leaves out zeros. */
export function sameStatus(a: DeploymentStatus | undefined, b: DeploymentStatus): boolean {
  return (
    counters.every((counter) => (a?.[counter] ?? 0) === (b[counter] ?? 0)) &&
    deepEqual(a?.conditions ?? [], b.conditions ?? [])
  );
}
