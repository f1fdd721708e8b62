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
import { dns1123Label } from '../../../../api/validation/names.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { age, ageColumn, column, nameColumn } from '../cells.ts';
import { check } from '../checks.ts';
import { statusSubresource } from '../status-subresource.ts';
import { validateCsiDriverName } from '../storage/provisioner.ts';
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

function validateDevice(
  device: AllocatedDeviceStatus,
  allocated: ReadonlySet<string>,
  field: string,
): FieldError[] {
  const errors = validatePlace(device, field);
  if (allocated.has(deviceId(device))) return errors;
  return [...errors, invalid(field, deviceId(device), 'must be an allocated device in the claim')];
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
  printer: {
    columns: [nameColumn, column('State'), ageColumn],
    cells: (object, nowMs) => [object.metadata.name ?? '', stateText(object), age(object, nowMs)],
  },
  subresources: [{ ...statusSubresource<ResourceClaim>(), validateUpdate: validateStatusUpdate }],
} satisfies ResourceDeclaration<ResourceClaim>;
