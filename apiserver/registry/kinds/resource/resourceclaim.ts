import { deepEqual } from '../../../../api/deep.ts';
import { type FieldError, forbidden, invalid, required } from '../../../../api/field-errors.ts';
import {
  deviceId,
  MAX_CONSUMERS,
  MAX_DEVICES,
} from '../../../../api/scheduling/resource-claims.ts';
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceRequestAllocationResult,
  ResourceClaim,
  ResourceClaimConsumerReference,
} from '../../../../api/types/resource-v1.ts';
import { validateConditions } from '../../../../api/validation/conditions.ts';
import { dns1123Label } from '../../../../api/validation/names.ts';
import { isIP } from '../../../../platform/net/ip.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { age, ageColumn, column, nameColumn } from '../cells.ts';
import { check } from '../checks.ts';
import { statusSubresource } from '../status-subresource.ts';
import { validateCsiDriverName } from '../storage/provisioner.ts';
import { asksAdminAccess, permitAdminAccess } from './admin-access.ts';
import {
  applyClaimDefaults,
  dropAlphaFields,
  requestNames,
  type RequestNames,
  validateDeviceClaim,
  validateRequestName,
  validateRequestNames,
} from './device-claim.ts';
import { validateList } from './lists.ts';
import { validatePoolName } from './names.ts';
import { validateConfiguration } from './selectors.ts';

/** Of the class and of the claim. */
const MAX_CONFIGURATIONS = 64;
/** Of one device. */
const MAX_IPS = 16;

type Place = Pick<DeviceRequestAllocationResult, 'driver' | 'pool' | 'device'>;

function validatePlace({ driver, pool = '', device = '' }: Place, field: string): FieldError[] {
  return [
    ...validateCsiDriverName(driver, `${field}.driver`),
    ...validatePoolName(pool, `${field}.pool`),
    ...check(dns1123Label, device, `${field}.device`),
  ];
}

function validateAllocation(allocation: AllocationResult, names: RequestNames): FieldError[] {
  const { results, config } = allocation.devices ?? {};
  const field = 'status.allocation.devices';
  return [
    ...validateList(results, `${field}.results`, {
      most: MAX_DEVICES,
      item: (result, at) => [
        ...validateRequestName(result.request ?? '', names, `${at}.request`),
        ...validatePlace(result, at),
      ],
    }),
    ...validateList(config, `${field}.config`, {
      most: MAX_CONFIGURATIONS,
      item: (each, at) => [
        ...(each.source ? [] : [required(`${at}.source`)]),
        ...validateRequestNames(each.requests, names, `${at}.requests`),
        ...validateConfiguration(each, at),
      ],
    }),
  ];
}

function validateConsumer(consumer: ResourceClaimConsumerReference, field: string): FieldError[] {
  return (['resource', 'name', 'uid'] as const)
    .filter((member) => !consumer[member])
    .map((member) => required(`${field}.${member}`));
}

/** "10.9.8.7/24": an address with the length of its network's prefix. */
function validateInterfaceAddress(address: string, field: string): FieldError[] {
  const [ip = '', bits = '', ...rest] = address.split('/');
  const most = ip.includes(':') ? 128 : 32;
  const isPrefix = /^\d+$/.test(bits) && Number(bits) <= most;
  if (rest.length === 0 && isPrefix && isIP(ip)) return [];
  const detail = 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)';
  return [invalid(field, address, detail)];
}

function validateDevice(
  device: AllocatedDeviceStatus,
  allocated: ReadonlySet<string>,
  field: string,
): FieldError[] {
  const errors = validatePlace(device, field);
  if (!allocated.has(deviceId(device))) {
    const { driver, pool, device: name } = device;
    const detail = 'must be an allocated device in the claim';
    errors.push(invalid(field, { driver, pool, device: name }, detail));
  }
  const { conditions, networkData } = device;
  return [
    ...errors,
    ...validateConditions(conditions ?? [], `${field}.conditions`),
    ...validateList(networkData?.ips, `${field}.networkData.ips`, {
      most: MAX_IPS,
      key: (address) => address,
      item: validateInterfaceAddress,
    }),
  ];
}

