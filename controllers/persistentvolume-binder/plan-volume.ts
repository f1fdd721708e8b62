/** The phase of a volume, and what is to be done about its claim, decided from what is seen. */
import { BOUND_BY_CONTROLLER, isBoundTo, PROVISIONED_BY } from '../../api/scheduling/volumes.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core-v1.ts';
import type { EventText } from '../../client/event-recorder.ts';

const MIGRATED_TO = 'pv.kubernetes.io/migrated-to';

export interface VolumePlan {
  readonly phase: 'Available' | 'Bound' | 'Released' | 'Failed';
  readonly message?: string;
  readonly event?: EventText;
  /** The claim went another way: the volume is given back. */
  readonly unbind?: boolean;
  /** The claim has not seen yet that the volume is its own. */
  readonly lookAtClaim?: boolean;
}

/** `claim`: the one of the name in claimRef. Undefined: leave the volume as it is. */
export function planVolume(
  volume: PersistentVolume,
  claim: PersistentVolumeClaim | undefined,
): VolumePlan | undefined {
  const { claimRef } = volume.spec;
  if (claimRef === undefined) return { phase: 'Available' };
  if (!claimRef.uid) return { phase: 'Available', lookAtClaim: true };
  if (claim === undefined || !isBoundTo(volume, claim)) return reclaim(volume);
  if (claim.spec.volumeName === volume.metadata.name) return { phase: 'Bound' };
  if (!claim.spec.volumeName) return stillBinding(volume, claim);
  // The claim is bound elsewhere.
  const made = volume.metadata.annotations?.[PROVISIONED_BY] !== undefined;
  const deletes = volume.spec.persistentVolumeReclaimPolicy === 'Delete';
  if (made && deletes) return reclaim(volume);
  return { phase: 'Available', unbind: true };
}

/** Between the volume's half of a binding and the claim's. */
function stillBinding(
  volume: PersistentVolume,
  claim: PersistentVolumeClaim,
): VolumePlan | undefined {
  const mode = volume.spec.volumeMode ?? 'Filesystem';
  if (mode === (claim.spec.volumeMode ?? 'Filesystem'))
    return { phase: phaseOf(volume), lookAtClaim: true };
  const message =
    `Cannot bind PersistentVolume to requested PersistentVolumeClaim "${claim.metadata.name}" ` +
    'due to incompatible volumeMode.';
  const event = { type: 'Warning', reason: 'VolumeMismatch', message } as const;
  return { phase: phaseOf(volume), event };
}

function phaseOf({ status }: PersistentVolume): VolumePlan['phase'] {
  return (status?.phase as VolumePlan['phase'] | undefined) ?? 'Available';
}

/** Its claim is gone. Who provisioned a volume deletes it; nobody here knows how to wipe one. */
function reclaim(volume: PersistentVolume): VolumePlan {
  const policy = volume.spec.persistentVolumeReclaimPolicy ?? 'Retain';
  const name = volume.metadata.name ?? '';
  const failed = (reason: string, message: string): VolumePlan => ({
    phase: 'Failed',
    message,
    event: { type: 'Warning', reason, message },
  });
  if (policy === 'Recycle') {
    const message = 'No recycler plugin found for the volume!';
    return failed('VolumeFailedRecycle', message);
  }
  if (policy !== 'Delete' || isOfDriver(volume)) return { phase: 'Released' };
  const made = volume.metadata.annotations?.[PROVISIONED_BY];
  if (made) return failed('VolumeFailedDelete', `no volume plugin matched name: ${made}`);
  const what = `error getting deleter volume plugin for volume "${name}"`;
  return failed('VolumeFailedDelete', `${what}: no deletable volume plugin matched`);
}

/** Some driver, outside of Kubernetes, will delete it. */
function isOfDriver({ metadata, spec }: PersistentVolume): boolean {
  const { [PROVISIONED_BY]: made, [MIGRATED_TO]: migrated } = metadata.annotations ?? {};
  if (made) return !made.startsWith('kubernetes.io/');
  return migrated !== undefined || spec.csi !== undefined;
}

/** What unbinding leaves of the reference: a user's own stays, without the uid. */
export function unboundReference(volume: PersistentVolume): PersistentVolume {
  const { claimRef, ...spec } = volume.spec;
  const { [BOUND_BY_CONTROLLER]: ours, ...annotations } = volume.metadata.annotations ?? {};
  const metadata = { ...volume.metadata, annotations };
  if (ours !== undefined || claimRef === undefined) return { ...volume, metadata, spec };
  const { uid: _uid, resourceVersion: _version, ...reference } = claimRef;
  return { ...volume, metadata, spec: { ...spec, claimRef: reference } };
}
