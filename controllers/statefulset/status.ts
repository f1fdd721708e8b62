import { deepEqual } from '../../api/deep.ts';
import type { StatefulSetStatus } from '../../api/types/apps-v1.ts';
import { isTerminating } from '../runtime/pods.ts';
import { podRevision, wanted } from './identity.ts';
import { isAvailable, isRunningAndReady, type StatefulSetState } from './plan.ts';

export function planStatus(state: StatefulSetState, collisionCount?: number): StatefulSetStatus {
  const { set, pods, current, update, nowMs } = state;
  const counts = {
    replicas: 0,
    readyReplicas: 0,
    availableReplicas: 0,
    currentReplicas: 0,
    updatedReplicas: 0,
  };
  for (const pod of pods) {
    counts.replicas++;
    if (isRunningAndReady(pod)) counts.readyReplicas++;
    if (isAvailable(set, pod, nowMs)) counts.availableReplicas++;
    if (isTerminating(pod)) continue;
    if (podRevision(pod) === current.name) counts.currentReplicas++;
    if (podRevision(pod) === update.name) counts.updatedReplicas++;
  }
  const collisions = collisionCount ?? set.status?.collisionCount ?? 0;
  const { conditions } = set.status ?? {};
  const status = {
    ...counts,
    observedGeneration: set.metadata.generation ?? 0,
    currentRevision: current.name,
    updateRevision: update.name,
    collisionCount: collisions,
    ...(conditions === undefined ? {} : { conditions }),
  };
  return isRolledOut(state, status)
    ? { ...status, currentRevision: update.name, currentReplicas: status.updatedReplicas }
    : status;
}

/** Every replica is of the new version and ready: what was the update is the current one. */
function isRolledOut({ set }: StatefulSetState, status: StatefulSetStatus): boolean {
  const replicas = wanted(set);
  return (
    set.spec.updateStrategy?.type === 'RollingUpdate' &&
    status.replicas === replicas &&
    status.updatedReplicas === replicas &&
    status.readyReplicas === replicas
  );
}

const counters = [
  'replicas',
  'readyReplicas',
  'availableReplicas',
  'currentReplicas',
  'updatedReplicas',
  'observedGeneration',
  'collisionCount',
] as const;

/** Absent counts are zero: the server leaves out zeros. */
export function sameStatus(a: StatefulSetStatus | undefined, b: StatefulSetStatus): boolean {
  return (
    a !== undefined &&
    counters.every((counter) => (a[counter] ?? 0) === (b[counter] ?? 0)) &&
    a.currentRevision === b.currentRevision &&
    a.updateRevision === b.updateRevision &&
    deepEqual(a.conditions ?? [], b.conditions ?? [])
  );
}
