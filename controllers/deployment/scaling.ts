/**
 * A change of `spec.replicas` while several versions have pods: every version gets its share, so
 * that scaling up in the middle of a bad rollout does not put all new pods on the bad version.
 */
import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.ts';
import { DESIRED_REPLICAS, MAX_REPLICAS, numberAnnotation } from './annotations.ts';
import { maxSurge, rolls, wanted } from './limits.ts';
import { availableOf, byAge, sizeOf, total, type Versions } from './replica-sets.ts';
import type { Resize } from './rolling.ts';

const active = (replicaSets: readonly ReplicaSet[]): readonly ReplicaSet[] =>
  replicaSets.filter((replicaSet) => sizeOf(replicaSet) > 0);

/** True if a version was last scaled for another number of replicas than now wanted. */
export function isScaling(deployment: Deployment, replicaSets: readonly ReplicaSet[]): boolean {
  return active(replicaSets).some((replicaSet) => {
    const desired = numberAnnotation(replicaSet, DESIRED_REPLICAS);
    return desired !== undefined && desired !== wanted(deployment);
  });
}

/** Sizes of those to touch; an unchanged size still asks for new size annotations. */
export function planScaling(deployment: Deployment, versions: Versions): readonly Resize[] {
  const { newest, old } = versions;
  const all = newest === undefined ? old : [...old, newest];
  const running = active(all);
  if (running.length <= 1) {
    const only = running[0] ?? newest ?? old.at(-1);
    return only === undefined ? [] : [{ replicaSet: only, size: wanted(deployment) }];
  }
  if (newest !== undefined && isSaturated(deployment, newest)) {
    return active(old).map((replicaSet) => ({ replicaSet, size: 0 }));
  }
  if (rolls(deployment)) return shareOut(deployment, running);
  return running.map((replicaSet) => ({ replicaSet, size: sizeOf(replicaSet) }));
}

/** The newest version carries everything already. */
function isSaturated(deployment: Deployment, newest: ReplicaSet): boolean {
  const replicas = wanted(deployment);
  return (
    sizeOf(newest) === replicas &&
    numberAnnotation(newest, DESIRED_REPLICAS) === replicas &&
    availableOf(newest) === replicas
  );
}

function shareOut(deployment: Deployment, running: readonly ReplicaSet[]): readonly Resize[] {
  const replicas = wanted(deployment);
  const allowed = replicas > 0 ? replicas + maxSurge(deployment) : 0;
  const toAdd = allowed - total(running);
  const largestFirst = [...running].sort((a, b) => {
    const bySize = sizeOf(b) - sizeOf(a);
    return bySize !== 0 ? bySize : toAdd > 0 ? -byAge(a, b) : byAge(a, b);
  });
  let added = 0;
  const sizes = largestFirst.map((replicaSet) => {
    const share = shareOf(deployment, replicaSet, { toAdd, added });
    added += share;
    return { replicaSet, size: sizeOf(replicaSet) + share };
  });
  // What rounding left over goes to the largest.
  const first = sizes[0]!;
  sizes[0] = { ...first, size: first.size + toAdd - added };
  return sizes.map(({ replicaSet, size }) => ({ replicaSet, size: Math.max(0, size) }));
}

function shareOf(
  deployment: Deployment,
  replicaSet: ReplicaSet,
  { toAdd, added }: { readonly toAdd: number; readonly added: number },
): number {
  const allowed = toAdd - added;
  if (allowed === 0) return 0;
  const fraction = fractionOf(deployment, replicaSet);
  return toAdd > 0 ? Math.min(fraction, allowed) : Math.max(fraction, allowed);
}

/** The change that keeps the version's part of the whole as it was before. */
function fractionOf(deployment: Deployment, replicaSet: ReplicaSet): number {
  const size = sizeOf(replicaSet);
  if (wanted(deployment) === 0) return -size;
  const before = numberAnnotation(replicaSet, MAX_REPLICAS) || deployment.status?.replicas || 0;
  if (before === 0) return 0;
  const now = wanted(deployment) + maxSurge(deployment);
  return Math.round((size * now) / before) - size;
}
