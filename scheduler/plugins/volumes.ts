/** What the volume plugins see of storage, and how VolumeBinding writes to it. */
import { namespaceOf, uidOf } from '../../api/meta.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../api/types/core-v1.ts';
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
} from '../../api/types/storage-v1.ts';
import type { EventInterest } from '../framework/interface.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { type Status, unresolvable } from '../framework/status.ts';

export interface Storage {
  /** By "namespace/name". */
  claim(key: string): PersistentVolumeClaim | undefined;
  volume(name: string): PersistentVolume | undefined;
  /** Those that name the claim, and those of its class that nobody has. */
  candidates(claim: PersistentVolumeClaim): readonly PersistentVolume[];
  storageClass(name: string): StorageClass | undefined;
  csiNode(name: string): CSINode | undefined;
  csiDriver(name: string): CSIDriver | undefined;
  /** To one node. */
  attachments(nodeName: string): readonly VolumeAttachment[];
  /** Of all drivers, for one class. */
  capacities(className: string): readonly CSIStorageCapacity[];
  /** Resolves with the next change of a claim or volume. */
  changed(): Promise<void>;
  /** Tells the provisioner of the claim where its volume is needed. */
  selectNode(claim: PersistentVolumeClaim, nodeName: string): Promise<void>;
  /** Refused as a conflict if somebody changed the volume meanwhile. */
  updateVolume(volume: PersistentVolume): Promise<void>;
}

export interface MountedClaim {
  readonly key: string;
  readonly name: string;
  /** It is made for the pod, from a template in the pod. */
  readonly ephemeral: boolean;
}

const none: readonly MountedClaim[] = [];

export function mountedClaims({ pod, claims }: PodInfo): readonly MountedClaim[] {
  if (claims.length === 0) return none;
  const namespace = namespaceOf(pod);
  return (pod.spec.volumes ?? []).flatMap(({ name: volume, persistentVolumeClaim, ephemeral }) => {
    const name =
      persistentVolumeClaim?.claimName ??
      (ephemeral === undefined ? undefined : `${pod.metadata.name}-${volume}`);
    if (name === undefined) return [];
    return [{ key: `${namespace}/${name}`, name, ephemeral: ephemeral !== undefined }];
  });
}

/** Somebody else's claim that has the name of the pod's own. */
export function isForeign(claim: PersistentVolumeClaim, pod: Pod): boolean {
  const owners = claim.metadata.ownerReferences ?? [];
  return !owners.some(({ uid, controller }) => controller && uid === uidOf(pod));
}

const ofPod: NonNullable<EventInterest['helps']> = (pod, event) =>
  event.kind === 'Claim' && mountedClaims(pod).some(({ key }) => key === event.key);

/** A claim that the rejected pod mounts was made or changed. */
export const ownClaim: EventInterest = { on: 'Claim', helps: ofPod };

/** A claim that the rejected pod mounts was made. */
export const ownClaimMade: EventInterest = {
  on: 'Claim',
  helps: (pod, event, cluster) =>
    event.kind === 'Claim' && event.old === undefined && ofPod(pod, event, cluster),
};

export const notFound = (claimName: string): Status =>
  unresolvable(`persistentvolumeclaim "${claimName}" not found`);
