import { deepEqual } from '../../../api/deep.ts';
import {
  duplicate,
  type FieldError,
  invalid,
  required,
  tooMany,
} from '../../../api/field-errors.ts';
import type { Mutable } from '../../../api/meta.ts';
import { endpointSlices } from '../../../api/resources.ts';
import type {
  Endpoint,
  EndpointHints,
  EndpointPort,
  EndpointSlice,
} from '../../../api/types/discovery-v1.ts';
import { validateIP } from '../../../api/validation/formats.ts';
import { isIPv4, isIPv6 } from '../../../platform/net/ip.ts';
import { validateLabels } from '../../../api/validation/labels.ts';
import { dns1123Label, dns1123Subdomain, labelValue } from '../../../api/validation/names.ts';
import { qualifiedName } from '../../../api/validation/names.ts';
import { validateImmutable } from '../../../api/validation/object-meta.ts';
import type { ResourceDeclaration } from '../declaration.ts';
import { age, ageColumn, column, nameColumn } from './cells.ts';
import { check, oneOf } from './checks.ts';
import { validateCanonicalIP, validateEndpointIP } from './endpoint-ip.ts';
import { firstThree } from './first-three.ts';
import { oddAddress } from '../../../api/validation/odd-addresses.ts';

const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20_000;
const MAX_TOPOLOGY_LABELS = 16;
const MAX_HINTS = 8;
const addressTypes = ['FQDN', 'IPv4', 'IPv6'];
const UNSET = '<unset>';

function validateDomainName(text: string, field: string): FieldError[] {
  if (text === '') return [required(field)];
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  const problems = dns1123Subdomain(name);
  if (problems.length > 0) return [invalid(field, name, problems.join(','))];
  const labels = name.split('.');
  if (labels.length === 1) {
    const detail = 'should be a domain with at least two segments separated by dots';
    return [invalid(field, name, detail)];
  }
  const label = labels.find((each) => dns1123Label(each).length > 0);
  return label === undefined ? [] : [invalid(field, label, dns1123Label(label).join(','))];
}

/** `field` is that of all addresses of the endpoint: one of the other family is told of there. */
function validateAddress(
  address: string,
  i: number,
  { type, field }: { readonly type: string; readonly field: string },
): FieldError[] {
  const at = `${field}[${i}]`;
  if (type === 'FQDN') return validateDomainName(address, at);
  if (type !== 'IPv4' && type !== 'IPv6') return [];
  const malformed = type === 'IPv4' ? validateIP(address, at) : validateCanonicalIP(address, at);
  if (malformed.length > 0) return malformed;
  const fits = type === 'IPv4' ? isIPv4(address) : isIPv6(address);
  const other = fits ? [] : [invalid(field, address, `must be an ${type} address`)];
  return [...other, ...validateEndpointIP(address, at)];
}

/** Names of zones or nodes, each once. */
function validateNames(
  named: readonly { readonly name: string }[] = [],
  rule: (name: string) => readonly string[],
  field: string,
): FieldError[] {
  if (named.length > MAX_HINTS) return [tooMany(field, named.length, MAX_HINTS)];
  const seen = new Set<string>();
  return named.flatMap(({ name = '' }, i) => {
    const at = `${field}[${i}].name`;
    const repeated = seen.has(name) ? [duplicate(at, name)] : [];
    seen.add(name);
    return [...repeated, ...check(rule, name, at)];
  });
}

function validateHints({ forZones = [], forNodes }: EndpointHints, field: string): FieldError[] {
  const zones = validateNames(forZones, labelValue, `${field}.forZones`);
  if (forZones.length > MAX_HINTS) return zones;
  return [...zones, ...validateNames(forNodes, dns1123Subdomain, `${field}.forNodes`)];
}

function validateEndpoint(endpoint: Endpoint, type: string, at: string): FieldError[] {
  const { addresses = [], hostname, nodeName, deprecatedTopology = {}, hints } = endpoint;
  const field = `${at}.addresses`;
  const errors: FieldError[] = [];
  if (addresses.length === 0) errors.push(required(field, 'must contain at least 1 address'));
  else if (addresses.length > MAX_ADDRESSES) {
    errors.push(tooMany(field, addresses.length, MAX_ADDRESSES));
  }
  errors.push(...addresses.flatMap((each, i) => validateAddress(each, i, { type, field })));
  if (nodeName !== undefined) errors.push(...check(dns1123Subdomain, nodeName, `${at}.nodeName`));
  const labels = Object.keys(deprecatedTopology).length;
  const topology = `${at}.deprecatedTopology`;
  if (labels > MAX_TOPOLOGY_LABELS) errors.push(tooMany(topology, labels, MAX_TOPOLOGY_LABELS));
  errors.push(...validateLabels(deprecatedTopology, topology));
  if (hostname !== undefined) errors.push(...check(dns1123Label, hostname, `${at}.hostname`));
  return hints === undefined ? errors : [...errors, ...validateHints(hints, `${at}.hints`)];
}

