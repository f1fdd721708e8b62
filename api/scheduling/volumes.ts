/**
 * Which PersistentVolume suits which claim: asked by the binder for claims of their own, by the
 * scheduler for claims that wait for their pod's node.
 */
import { nameOf, namespaceOf } from '../meta.ts';
import { wholeValue } from '../quantity.ts';
import { matchesLabelSelector } from '../selector/label.ts';
import type { Node, PersistentVolume, PersistentVolumeClaim } from '../types/core-v1.ts';
import type { StorageClass } from '../types/storage-v1.ts';
import { matchesNodeSelector } from './node-selector.ts';

/** The binder has done its part: claim and volume know each other. */
export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
/** The binder, not a user, wrote the reference. */
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
/** The scheduler's word to the provisioner: where the volume is needed. */
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
export const STORAGE_PROVISIONER = 'volume.kubernetes.io/storage-provisioner';
export const BETA_STORAGE_PROVISIONER = 'volume.beta.kubernetes.io/storage-provisioner';
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
/** A class of this provisioner has nobody who makes volumes. */
export const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

/** Undefined: the claim does not say, and may be given the default class. */
export function classOfClaim({ metadata, spec }: PersistentVolumeClaim): string | undefined {
  return metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName;
}

export function classOfVolume({ metadata, spec }: PersistentVolume): string {
  return metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? '';
}

export function waitsForConsumer(storageClass: StorageClass | undefined): boolean {
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
}

export function isFullyBound({ metadata, spec }: PersistentVolumeClaim): boolean {
  return Boolean(spec.volumeName) && metadata.annotations?.[BIND_COMPLETED] !== undefined;
}

/** True if the volume's reference names the claim: a user may have left out the uid. */
export function isBoundTo({ spec }: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const { claimRef } = spec;
  if (claimRef?.name !== nameOf(claim) || claimRef.namespace !== namespaceOf(claim)) return false;
  return !claimRef.uid || claimRef.uid === claim.metadata.uid;
}

export function sizeOf(amounts: Readonly<Record<string, string | number>> | undefined): number {
  return wholeValue(amounts?.['storage'] ?? 0);
}

/** Why the volume does not suit the claim, in the binder's words; undefined if it does. */
export function mismatch(
  volume: PersistentVolume,
  claim: PersistentVolumeClaim,
): string | undefined {
  const wanted = claim.spec;
  if (sizeOf(volume.spec.capacity) < sizeOf(wanted.resources?.requests))
    return 'requested PV is too small';
  if (classOfVolume(volume) !== (classOfClaim(claim) ?? ''))
    return 'storageClassName does not match';
  if ((volume.spec.volumeAttributesClassName ?? '') !== (wanted.volumeAttributesClassName ?? ''))
    return 'volumeAttributesClassName does not match';
  if ((volume.spec.volumeMode ?? 'Filesystem') !== (wanted.volumeMode ?? 'Filesystem'))
    return 'incompatible volumeMode';
  const modes = volume.spec.accessModes ?? [];
  if (!(wanted.accessModes ?? []).every((mode) => modes.includes(mode)))
    return 'incompatible accessMode';
  return undefined;
}

/** A volume without node affinity is everywhere. */
export function reachableFrom({ spec }: PersistentVolume, node: Node): boolean {
  const required = spec.nodeAffinity?.required;
  return required === undefined || matchesNodeSelector(required, node);
}

export interface MatchOptions {
  /** Only volumes that this node reaches. */
  readonly node?: Node;
  /** The claim waits for its pod: only a volume that names the claim will do. */
  readonly onlyPrebound?: boolean;
  /** Volumes that are spoken for. */
  readonly taken?: ReadonlySet<string>;
}

/**
 * The volume that names the claim, else the smallest that suits it. Of equal ones the first by
 * name, so that all who ask get the same answer.
 */
export function findVolume(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  { node, onlyPrebound = false, taken }: MatchOptions = {},
): PersistentVolume | undefined {
  let best: PersistentVolume | undefined;
  for (const volume of volumes) {
    if (volume.metadata.deletionTimestamp !== undefined || taken?.has(nameOf(volume))) continue;
    const bound = volume.spec.claimRef !== undefined;
    if (bound && !isBoundTo(volume, claim)) continue;
    if (node !== undefined && !reachableFrom(volume, node)) continue;
    if (mismatch(volume, claim) !== undefined) continue;
    if (bound) return volume;
    if (onlyPrebound || volume.status?.phase !== 'Available') continue;
    const { selector } = claim.spec;
    if (selector !== undefined && !matchesLabelSelector(selector, volume.metadata.labels)) continue;
    if (best === undefined || isSmaller(volume, best)) best = volume;
  }
  return best;
}

function isSmaller(a: PersistentVolume, b: PersistentVolume): boolean {
  const difference = sizeOf(a.spec.capacity) - sizeOf(b.spec.capacity);
  return difference < 0 || (difference === 0 && nameOf(a) < nameOf(b));
}

/** The claims a pod mounts: those it names, and those made for its ephemeral volumes. */
export function claimNamesOf(pod: {
  readonly metadata: { readonly name?: string };
  readonly spec: {
    readonly volumes?: readonly {
      readonly name: string;
      readonly persistentVolumeClaim?: { readonly claimName: string };
      readonly ephemeral?: object;
    }[];
  };
}): readonly string[] {
  return (pod.spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim !== undefined) return [persistentVolumeClaim.claimName];
    return ephemeral === undefined ? [] : [`${pod.metadata.name}-${name}`];
  });
}
