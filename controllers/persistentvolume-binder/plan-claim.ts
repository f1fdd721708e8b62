/** What the binder does about a claim, decided from what the caches show. */
import {
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  classOfClaim,
  findVolume,
  isBoundTo,
  mismatch,
  NO_PROVISIONER,
  SELECTED_NODE,
  waitsForConsumer,
} from '../../api/scheduling/volumes.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core-v1.ts';
import type { StorageClass } from '../../api/types/storage-v1.ts';
import type { EventText } from '../../client/event-recorder.ts';

export interface ClaimState {
  readonly claim: PersistentVolumeClaim;
  /** The one spec.volumeName names. */
  readonly volume: PersistentVolume | undefined;
  /** Volumes that name the claim, and those of its class that nobody has. */
  readonly candidates: () => readonly PersistentVolume[];
  readonly storageClass: StorageClass | undefined;
  /** For claims that name no class. */
  readonly defaultClass: StorageClass | undefined;
  /** The pod that will use the claim, if there is one that has no node yet. */
  readonly waitingPod: string | undefined;
}

export type ClaimPlan =
  | { readonly do: 'bind'; readonly volume: PersistentVolume }
  | { readonly do: 'assign-class'; readonly name: string }
  /** Told to the provisioner by annotation; the volume it makes names the claim. */
  | { readonly do: 'provision'; readonly provisioner: string; readonly event: EventText }
  | { readonly do: 'mark'; readonly phase: 'Pending' | 'Lost'; readonly event?: EventText };

export function planClaim(state: ClaimState): ClaimPlan {
  const { claim } = state;
  if (claim.metadata.annotations?.[BIND_COMPLETED] !== undefined) return planBound(state);
  return claim.spec.volumeName ? planNamed(state, claim.spec.volumeName) : planUnbound(state);
}

const pending = (event?: EventText): ClaimPlan => ({
  do: 'mark',
  phase: 'Pending',
  ...(event === undefined ? {} : { event }),
});

const warning = (reason: string, message: string): EventText => ({
  type: 'Warning',
  reason,
  message,
});
const normal = (reason: string, message: string): EventText => ({
  type: 'Normal',
  reason,
  message,
});

function planBound({ claim, volume }: ClaimState): ClaimPlan {
  const lost = (reason: string, message: string): ClaimPlan => ({
    do: 'mark',
    phase: 'Lost',
    event: warning(reason, message),
  });
  if (!claim.spec.volumeName) {
    const what = 'Bound claim has lost reference to PersistentVolume';
    return lost('ClaimLost', `${what}. Data on the volume is lost!`);
  }
  if (volume === undefined) {
    const what = 'Bound claim has lost its PersistentVolume';
    return lost('ClaimLost', `${what}. Data on the volume is lost!`);
  }
  const { claimRef } = volume.spec;
  if (claimRef === undefined || claimRef.uid === claim.metadata.uid) return { do: 'bind', volume };
  const what = 'Two claims are bound to the same volume, this one is bound incorrectly';
  return lost('ClaimMisbound', what);
}

/** A user asked for this very volume. */
function planNamed({ claim, volume }: ClaimState, name: string): ClaimPlan {
  if (volume === undefined) return pending();
  if (volume.spec.claimRef === undefined) {
    const problem = mismatch(volume, claim);
    if (problem === undefined) return { do: 'bind', volume };
    const message = `Cannot bind to requested volume "${name}": ${problem}`;
    return pending(warning('VolumeMismatch', message));
  }
  if (isBoundTo(volume, claim)) return { do: 'bind', volume };
  if (claim.metadata.annotations?.[BOUND_BY_CONTROLLER] !== undefined) return pending();
  return pending(warning('FailedBinding', `volume "${name}" already bound to a different claim.`));
}

function planUnbound(state: ClaimState): ClaimPlan {
  const { claim, storageClass, defaultClass } = state;
  const className = classOfClaim(claim);
  if (className === undefined && defaultClass?.metadata.name !== undefined)
    return { do: 'assign-class', name: defaultClass.metadata.name };
  const selected = claim.metadata.annotations?.[SELECTED_NODE] !== undefined;
  const waits = waitsForConsumer(storageClass) && !selected;
  const volume = findVolume(claim, state.candidates(), { onlyPrebound: waits });
  if (volume !== undefined) return { do: 'bind', volume };
  if (waits) return pending(waitingEvent(state.waitingPod));
  if (!className) {
    const message = 'no persistent volumes available for this claim and no storage class is set';
    return pending(normal('FailedBinding', message));
  }
  if (storageClass === undefined) {
    const message = `storageclass.storage.k8s.io "${className}" not found`;
    return pending(warning('ProvisioningFailed', message));
  }
  const { provisioner } = storageClass;
  if (provisioner === NO_PROVISIONER) return pending();
  const message =
    `Waiting for a volume to be created either by the external provisioner '${provisioner}' or ` +
    'manually by the system administrator. If volume creation is delayed, please verify that ' +
    'the provisioner is running and correctly registered.';
  return { do: 'provision', provisioner, event: normal('ExternalProvisioning', message) };
}

function waitingEvent(pod: string | undefined): EventText {
  if (pod !== undefined)
    return normal('WaitForPodScheduled', `waiting for pod ${pod} to be scheduled`);
  const message = 'waiting for first consumer to be created before binding';
  return normal('WaitForFirstConsumer', message);
}
