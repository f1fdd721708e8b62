/** What DynamicResources sees of claims and devices, and how it writes. */
import type { Pod } from '../../../api/types/core-v1.ts';
import type { DeviceClass, ResourceClaim, ResourceSlice } from '../../../api/types/resource-v1.ts';

export interface Devices {
  /** By "namespace/name". */
  claim(key: string): ResourceClaim | undefined;
  deviceClass(name: string): DeviceClass | undefined;
  /** The node's own, and those that are no node's own. */
  slices(nodeName: string): readonly ResourceSlice[];
  /** By `deviceId`: it was given to a claim. */
  isAllocated(id: string): boolean;
  /** Resolves with the next change of a claim. */
  changed(): Promise<void>;
  /** From the API server. */
  latest(claim: ResourceClaim): Promise<ResourceClaim>;
  /** Both are refused as a conflict if somebody changed the claim meanwhile. */
  update(claim: ResourceClaim): Promise<ResourceClaim>;
  updateStatus(claim: ResourceClaim): Promise<ResourceClaim>;
  /** Takes the pod's reservation back; a failure is made up for when the pod is tried again. */
  release(claim: ResourceClaim, pod: Pod): void;
}
