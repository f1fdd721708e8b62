/** Which daemon pods to make and to remove, decided from what the caches show. */
import type { DaemonSet, DaemonSetStatus } from '../../api/types/apps-v1.ts';
import type { Node, Pod } from '../../api/types/core-v1.ts';
import { deepEqual } from '../../api/deep.ts';
import { nameOf } from '../../api/meta.ts';
import { isTerminating, podAvailable, podReady } from '../runtime/pods.ts';
import { HASH_LABEL, nodeOf, type Placement, placementOn } from './placement.ts';
import { maxSurge, planRollingUpdate } from './rolling.ts';

/** Pods created or deleted in one go; the rest follows when these were seen. */
export const BURST = 250;

export interface DaemonSetState {
  readonly set: DaemonSet;
  readonly nodes: readonly Node[];
  /** Those it owns. */
  readonly pods: readonly Pod[];
  /** Of the template as it is now. */
  readonly hash: string;
  readonly nowMs: number;
}

export interface NodeState {
  readonly name: string;
  /** Oldest first, without those that ended and are deleted. */
  readonly pods: readonly Pod[];
  readonly placement: Placement;
}

export interface DaemonSetPlan {
  /** The names of nodes that get a pod. */
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
  /** Those of `remove` that ended: a node where they end again and again is given time. */
  readonly ended: readonly Pod[];
}

const hasEnded = ({ status }: Pod): boolean =>
  status?.phase === 'Failed' || status?.phase === 'Succeeded';
/** Ended and deleted, held by a finalizer or until its node takes it out: its place is free. */
const isPast = (pod: Pod): boolean => isTerminating(pod) && hasEnded(pod);

const byAge = (a: Pod, b: Pod): number =>
  (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') ||
  nameOf(a).localeCompare(nameOf(b));
/** Those that have a node and run are kept before others. */
const byUse = (a: Pod, b: Pod): number =>
  Number(Boolean(b.spec.nodeName)) - Number(Boolean(a.spec.nodeName)) || byAge(a, b);

function nodeStates({ set, nodes, pods }: DaemonSetState): readonly NodeState[] {
  const byNode = new Map<string | undefined, Pod[]>();
  for (const pod of pods) {
    if (isPast(pod)) continue;
    const there = byNode.get(nodeOf(pod));
    if (there === undefined) byNode.set(nodeOf(pod), [pod]);
    else there.push(pod);
  }
  return nodes.map((node) => ({
    name: nameOf(node),
    pods: [...(byNode.get(nameOf(node)) ?? [])].sort(byAge),
    placement: placementOn(node, set),
  }));
}

export function planDaemonSet(state: DaemonSetState): DaemonSetPlan {
  const { set } = state;
  if (set.metadata.deletionTimestamp !== undefined) return { create: [], remove: [], ended: [] };
  const nodes = nodeStates(state);
  const create: string[] = [];
  const remove = strayPods(state);
  const ended: Pod[] = [];
  for (const node of nodes) {
    const live = node.pods.filter((pod) => !isTerminating(pod));
    if (node.placement.shouldRun && node.pods.length === 0) create.push(node.name);
    else if (!node.placement.mayStay) remove.push(...live);
    else {
      ended.push(...live.filter(hasEnded));
      const running = live.filter((pod) => !hasEnded(pod));
      remove.push(...surplus(state, running));
    }
  }
  const managed = { create, remove: [...remove, ...ended], ended };
  if (create.length + managed.remove.length > 0) return managed;
  if (set.spec.updateStrategy?.type === 'OnDelete') return managed;
  return { ...planRollingUpdate(state, nodes), ended };
}

/** Meant for a node that is no more, and not bound: nobody else would remove them. */
function strayPods({ nodes, pods }: DaemonSetState): Pod[] {
  const known = new Set(nodes.map(nameOf));
  return pods.filter((pod) => {
    const node = nodeOf(pod);
    return !pod.spec.nodeName && node !== undefined && !known.has(node) && !isTerminating(pod);
  });
}

/** One pod per node; while surging an old one beside the new, as long as the new is not ready. */
function surplus(state: DaemonSetState, running: readonly Pod[]): readonly Pod[] {
  if (running.length <= 1) return [];
  const { set, hash, nowMs } = state;
  if (maxSurge(set, 1) === 0) return [...running].sort(byUse).slice(1);
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const isNew = (pod: Pod): boolean => pod.metadata.labels?.[HASH_LABEL] === hash;
  const newest = running.find(isNew);
  const old = running.find((pod) => !isNew(pod));
  const kept = new Set<Pod | undefined>();
  if (newest !== undefined) kept.add(newest);
  const replaced = newest !== undefined && podAvailable(newest, minReadySeconds, nowMs);
  const serves = old !== undefined && podAvailable(old, minReadySeconds, nowMs);
  if (newest === undefined || (serves && !replaced)) kept.add(old);
  return running.filter((pod) => !kept.has(pod));
}

export function planStatus(state: DaemonSetState, collisionCount?: number): DaemonSetStatus {
  const { set, hash, nowMs } = state;
  const counts = {
    desiredNumberScheduled: 0,
    currentNumberScheduled: 0,
    numberMisscheduled: 0,
    numberReady: 0,
    numberAvailable: 0,
    updatedNumberScheduled: 0,
  };
  for (const { placement, pods } of nodeStates(state)) {
    const [oldest] = pods;
    if (!placement.shouldRun) {
      if (oldest !== undefined) counts.numberMisscheduled++;
      continue;
    }
    counts.desiredNumberScheduled++;
    if (oldest === undefined) continue;
    counts.currentNumberScheduled++;
    if (podReady(oldest)) counts.numberReady++;
    if (podAvailable(oldest, set.spec.minReadySeconds ?? 0, nowMs)) counts.numberAvailable++;
    if (oldest.metadata.labels?.[HASH_LABEL] === hash) counts.updatedNumberScheduled++;
  }
  const collisions = collisionCount ?? set.status?.collisionCount;
  const { conditions } = set.status ?? {};
  return {
    ...counts,
    numberUnavailable: counts.desiredNumberScheduled - counts.numberAvailable,
    observedGeneration: set.metadata.generation ?? 0,
    ...(collisions === undefined ? {} : { collisionCount: collisions }),
    ...(conditions === undefined ? {} : { conditions }),
  };
}

/** Absent counts are zero: the server leaves out zeros. */
export function sameStatus(a: DaemonSetStatus | undefined, b: DaemonSetStatus): boolean {
  const filled = (status: DaemonSetStatus): object =>
    Object.fromEntries(Object.entries(status).filter(([, value]) => value !== 0));
  return a !== undefined && deepEqual(filled(a), filled(b));
}
