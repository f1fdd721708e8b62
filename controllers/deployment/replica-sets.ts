/** A Deployment's ReplicaSets, told apart and put in order. */
import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.ts';
import { sameTemplate } from '../runtime/template-hash.ts';

export const sizeOf = (replicaSet: ReplicaSet): number => replicaSet.spec.replicas ?? 1;

export const availableOf = (replicaSet: ReplicaSet): number =>
  replicaSet.status?.availableReplicas ?? 0;

export function total(
  replicaSets: readonly ReplicaSet[],
  of: (replicaSet: ReplicaSet) => number = sizeOf,
): number {
  return replicaSets.reduce((sum, replicaSet) => sum + of(replicaSet), 0);
}

export function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const [x, y] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  if (x !== y) return x < y ? -1 : 1;
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
}

export interface Versions {
  /** The ReplicaSet of the Deployment's current template; of several, the oldest. */
  readonly newest: ReplicaSet | undefined;
  /** The others, oldest first. */
  readonly old: readonly ReplicaSet[];
}

export function versionsOf(deployment: Deployment, replicaSets: readonly ReplicaSet[]): Versions {
  const sorted = [...replicaSets].sort(byAge);
  const newest = sorted.find((replicaSet) =>
    sameTemplate(replicaSet.spec.template, deployment.spec.template),
  );
  return { newest, old: sorted.filter((replicaSet) => replicaSet !== newest) };
}
