import { type FieldError, required } from '../../../api/field-errors.ts';
import { endpoints as type } from '../../../api/resources.ts';
import type { EndpointAddress, EndpointPort, Endpoints } from '../../../api/types/core-v1.ts';
import { portNumber, validateIP } from '../../../api/validation/formats.ts';
import { dns1123Label, dns1123Subdomain, qualifiedName } from '../../../api/validation/names.ts';
import type { ResourceDeclaration } from '../declaration.ts';
import { age, ageColumn, column, nameColumn, NONE } from './cells.ts';
import { check, oneOf } from './checks.ts';
import { validateEndpointIP } from './endpoint-ip.ts';
import { firstThree } from './first-three.ts';
import { oddAddress } from '../../../api/validation/odd-addresses.ts';

function validateAddress({ ip, hostname, nodeName }: EndpointAddress, at: string): FieldError[] {
  return [
    ...validateIP(ip ?? '', `${at}.ip`),
    ...(hostname ? check(dns1123Label, hostname, `${at}.hostname`) : []),
    ...(nodeName === undefined ? [] : check(dns1123Subdomain, nodeName, `${at}.nodeName`)),
    ...validateEndpointIP(ip ?? '', `${at}.ip`),
  ];
}

function validatePorts(ports: readonly EndpointPort[], field: string): FieldError[] {
  return ports.flatMap(({ name, port, protocol, appProtocol }, i) => {
    const at = `${field}[${i}]`;
    const errors = name ? check(dns1123Label, name, `${at}.name`) : [];
    if (!name && ports.length > 1) errors.push(required(`${at}.name`));
    errors.push(...check(portNumber, port ?? 0, `${at}.port`));
    errors.push(...oneOf(protocol, ['SCTP', 'TCP', 'UDP'], { field: `${at}.protocol` }));
    if (appProtocol === undefined) return errors;
    return [...errors, ...check(qualifiedName, appProtocol, `${at}.appProtocol`)];
  });
}

function validate({ subsets = [] }: Endpoints): FieldError[] {
  return subsets.flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }, i) => {
    const at = `subsets[${i}]`;
    const errors: FieldError[] = [];
    if (addresses.length + notReadyAddresses.length === 0) {
      errors.push(required(at, 'must specify `addresses` or `notReadyAddresses`'));
    }
    for (const [name, list] of Object.entries({ addresses, notReadyAddresses })) {
      errors.push(...list.flatMap((each, j) => validateAddress(each, `${at}.${name}[${j}]`)));
    }
    return [...errors, ...validatePorts(ports, `${at}.ports`)];
  });
}

const bracketed = (ip: string): string => (ip.includes(':') ? `[${ip}]` : ip);

function endpointsText({ subsets = [] }: Endpoints): string {
  if (subsets.length === 0) return NONE;
  const sockets = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) => addresses.map(({ ip }) => `${bracketed(ip)}:${port}`)),
  );
  return firstThree(sockets);
}

const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';

export const endpoints = {
  type,
  singular: 'endpoints',
  shortNames: ['ep'],
  storagePrefix: 'services/endpoints',
  allowCreateOnUpdate: true,
  applyDefaults(object) {
    for (const { ports = [] } of object.subsets ?? []) {
      for (const port of ports) port.protocol ||= 'TCP';
    }
  },
  validate,
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  warnings: ({ metadata, subsets = [] }) =>
    metadata.labels?.[MANAGED_BY] === 'endpoint-controller'
      ? []
      : subsets.flatMap(({ addresses = [], notReadyAddresses = [] }, i) =>
          Object.entries({ addresses, notReadyAddresses }).flatMap(([list, all]) =>
            all.flatMap(({ ip = '' }, j) => oddAddress(ip, `subsets[${i}].${list}[${j}].ip`)),
          ),
        ),
  printer: {
    columns: [nameColumn, column('Endpoints'), ageColumn],
    cells: (object, nowMs) => [
      object.metadata.name ?? '',
      endpointsText(object),
      age(object, nowMs),
    ],
  },
} satisfies ResourceDeclaration<Endpoints>;
