/** Claims on devices: which are a pod's, and who may use them (KEP-4381). */
import { keyOf, namespaceOf, uidOf } from '../meta.ts';
import type { Pod, PodResourceClaim } from '../types/core-v1.ts';
import type {
  DeviceRequestAllocationResult,
  ResourceClaim,
  ResourceClaimConsumerReference,
} from '../types/resource-v1.ts';

/** Keeps a claim that is allocated from going. */
export const CLAIM_FINALIZER = 'resource.kubernetes.io/delete-protection';
/** The entry of spec.resourceClaims that a generated claim is for. */
export const POD_CLAIM_NAME = 'resource.kubernetes.io/pod-claim-name';
/** Consumers of one claim. */
export const MAX_CONSUMERS = 256;
/** Devices of one claim. */
export const MAX_DEVICES = 32;

type DevicePlace = Pick<DeviceRequestAllocationResult, 'driver' | 'pool' | 'device'>;

export const deviceId = ({ driver, pool, device }: DevicePlace): string =>
  `${driver}/${pool}/${device}`;

/** Where an entry of spec.resourceClaims leads. */
export type PodClaim =
  /** `generated`: from a template, so the pod must be its owner. */
  | { readonly kind: 'claim'; readonly key: string; readonly generated: boolean }
  | { readonly kind: 'unneeded' }
  | { readonly kind: 'awaited' };

export function podClaimOf(pod: Pod, entry: PodResourceClaim): PodClaim {
  const namespace = namespaceOf(pod);
  const { resourceClaimName: name } = entry;
  if (name !== undefined) return { kind: 'claim', key: `${namespace}/${name}`, generated: false };
  const status = pod.status?.resourceClaimStatuses?.find((each) => each.name === entry.name);
  if (status === undefined) return { kind: 'awaited' };
  const { resourceClaimName: made } = status;
  if (made === undefined) return { kind: 'unneeded' };
  return { kind: 'claim', key: `${namespace}/${made}`, generated: true };
}

/** "namespace/name" of all that the pod refers to. */
export function podClaimKeys(pod: Pod): readonly string[] {
  return (pod.spec.resourceClaims ?? []).flatMap((entry) => {
    const found = podClaimOf(pod, entry);
    return found.kind === 'claim' ? [found.key] : [];
  });
}

export function isMadeFor(claim: ResourceClaim, pod: Pod): boolean {
  const owners = claim.metadata.ownerReferences ?? [];
  return owners.some(({ controller, uid }) => controller && uid === uidOf(pod));
}

export const notMadeFor = (claim: ResourceClaim, pod: Pod): string =>
  `ResourceClaim ${keyOf(claim)} was not created for pod ${keyOf(pod)} (pod is not owner)`;

export function isReservedFor({ status }: ResourceClaim, pod: Pod): boolean {
  return status?.reservedFor?.some(({ uid }) => uid === uidOf(pod)) ?? false;
}

export const canBeReserved = ({ status }: ResourceClaim): boolean =>
  (status?.reservedFor?.length ?? 0) < MAX_CONSUMERS;

export const consumer = (pod: Pod): ResourceClaimConsumerReference => ({
  resource: 'pods',
  name: pod.metadata.name ?? '',
  uid: uidOf(pod),
});
