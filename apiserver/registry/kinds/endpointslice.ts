import {
  duplicate,
  type FieldError,
  invalid,
  required,
  tooMany,
} from '../../../api/field-errors.ts';
import { endpointSlices } from '../../../api/resources.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '../../../api/types/discovery-v1.ts';
import { portNumber } from '../../../api/validation/formats.ts';
import { isIPv4, isIPv6 } from '../../../api/validation/ip.ts';
import { dns1123Label, dns1123Subdomain, labelValue } from '../../../api/validation/names.ts';
import { qualifiedName } from '../../../api/validation/names.ts';
import { validateImmutable } from '../../../api/validation/object-meta.ts';
import type { ResourceDeclaration } from '../declaration.ts';
import { age, ageColumn, column, nameColumn } from './cells.ts';
import { check, oneOf } from './checks.ts';
import { validateEndpointIP } from './endpoint-ip.ts';
import { firstThree } from './first-three.ts';

const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20_000;
const addressTypes = ['FQDN', 'IPv4', 'IPv6'];
const unset = '<unset>';

function validateAddress(address: string, type: string, field: string): FieldError[] {
  switch (type) {
    case 'IPv4':
      if (isIPv4(address)) return validateEndpointIP(address, field);
      return [invalid(field, address, 'must be a valid IPv4 address')];
    case 'IPv6':
      if (isIPv6(address)) return validateEndpointIP(address, field);
      return [invalid(field, address, 'must be a valid IPv6 address')];
    default:
      return check(dns1123Subdomain, address, field);
  }
}

function validateEndpoint(endpoint: Endpoint, type: string, at: string): FieldError[] {
  const { addresses = [], hostname, nodeName, zone } = endpoint;
  const errors: FieldError[] = [];
  if (addresses.length === 0) {
    errors.push(required(`${at}.addresses`, 'must contain at least 1 address'));
  } else if (addresses.length > MAX_ADDRESSES) {
    errors.push(tooMany(`${at}.addresses`, addresses.length, MAX_ADDRESSES));
  }
  errors.push(
    ...addresses.flatMap((each, i) => validateAddress(each, type, `${at}.addresses[${i}]`)),
  );
  if (hostname) errors.push(...check(dns1123Label, hostname, `${at}.hostname`));
  if (nodeName) errors.push(...check(dns1123Subdomain, nodeName, `${at}.nodeName`));
  if (zone) errors.push(...check(labelValue, zone, `${at}.zone`));
  return errors;
}

function validatePorts(ports: readonly EndpointPort[]): FieldError[] {
  if (ports.length > MAX_PORTS) return [tooMany('ports', ports.length, MAX_PORTS)];
  const names = new Set<string>();
  return ports.flatMap(({ name = '', port, protocol, appProtocol }, i) => {
    const at = `ports[${i}]`;
    const errors = name === '' ? [] : check(dns1123Label, name, `${at}.name`);
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    errors.push(...oneOf(protocol, ['SCTP', 'TCP', 'UDP'], { field: `${at}.protocol` }));
    if (port !== undefined) errors.push(...check(portNumber, port, `${at}.port`));
    if (appProtocol) errors.push(...check(qualifiedName, appProtocol, `${at}.appProtocol`));
    return errors;
  });
}

function validate({ addressType, endpoints = [], ports = [] }: EndpointSlice): FieldError[] {
  const errors = oneOf(addressType, addressTypes, { field: 'addressType' });
  if (endpoints.length > MAX_ENDPOINTS) {
    return [...errors, tooMany('endpoints', endpoints.length, MAX_ENDPOINTS)];
  }
  const own = endpoints.flatMap((each, i) =>
    validateEndpoint(each, addressType, `endpoints[${i}]`),
  );
  return [...errors, ...own, ...validatePorts(ports)];
}

export const endpointSlice = {
  type: endpointSlices,
  singular: 'endpointslice',
  hasGeneration: true,
  applyDefaults(object) {
    object.endpoints ??= [];
    for (const port of object.ports ?? []) {
      port.name ??= '';
      port.protocol ||= 'TCP';
    }
  },
  validate,
  validateUpdate: (object, old) =>
    validateImmutable(object.addressType, old.addressType, 'addressType'),
  printer: {
    columns: [nameColumn, column('AddressType'), column('Ports'), column('Endpoints'), ageColumn],
    cells: (object, nowMs) => [
      object.metadata.name ?? '',
      object.addressType,
      firstThree((object.ports ?? []).map(({ port }) => port ?? '*')) || unset,
      firstThree((object.endpoints ?? []).flatMap(({ addresses }) => addresses)) || unset,
      age(object, nowMs),
    ],
  },
} satisfies ResourceDeclaration<EndpointSlice>;