function validateStatusUpdate(claim: ResourceClaim, old: ResourceClaim): FieldError[] {
  const { allocation, reservedFor = [], devices } = claim.status ?? {};
  const before = old.status;
  const allocated = new Set((allocation?.devices?.results ?? []).map(deviceId));
  const errors = [
    ...validateList(reservedFor, 'status.reservedFor', {
      most: MAX_CONSUMERS,
      key: ({ uid }) => uid,
      keyField: 'uid',
      item: validateConsumer,
    }),
    ...validateList(devices, 'status.devices', {
      most: Infinity,
      key: deviceId,
      keyField: 'deviceID',
      item: (device, at) => validateDevice(device, allocated, at),
    }),
  ];
  if (reservedFor.length > 0 && allocation === undefined) {
    const detail = 'may not be specified when `allocated` is not set';
    errors.push(forbidden('status.reservedFor', detail));
  }
  const known = new Set((before?.reservedFor ?? []).map(({ uid }) => uid));
  const added = reservedFor.some(({ uid }) => !known.has(uid));
  if (claim.metadata.deletionTimestamp !== undefined && allocation !== undefined && added) {
    const detail =
      'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set';
    errors.push(forbidden('status.reservedFor', detail));
  }
  if (allocation === undefined) return errors;
  if (before?.allocation === undefined)
    return [...errors, ...validateAllocation(allocation, requestNames(claim.spec.devices ?? {}))];
  if (!deepEqual(allocation, before.allocation))
    errors.push(invalid('status.allocation', allocation, 'field is immutable'));
  return errors;
}

function stateText({ metadata, status }: ResourceClaim): string {
  const states: string[] = [];
  if (metadata.deletionTimestamp !== undefined) states.push('deleted');
  if (status?.allocation === undefined) {
    if (states.length === 0) states.push('pending');
  } else {
    states.push('allocated');
    if ((status.reservedFor ?? []).length > 0) states.push('reserved');
  }
  return states.join(',');
}

export const resourceClaim = {
  type: {
    group: 'resource.k8s.io',
    version: 'v1',
    resource: 'resourceclaims',
    kind: 'ResourceClaim',
    namespaced: true,
  },
  singular: 'resourceclaim',
  returnsDeletedObject: true,
  hasStatus: true,
  applyDefaults: (object) =>
    applyClaimDefaults((object.spec as typeof object.spec | undefined)?.devices),
  prepareForCreate: ({ spec }) => dropAlphaFields((spec as typeof spec | undefined)?.devices),
  validate: ({ spec }, old) =>
    // What is stored was valid, and cannot change.
    old !== undefined && deepEqual(spec, old.spec)
      ? []
      : [
          ...validateDeviceClaim((spec as typeof spec | undefined)?.devices, 'spec.devices'),
          ...(old === undefined ? [] : [invalid('spec', spec, 'field is immutable')]),
        ],
  async permitWrite({ object, old }, access) {
    const { metadata, spec, status } = object;
    const requests = (spec as typeof spec | undefined)?.devices?.requests ?? [];
    const exactly = requests.map((each) => each.exactly);
    const asked = asksAdminAccess(exactly, 'spec.devices.requests');
    const results = status?.allocation?.devices?.results ?? [];
    const given = asksAdminAccess(results, 'status.allocation.devices.results');
    const before = asksAdminAccess(old?.status?.allocation?.devices?.results ?? [], '');
    const field = old === undefined ? asked : before === undefined ? given : undefined;
    await permitAdminAccess(resourceClaim.type, { name: metadata.name ?? '', field }, access);
  },
  printer: {
    columns: [nameColumn, column('State'), ageColumn],
    cells: (object, nowMs) => [object.metadata.name ?? '', stateText(object), age(object, nowMs)],
  },
  subresources: [
    {
      ...statusSubresource<ResourceClaim>({ keeps: 'metadata', ownsKept: true }),
      validateUpdate: validateStatusUpdate,
    },
  ],
} satisfies ResourceDeclaration<ResourceClaim>;
