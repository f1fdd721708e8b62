/** Device classes, slices and claims for tests. Everything is frozen. */
import { deepFreeze } from '../../api/deep.ts';
import type {
  Device,
  DeviceClaim,
  DeviceClass,
  DeviceClassSpec,
  ExactDeviceRequest,
  ResourceClaim,
  ResourceClaimStatus,
  ResourceSlice,
  ResourceSliceSpec,
} from '../../api/types/resource-v1.ts';

const apiVersion = 'resource.k8s.io/v1';
export const DRIVER = 'gpu.example.com';

export const aClass = (name: string, spec: DeviceClassSpec = {}): DeviceClass =>
  deepFreeze({ apiVersion, kind: 'DeviceClass', metadata: { name, uid: `uid-${name}` }, spec });

export const selecting = (...expressions: string[]) => ({
  selectors: expressions.map((expression) => ({ cel: { expression } })),
});

/** Of its own node, in a pool of its own, unless it says otherwise. */
export function aSlice(
  name: string,
  devices: readonly (Device | string)[],
  spec: Partial<ResourceSliceSpec> = {},
): ResourceSlice {
  const pool = { name, generation: 1, resourceSliceCount: 1 };
  const where = spec.allNodes || spec.nodeSelector ? {} : { nodeName: name };
  const named = devices.map((each) => (typeof each === 'string' ? { name: each } : each));
  return deepFreeze({
    apiVersion,
    kind: 'ResourceSlice',
    metadata: { name: spec.pool === undefined ? name : `${name}-${spec.pool.generation}` },
    spec: { driver: DRIVER, pool, ...where, devices: named, ...spec },
  });
}

/** One request, "gpu", unless it says otherwise. */
export const exactly = (request: Partial<ExactDeviceRequest> = {}, name = 'gpu') => ({
  name,
  exactly: { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1, ...request },
});

export function aClaim(
  name: string,
  devices: DeviceClaim = { requests: [exactly()] },
  status?: ResourceClaimStatus,
): ResourceClaim {
  return deepFreeze({
    apiVersion,
    kind: 'ResourceClaim',
    metadata: { namespace: 'default', name, uid: `uid-${name}` },
    spec: { devices },
    ...(status === undefined ? {} : { status }),
  });
}
