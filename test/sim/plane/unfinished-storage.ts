/** What claims and volumes must have come to in the end, and which pods have to wait for them. */
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../../api/types/core-v1.ts';
import type { StorageClass } from '../../../api/types/storage-v1.ts';
import type { Truth } from './truth.ts';
import { nameOf } from './unfinished-workloads.ts';

const claimsOf = (truth: Truth) => truth.of<PersistentVolumeClaim>('persistentvolumeclaims');
const volumesOf = (truth: Truth) => truth.of<PersistentVolume>('persistentvolumes');

/** A claim of it is not there, on its way out, or one that no volume can be had for. */
export function waitsForStorage(truth: Truth, { metadata, spec }: Pod): boolean {
  return (spec.volumes ?? []).some(({ persistentVolumeClaim }) => {
    if (persistentVolumeClaim === undefined) return false;
    const claim = claimsOf(truth).get(`${metadata.namespace}/${persistentVolumeClaim.claimName}`);
    if (claim === undefined || claim.metadata.deletionTimestamp !== undefined) return true;
    return !claim.spec.volumeName && classOf(truth, claim) === undefined;
  });
}

export function unfinishedStorage(truth: Truth): string[] {
  return [
    ...[...claimsOf(truth).values()].flatMap((claim) => unfinishedClaim(truth, claim)),
    ...[...volumesOf(truth).values()].flatMap((volume) => unfinishedVolume(truth, volume)),
  ];
}

function unfinishedClaim(truth: Truth, claim: PersistentVolumeClaim): string[] {
  const name = nameOf(claim);
  const { namespace, deletionTimestamp } = claim.metadata;
  if (deletionTimestamp !== undefined) {
    const isUsed = truth.pods.some(
      (pod) =>
        pod.metadata.namespace === namespace &&
        pod.spec.volumes?.some(
          ({ persistentVolumeClaim: of }) => of?.claimName === claim.metadata.name,
        ),
    );
    return isUsed ? [] : [`${name} is still being deleted, and no pod uses it`];
  }
  const { volumeName } = claim.spec;
  if (!volumeName) {
    const mode = classOf(truth, claim)?.volumeBindingMode;
    return mode === 'Immediate' ? [`${name} has no volume`] : [];
  }
  // A volume that people deleted is lost.
  const phase = volumesOf(truth).has(volumeName) ? 'Bound' : 'Lost';
  return claim.status?.phase === phase ? [] : [`${name} is ${claim.status?.phase}, not ${phase}`];
}

function unfinishedVolume(truth: Truth, volume: PersistentVolume): string[] {
  const name = nameOf(volume);
  const { claimRef, persistentVolumeReclaimPolicy: policy } = volume.spec;
  const claim = claimRef && claimsOf(truth).get(`${claimRef.namespace}/${claimRef.name}`);
  const isBound = claimRef?.uid !== undefined && claim?.metadata.uid === claimRef.uid;
  if (isBound)
    return claim.spec.volumeName === volume.metadata.name ? [] : [`${name} has a claim elsewhere`];
  if (volume.metadata.deletionTimestamp !== undefined) return [`${name} is still being deleted`];
  const isForgotten = claimRef?.uid !== undefined && policy === 'Delete';
  return isForgotten ? [`${name} has outlived its claim`] : [];
}

const classOf = (truth: Truth, { spec }: PersistentVolumeClaim): StorageClass | undefined =>
  truth.of<StorageClass>('storageclasses').get(spec.storageClassName ?? '');
