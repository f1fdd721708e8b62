/** The arithmetic of a rolling update: sizes after one step, given sizes and availability now. */
import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.ts';
import { maxSurge, maxUnavailable, rolls, wanted } from './limits.ts';
import { availableOf, sizeOf, total, type Versions } from './replica-sets.ts';

export interface Resize {
  readonly replicaSet: ReplicaSet;
  readonly size: number;
}

/** How large the newest may be now: never more in total than replicas + maxSurge. */
export function newestSize(deployment: Deployment, newestNow: number, totalNow: number): number {
  if (!rolls(deployment)) return wanted(deployment);
  const room = wanted(deployment) + maxSurge(deployment) - totalNow;
  if (room <= 0) return newestNow;
  return newestNow + Math.min(room, wanted(deployment) - newestNow);
}

export function planRollingUpdate(
  deployment: Deployment,
  { newest, old }: Versions & { newest: ReplicaSet },
): readonly Resize[] {
  const size = sizeOf(newest);
  if (size > wanted(deployment)) return [{ replicaSet: newest, size: wanted(deployment) }];
  if (size < wanted(deployment)) {
    const grown = newestSize(deployment, size, total([newest, ...old]));
    if (grown !== size) return [{ replicaSet: newest, size: grown }];
  }
  return shrinkOld(deployment, newest, old);
}

/**
 * A ReplicaSet that was scaled down may still tell of pods that are on their way out. Kubernetes
 * counts them, and may so fall below the floor that maxUnavailable sets.
 */
const stayingAvailable = (replicaSet: ReplicaSet): number =>
  Math.min(sizeOf(replicaSet), availableOf(replicaSet));

function shrinkOld(
  deployment: Deployment,
  newest: ReplicaSet,
  old: readonly ReplicaSet[],
): readonly Resize[] {
  const minAvailable = wanted(deployment) - maxUnavailable(deployment);
  const notYetAvailable = sizeOf(newest) - availableOf(newest);
  const spare = total([newest, ...old]) - minAvailable - notYetAvailable;
  if (total(old) === 0 || spare <= 0) return [];
  const sizes = new Map(old.map((replicaSet) => [replicaSet, sizeOf(replicaSet)]));
  dropUnavailable(sizes, spare);
  dropAvailable(sizes, total([newest, ...old], stayingAvailable) - minAvailable);
  return resizes(sizes);
}

/** Replicas that serve nobody go first: they cost no availability. */
function dropUnavailable(sizes: Map<ReplicaSet, number>, limit: number): void {
  let left = limit;
  for (const [replicaSet, size] of sizes) {
    const dropped = Math.min(left, Math.max(0, size - availableOf(replicaSet)));
    sizes.set(replicaSet, size - dropped);
    left -= dropped;
  }
}

function dropAvailable(sizes: Map<ReplicaSet, number>, limit: number): void {
  let left = Math.max(0, limit);
  for (const [replicaSet, size] of sizes) {
    const dropped = Math.min(left, size);
    sizes.set(replicaSet, size - dropped);
    left -= dropped;
  }
}

function resizes(sizes: ReadonlyMap<ReplicaSet, number>): readonly Resize[] {
  return [...sizes]
    .filter(([replicaSet, size]) => size !== sizeOf(replicaSet))
    .map(([replicaSet, size]) => ({ replicaSet, size }));
}