/** The numbers of ports are not looked at, as in Kubernetes. */
function validatePorts(ports: readonly EndpointPort[]): FieldError[] {
  if (ports.length > MAX_PORTS) return [tooMany('ports', ports.length, MAX_PORTS)];
  const names = new Set<string>();
  return ports.flatMap(({ name = '', protocol, appProtocol }, i) => {
    const at = `ports[${i}]`;
    const errors = name === '' ? [] : check(dns1123Label, name, `${at}.name`);
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    errors.push(
      ...oneOf(protocol, ['SCTP', 'TCP', 'UDP'], { field: `${at}.protocol`, pointer: true }),
    );
    if (appProtocol !== undefined) {
      errors.push(...check(qualifiedName, appProtocol, `${at}.appProtocol`));
    }
    return errors;
  });
}

function validateEndpoints({ addressType, endpoints: given }: EndpointSlice): FieldError[] {
  const endpoints = given ?? [];
  if (endpoints.length > MAX_ENDPOINTS) {
    return [tooMany('endpoints', endpoints.length, MAX_ENDPOINTS)];
  }
  return endpoints.flatMap((each, i) => validateEndpoint(each, addressType, `endpoints[${i}]`));
}

/** Endpoints that stay as they are were good enough once. */
function validate(slice: EndpointSlice, old?: EndpointSlice): FieldError[] {
  const kept = old !== undefined && deepEqual(old.endpoints, slice.endpoints);
  return [
    ...oneOf(slice.addressType, addressTypes, { field: 'addressType' }),
    ...validatePorts(slice.ports ?? []),
    ...(kept ? [] : validateEndpoints(slice)),
  ];
}

/** Written in v1beta1 only, which is gone; endpoints that do not change keep what they have. */
function dropTopology(slice: Mutable<EndpointSlice>, old?: EndpointSlice): void {
  if (old !== undefined && deepEqual(slice.endpoints, old.endpoints)) return;
  for (const endpoint of slice.endpoints ?? []) delete endpoint.deprecatedTopology;
}

const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const ownManagers = ['endpointslice-controller.k8s.io', 'endpointslicemirroring-controller.k8s.io'];

function warnings({ metadata, addressType, endpoints }: EndpointSlice, old?: EndpointSlice) {
  const names = addressType === 'FQDN' && old === undefined;
  const trusted = ownManagers.includes(metadata.labels?.[MANAGED_BY] ?? '');
  const judged = trusted ? [] : (endpoints ?? []);
  return [
    ...(names ? ['spec.addressType: FQDN endpoints are deprecated'] : []),
    ...judged.flatMap(({ addresses }, i) =>
      addresses.flatMap((each, j) => oddAddress(each, `endpoints[${i}].addresses[${j}]`)),
    ),
  ];
}

export const endpointSlice = {
  type: endpointSlices,
  singular: 'endpointslice',
  hasGeneration: true,
  applyDefaults(object) {
    for (const port of object.ports ?? []) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  prepareForCreate: (object) => dropTopology(object),
  prepareForUpdate(object, old) {
    dropTopology(object, old);
    if (!deepEqual(object.metadata.labels ?? {}, old.metadata.labels ?? {}))
      object.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },
  validate,
  validateUpdate: (object, old) =>
    validateImmutable(object.addressType, old.addressType, 'addressType'),
  warnings,
  printer: {
    columns: [nameColumn, column('AddressType'), column('Ports'), column('Endpoints'), ageColumn],
    cells: (object, nowMs) => [
      object.metadata.name ?? '',
      object.addressType,
      firstThree((object.ports ?? []).map(({ port }) => port ?? '*')) || UNSET,
      firstThree((object.endpoints ?? []).flatMap(({ addresses }) => addresses)) || UNSET,
      age(object, nowMs),
    ],
  },
} satisfies ResourceDeclaration<EndpointSlice>;
