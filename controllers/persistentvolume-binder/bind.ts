/** The four writes of a binding. Each is skipped where it is done: any of them may be repeated. */
import { nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import {
  persistentVolumeClaims as claimType,
  persistentVolumes as volumeType,
} from '../../api/resources.ts';
import { BIND_COMPLETED, BOUND_BY_CONTROLLER, sizeOf } from '../../api/scheduling/volumes.ts';
import { deepEqual } from '../../api/deep.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core-v1.ts';
import type { Client } from '../../client/interface.ts';

export async function bind(
  client: Client,
  claim: PersistentVolumeClaim,
  volume: PersistentVolume,
): Promise<void> {
  const reserved = await bindVolume(client, claim, volume);
  await setVolumePhase(client, reserved, { phase: 'Bound' });
  const bound = await bindClaim(client, claim, volume);
  await setClaimBound(client, bound, volume);
}

async function bindVolume(
  client: Client,
  claim: PersistentVolumeClaim,
  volume: PersistentVolume,
): Promise<PersistentVolume> {
  const { claimRef } = volume.spec;
  if (claimRef?.uid === uidOf(claim)) return volume;
  const annotations = {
    ...volume.metadata.annotations,
    ...(claimRef === undefined ? { [BOUND_BY_CONTROLLER]: 'yes' } : {}),
  };
  return client.update(volumeType, {
    ...volume,
    metadata: { ...volume.metadata, annotations },
    spec: {
      ...volume.spec,
      claimRef: {
        kind: claimType.kind,
        apiVersion: 'v1',
        namespace: namespaceOf(claim),
        name: nameOf(claim),
        uid: uidOf(claim),
        resourceVersion: claim.metadata.resourceVersion ?? '',
      },
    },
  });
}

export async function setVolumePhase(
  client: Client,
  volume: PersistentVolume,
  { phase, message = '' }: { readonly phase: string; readonly message?: string },
): Promise<void> {
  const { phase: before, message: told = '' } = volume.status ?? {};
  if (before === phase && told === message) return;
  const status = { phase, ...(message === '' ? {} : { message }) };
  await client.update(volumeType, { ...volume, status }, { subresource: 'status' });
}

async function bindClaim(
  client: Client,
  claim: PersistentVolumeClaim,
  volume: PersistentVolume,
): Promise<PersistentVolumeClaim> {
  const named = claim.spec.volumeName === nameOf(volume);
  const before = claim.metadata.annotations;
  if (named && before?.[BIND_COMPLETED] !== undefined) return claim;
  const annotations = {
    ...before,
    [BIND_COMPLETED]: 'yes',
    ...(named ? {} : { [BOUND_BY_CONTROLLER]: 'yes' }),
  };
  return client.update(claimType, {
    ...claim,
    metadata: { ...claim.metadata, annotations },
    spec: { ...claim.spec, volumeName: nameOf(volume) },
  });
}

/**
 * The size seen first is the volume's; one that grows later is written by whoever resized it.
 */
async function setClaimBound(
  client: Client,
  claim: PersistentVolumeClaim,
  volume: PersistentVolume,
): Promise<void> {
  const { status } = claim;
  const accessModes = volume.spec.accessModes ?? [];
  const first = status?.phase !== 'Bound' || sizeOf(status.capacity) === 0;
  const capacity = first ? (volume.spec.capacity ?? {}) : (status.capacity ?? {});
  if (
    status?.phase === 'Bound' &&
    deepEqual(status.accessModes ?? [], accessModes) &&
    deepEqual(status.capacity ?? {}, capacity)
  )
    return;
  const bound = { ...status, phase: 'Bound', accessModes, capacity };
  await client.update(claimType, { ...claim, status: bound }, { subresource: 'status' });
}
