/**
 * The next step of a StatefulSet. In order (OrderedReady), a step touches one pod and the next
 * waits until it runs, is ready, and has been for minReadySeconds; in parallel, all that is
 * missing or too much goes at once. Updates go one pod at a time either way.
 */
import type { Draft } from '../../api/meta.ts';
import type { StatefulSet } from '../../api/types/apps-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { isTerminating, podAvailable, podReady } from '../runtime/pods.ts';
import { firstOrdinal, newPod, ordinalOf, podRevision, type Version, wanted } from './identity.ts';

export interface StatefulSetState {
  readonly set: StatefulSet;
  /** Those it owns. */
  readonly pods: readonly Pod[];
  /** What pods below the partition, or not yet rolled over, are made from. */
  readonly current: Version;
  readonly update: Version;
  readonly nowMs: number;
}

export interface Creation {
  readonly ordinal: number;
  readonly draft: Draft<Pod>;
}

export interface StatefulSetPlan {
  readonly create: readonly Creation[];
  readonly remove: readonly Pod[];
}

export const isRunningAndReady = (pod: Pod): boolean =>
  pod.status?.phase === 'Running' && podReady(pod);
const isHealthy = (pod: Pod): boolean => isRunningAndReady(pod) && !isTerminating(pod);
export const hasEnded = ({ status }: Pod): boolean =>
  status?.phase === 'Failed' || status?.phase === 'Succeeded';

/** Pods created in one go; the rest follows when these were seen. */
const BURST = 500;

type Step = StatefulSetPlan & { readonly wait: boolean };
const go: Step = { create: [], remove: [], wait: false };
const wait: Step = { ...go, wait: true };

/** Pods by ordinal: those within the range, and those beyond it, highest first. */
function sorted({ set, pods }: StatefulSetState) {
  const start = firstOrdinal(set);
  const end = start + wanted(set);
  const replicas = new Map<number, Pod>();
  const beyond: { readonly ordinal: number; readonly pod: Pod }[] = [];
  for (const pod of pods) {
    const ordinal = ordinalOf(set, pod);
    if (ordinal === undefined) continue;
    if (ordinal >= start && ordinal < end) replicas.set(ordinal, pod);
    else beyond.push({ ordinal, pod });
  }
  const condemned = beyond.sort((a, b) => b.ordinal - a.ordinal).map(({ pod }) => pod);
  return { start, end, replicas, condemned };
}

export function planStatefulSet(state: StatefulSetState): StatefulSetPlan {
  const { set } = state;
  if (isDeleting(set)) return { create: [], remove: [] };
  const ordered = set.spec.podManagementPolicy !== 'Parallel';
  const { start, end, replicas, condemned } = sorted(state);
  const steps: Step[] = [];
  let creations = 0;
  for (let ordinal = start; ordinal < end; ordinal++) {
    const step = replicaStep(state, ordinal, replicas.get(ordinal));
    steps.push(step);
    creations += step.create.length;
    if ((ordered && step.wait) || creations >= BURST) return merged(steps);
  }
  const firstUnhealthy =
    [...replicas].sort(([a], [b]) => a - b).find(([, pod]) => !isHealthy(pod))?.[1] ??
    condemned.findLast((pod) => !isHealthy(pod));
  for (const pod of condemned) {
    const step = condemnedStep(state, pod, firstUnhealthy);
    steps.push(step);
    if (ordered && step.wait) return merged(steps);
  }
  const plan = merged(steps);
  if (plan.create.length + plan.remove.length > 0) return plan;
  return planUpdate(state, { start, end, replicas });
}

const isDeleting = ({ metadata }: StatefulSet): boolean => metadata.deletionTimestamp !== undefined;

function merged(steps: readonly Step[]): StatefulSetPlan {
  return {
    create: steps.flatMap(({ create }) => create),
    remove: steps.flatMap(({ remove }) => remove),
  };
}

function replicaStep(state: StatefulSetState, ordinal: number, pod: Pod | undefined): Step {
  const { set, nowMs } = state;
  if (pod === undefined) {
    const version = isCurrentNeeded(set, ordinal) ? state.current : state.update;
    return { ...wait, create: [{ ordinal, draft: newPod(set, ordinal, version) }] };
  }
  // Its name is free for the next one once it is gone.
  if (hasEnded(pod)) return isTerminating(pod) ? wait : { ...wait, remove: [pod] };
  if (isTerminating(pod) || !isAvailable(set, pod, nowMs)) return wait;
  return go;
}

export function isAvailable(set: StatefulSet, pod: Pod, nowMs: number): boolean {
  return isRunningAndReady(pod) && podAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs);
}

/** Below the partition a lost pod comes back as it was. */
function isCurrentNeeded(set: StatefulSet, ordinal: number): boolean {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type !== 'RollingUpdate') return false;
  const kept =
    rollingUpdate === undefined
      ? (set.status?.currentReplicas ?? 0)
      : (rollingUpdate.partition ?? 0);
  return ordinal < firstOrdinal(set) + kept;
}

function condemnedStep(
  { set, nowMs }: StatefulSetState,
  pod: Pod,
  firstUnhealthy: Pod | undefined,
): Step {
  if (isTerminating(pod)) return wait;
  const ordered = set.spec.podManagementPolicy !== 'Parallel';
  // An unhealthy one goes only if nothing before it is unhealthy: it may be what is waited for.
  if (ordered && !isAvailable(set, pod, nowMs) && pod !== firstUnhealthy) return wait;
  return { ...wait, remove: [pod] };
}

function planUpdate(
  { set, update }: StatefulSetState,
  range: { readonly start: number; readonly end: number; replicas: ReadonlyMap<number, Pod> },
): StatefulSetPlan {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type === 'OnDelete') return { create: [], remove: [] };
  const last = range.start + (rollingUpdate?.partition ?? 0);
  for (let ordinal = range.end - 1; ordinal >= last; ordinal--) {
    const pod = range.replicas.get(ordinal);
    if (pod === undefined) break;
    if (podRevision(pod) !== update.name && !isTerminating(pod)) {
      return { create: [], remove: [pod] };
    }
    if (!isHealthy(pod)) break;
  }
  return { create: [], remove: [] };
}
