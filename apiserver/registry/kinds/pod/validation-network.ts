/** Names and name resolution of a pod. */
import { type FieldError, forbidden, invalid, required } from '../../../../api/field-errors.ts';
import type { HostAlias, PodDNSConfig, PodSpec } from '../../../../api/types/core-v1.ts';
import { validateIP } from '../../../../api/validation/formats.ts';
import { dns1123Label, dns1123Subdomain, dnsSearchPath } from '../../../../api/validation/names.ts';
import { check, oneOf } from '../checks.ts';

const MAX_NAMESERVERS = 3;
const MAX_SEARCH_PATHS = 32;
const MAX_SEARCH_CHARACTERS = 2048;

const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];

function validateDnsConfig(config: PodDNSConfig, field: string): FieldError[] {
  const { nameservers = [], searches = [], options = [] } = config;
  const errors: FieldError[] = [];
  if (nameservers.length > MAX_NAMESERVERS) {
    const detail = `must not have more than ${MAX_NAMESERVERS} nameservers`;
    errors.push(invalid(`${field}.nameservers`, nameservers, detail));
  }
  errors.push(...nameservers.flatMap((ip, i) => validateIP(ip, `${field}.nameservers[${i}]`)));
  if (searches.length > MAX_SEARCH_PATHS) {
    const detail = `must not have more than ${MAX_SEARCH_PATHS} search paths`;
    errors.push(invalid(`${field}.searches`, searches, detail));
  }
  if (searches.join(' ').length > MAX_SEARCH_CHARACTERS) {
    const most = `must not have more than ${MAX_SEARCH_CHARACTERS} characters`;
    const detail = `${most} (including spaces) in the search list`;
    errors.push(invalid(`${field}.searches`, searches, detail));
  }
  for (const [i, search] of searches.entries()) {
    if (search === '.') continue;
    const domain = search.replace(/\.$/, '');
    errors.push(...check(dnsSearchPath, domain, `${field}.searches[${i}]`));
  }
  for (const [i, { name }] of options.entries()) {
    if (!name) errors.push(required(`${field}.options[${i}]`, 'must not be empty'));
  }
  return errors;
}

export function validateDns({ dnsPolicy, dnsConfig }: PodSpec, field: string): FieldError[] {
  const errors = oneOf(dnsPolicy, dnsPolicies, { field: `${field}.dnsPolicy`, asListed: true });
  const at = `${field}.dnsConfig`;
  if (dnsPolicy === 'None') {
    if (!dnsConfig) {
      const detail = 'must provide `dnsConfig` when `dnsPolicy` is None';
      return [...errors, required(at, detail)];
    }
    if (!dnsConfig.nameservers?.length) {
      const detail = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
      return [...errors, required(`${at}.nameservers`, detail)];
    }
  }
  return dnsConfig ? [...errors, ...validateDnsConfig(dnsConfig, at)] : errors;
}

function validateHostAliases(aliases: readonly HostAlias[], field: string): FieldError[] {
  return aliases.flatMap(({ ip, hostnames = [] }, i) => [
    ...validateIP(ip ?? '', `${field}[${i}].ip`),
    ...hostnames.flatMap((name, j) =>
      check(dns1123Subdomain, name, `${field}[${i}].hostnames[${j}]`),
    ),
  ]);
}

export function validateHostnames(spec: PodSpec, field: string): FieldError[] {
  const { hostname, subdomain, hostAliases = [] } = spec;
  return [
    ...(hostname ? check(dns1123Label, hostname, `${field}.hostname`) : []),
    ...(subdomain ? check(dns1123Label, subdomain, `${field}.subdomain`) : []),
    ...validateHostAliases(hostAliases, `${field}.hostAliases`),
  ];
}

/** A pod in a user namespace of its own cannot share the host's other namespaces. */
export function validateHostUsers(spec: PodSpec, field: string): FieldError[] {
  if (spec.hostUsers !== false) return [];
  const detail = 'when `hostUsers` is false';
  const errors: FieldError[] = [];
  if (spec.hostNetwork) errors.push(forbidden(`${field}.hostNetwork`, detail));
  // Kubernetes' own paths, with capital letters.
  if (spec.hostPID) errors.push(forbidden(`${field}.HostPID`, detail));
  if (spec.hostIPC) errors.push(forbidden(`${field}.HostIPC`, detail));
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
    for (const [i, { volumeDevices = [] }] of (spec[list] ?? []).entries()) {
      if (volumeDevices.length === 0) continue;
      errors.push(forbidden(`${field}.${list}[${i}].volumeDevices`, detail));
    }
  }
  return errors;
}

/** On the host's network the container's ports are the host's; a template may leave that open. */
export function validateHostNetwork(spec: PodSpec, field: string, isPod: boolean): FieldError[] {
  if (!spec.hostNetwork) return [];
  return (spec.containers ?? []).flatMap(({ ports = [] }, i) =>
    ports.flatMap(({ hostPort = 0, containerPort }, j) => {
      if (hostPort === containerPort || (hostPort === 0 && !isPod)) return [];
      const detail = 'must match `containerPort` when `hostNetwork` is true';
      return [invalid(`${field}.containers[${i}].ports[${j}].hostPort`, hostPort, detail)];
    }),
  );
}
