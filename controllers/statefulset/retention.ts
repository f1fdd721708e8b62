/**
 * persistentVolumeClaimRetentionPolicy (KEP-1847): who owns a claim decides with whom it goes.
 *
 * | whenDeleted | whenScaled | owner of a claim | while its pod is scaled away |
 * |---|---|---|---|
 * | Retain | Retain | nobody | nobody |
 * | Delete | Retain | the set | the set |
 * | Retain | Delete | nobody | the pod |
 * | Delete | Delete | the set | the pod |
 */
import { deepEqual } from '../../api/deep.ts';
import { nameOf, type OwnerReference, uidOf } from '../../api/meta.ts';
import type { StatefulSet } from '../../api/types/apps-v1.ts';
import type { PersistentVolumeClaim, Pod } from '../../api/types/core-v1.ts';
import { controllerReference } from '../runtime/claim.ts';

export interface ClaimUse {
  readonly set: StatefulSet;
  readonly pod: Pod;
  /** Its ordinal is beyond the replicas. */
  readonly condemned: boolean;
}

/** The owners the claim should have; undefined if it has them. */
export function ownersOf(
  claim: PersistentVolumeClaim,
  { set, pod, condemned }: ClaimUse,
): readonly OwnerReference[] | undefined {
  const policy = set.spec.persistentVolumeClaimRetentionPolicy;
  const before = claim.metadata.ownerReferences ?? [];
  const others = before.filter(
    ({ uid, kind, name }) => uid !== uidOf(set) && !(kind === pod.kind && name === nameOf(pod)),
  );
  // Whoever else controls the claim answers for it.
  if (others.some(({ controller }) => controller)) return undefined;
  const wanted = [...others];
  if (condemned && policy?.whenScaled === 'Delete') wanted.push(controllerReference(pod));
  else if (policy?.whenDeleted === 'Delete') wanted.push(controllerReference(set));
  return deepEqual(before, wanted) ? undefined : wanted;
}

/** Why a new pod of that name must not use the claim: it goes with the pod before. */
export function claimProblem(claim: PersistentVolumeClaim, pod: string): string | undefined {
  const name = nameOf(claim);
  if (claim.metadata.deletionTimestamp !== undefined) return `pvc ${name} is being deleted`;
  const stale = claim.metadata.ownerReferences?.some(
    (owner) => owner.kind === 'Pod' && owner.name === pod,
  );
  return stale ? `pvc ${name} is owned by the pod ${pod} that was scaled away` : undefined;
}
