import { type FieldError, invalid, notSupported, required } from '../../../../api/field-errors.ts';
import type { Mutable } from '../../../../api/meta.ts';
import type {
  DeviceClaim,
  DeviceClaimConfiguration,
  DeviceConstraint,
  DeviceRequest,
  ExactDeviceRequest,
} from '../../../../api/types/resource-v1.ts';
import { dns1123Label, dns1123Subdomain } from '../../../../api/validation/names.ts';
import { check } from '../checks.ts';
import { validateList } from './lists.ts';
import { validateFullName } from './names.ts';
import { validateConfiguration, validateSelectors } from './selectors.ts';

const MAX_REQUESTS = 32;
const MAX_ALTERNATIVES = 8;

/** By name, with the names of what it is satisfied with instead. */
export type RequestNames = ReadonlyMap<string, ReadonlySet<string>>;

export function requestNames({ requests }: DeviceClaim): RequestNames {
  return new Map(
    (requests ?? []).map(({ name, firstAvailable = [] }) => [
      name,
      new Set(firstAvailable.map((each) => each.name)),
    ]),
  );
}

export function applyClaimDefaults(claim: Mutable<DeviceClaim> | undefined): void {
  for (const request of claim?.requests ?? [])
    for (const each of [request.exactly, ...(request.firstAvailable ?? [])]) {
      if (each === undefined) continue;
      each.allocationMode ||= 'ExactCount';
      if (each.allocationMode === 'ExactCount') each.count ||= 1;
    }
}

/** Parts of features that are off in 1.34 are not kept. */
export function dropAlphaFields(claim: Mutable<DeviceClaim> | undefined): void {
  for (const request of claim?.requests ?? [])
    for (const each of [request.exactly, ...(request.firstAvailable ?? [])]) {
      delete each?.tolerations;
      delete each?.capacity;
    }
  for (const constraint of claim?.constraints ?? []) delete constraint.distinctAttribute;
}

type Asked = Pick<ExactDeviceRequest, 'deviceClassName' | 'selectors' | 'allocationMode' | 'count'>;

function validateAsked(asked: Asked, field: string): FieldError[] {
  const { deviceClassName = '', selectors, allocationMode = '', count = 0 } = asked;
  const classField = `${field}.deviceClassName`;
  const errors = [
    ...(deviceClassName === ''
      ? [required(classField)]
      : check(dns1123Subdomain, deviceClassName, classField)),
    ...validateSelectors(selectors, `${field}.selectors`),
  ];
  if (allocationMode === 'All') {
    if (count !== 0) {
      const detail = "must not be specified when allocationMode is 'All'";
      errors.push(invalid(`${field}.count`, count, detail));
    }
  } else if (allocationMode === 'ExactCount') {
    if (count <= 0) errors.push(invalid(`${field}.count`, count, 'must be greater than zero'));
  } else {
    const modes = ['All', 'ExactCount'];
    errors.push(notSupported(`${field}.allocationMode`, allocationMode, modes));
  }
  return errors;
}

function validateRequest(request: DeviceRequest, field: string): FieldError[] {
  const { name, exactly, firstAvailable = [] } = request;
  const errors = check(dns1123Label, name ?? '', `${field}.name`);
  const one = 'exactly one of `exactly` or `firstAvailable` is required';
  if (exactly === undefined && firstAvailable.length === 0)
    return [...errors, required(field, one)];
  if (exactly !== undefined && firstAvailable.length > 0)
    return [...errors, invalid(field, undefined, `${one}, but multiple fields are set`)];
  if (exactly !== undefined) return [...errors, ...validateAsked(exactly, `${field}.exactly`)];
  return [
    ...errors,
    ...validateList(firstAvailable, `${field}.firstAvailable`, {
      most: MAX_ALTERNATIVES,
      key: (each) => each.name,
      keyField: 'name',
      item: (each, at) => [
        ...check(dns1123Label, each.name ?? '', `${at}.name`),
        ...validateAsked(each, at),
      ],
    }),
  ];
}

/** "request", or "request/alternative". */
export function validateRequestName(
  name: string,
  names: RequestNames,
  field: string,
): FieldError[] {
  const detail =
    'must be the name of a request in the claim or ' +
    "the name of a request and a subrequest separated by '/'";
  const segments = name.split('/');
  const [request = '', alternative] = segments;
  if (segments.length > 2) return [invalid(field, name, detail)];
  const errors = segments.flatMap((segment) => check(dns1123Label, segment, field));
  const alternatives = names.get(request);
  const known =
    alternatives !== undefined && (alternative === undefined || alternatives.has(alternative));
  return known ? errors : [...errors, invalid(field, name, detail)];
}

export function validateRequestNames(
  list: readonly string[] | undefined,
  names: RequestNames,
  field: string,
): FieldError[] {
  return validateList(list, field, {
    most: MAX_REQUESTS,
    key: (name) => name,
    item: (name, at) => validateRequestName(name, names, at),
  });
}

function validateConstraint(
  { requests, matchAttribute }: DeviceConstraint,
  names: RequestNames,
  field: string,
): FieldError[] {
  const at = `${field}.matchAttribute`;
  return [
    ...validateRequestNames(requests, names, `${field}.requests`),
    ...(matchAttribute === undefined ? [required(at)] : validateFullName(matchAttribute, at)),
  ];
}

export function validateDeviceClaim(claim: DeviceClaim = {}, field: string): FieldError[] {
  const names = requestNames(claim);
  return [
    ...validateList(claim.requests ?? undefined, `${field}.requests`, {
      most: MAX_REQUESTS,
      key: ({ name }) => name,
      keyField: 'name',
      item: validateRequest,
    }),
    ...validateList(claim.constraints, `${field}.constraints`, {
      most: MAX_REQUESTS,
      item: (constraint, at) => validateConstraint(constraint, names, at),
    }),
    ...validateList(claim.config, `${field}.config`, {
      most: MAX_REQUESTS,
      item: (config: DeviceClaimConfiguration, at) => [
        ...validateRequestNames(config.requests, names, `${at}.requests`),
        ...validateConfiguration(config, at),
      ],
    }),
  ];
}
