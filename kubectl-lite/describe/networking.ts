/** Descriptions of what leads traffic to pods, and keeps it from them. */
import type { EndpointSlice } from '../../api/types/discovery-v1.ts';
import type { Endpoints, Service } from '../../api/types/core-v1.ts';
import type {
  Ingress,
  IngressBackend,
  IngressClass,
  IPAddress,
  ServiceCIDR,
} from '../../api/types/networking-v1.ts';
import { describeConditions } from './conditions.ts';
import type { DescriptionWriter } from './writer.ts';

/** More addresses are only counted. */
const MAX_ENDPOINTS = 3;

/** "10.0.0.1:80,10.0.0.2:80" of the ports of that name. */
export function endpointsText(slices: readonly EndpointSlice[], portName: string): string {
  const addresses = slices.flatMap((slice) => {
    const ports = slice.ports ?? [];
    const ready = (slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
    const first = ready.map((endpoint) => endpoint.addresses[0] ?? '');
    if (ports.length === 0) return first;
    return ports
      .filter(({ name = '' }) => name === portName)
      .flatMap(({ port }) => first.map((ip) => `${ip.includes(':') ? `[${ip}]` : ip}:${port}`));
  });
  if (slices.length === 0) return '<none>';
  const shown = addresses.slice(0, MAX_ENDPOINTS).join(',');
  const more = addresses.length - MAX_ENDPOINTS;
  return more > 0 ? `${shown} + ${more} more...` : shown;
}

/** `slices` are those of the Service. */
export function describeService(
  writer: DescriptionWriter,
  service: Service,
  slices: readonly EndpointSlice[],
): void {
  const { spec, metadata } = service;
  writer.field(0, 'Name', metadata.name).field(0, 'Namespace', metadata.namespace);
  writer.map(0, 'Labels', metadata.labels).map(0, 'Annotations', metadata.annotations);
  const selector = Object.entries(spec.selector ?? {}).map(([key, value]) => `${key}=${value}`);
  writer.field(0, 'Selector', selector.sort().join(','));
  writer.field(0, 'Type', spec.type);
  if (spec.ipFamilyPolicy) writer.field(0, 'IP Family Policy', spec.ipFamilyPolicy);
  writer.field(0, 'IP Families', (spec.ipFamilies ?? []).join(','));
  writer.bare(0, 'IP', spec.clusterIP);
  writer.field(0, 'IPs', (spec.clusterIPs ?? []).join(','));
  if (spec.externalIPs?.length) writer.field(0, 'External IPs', spec.externalIPs.join(','));
  if (spec.loadBalancerIP) writer.field(0, 'Desired LoadBalancer IP', spec.loadBalancerIP);
  if (spec.externalName) writer.field(0, 'External Name', spec.externalName);
  const balancers = service.status?.loadBalancer?.ingress ?? [];
  if (balancers.length > 0) {
    const texts = balancers.map(({ ip, ipMode, hostname = '' }) =>
      ip ? ip + (ipMode === undefined ? '' : ` (${ipMode})`) : hostname,
    );
    writer.field(0, 'LoadBalancer Ingress', texts.join(', '));
  }
  for (const port of spec.ports ?? []) {
    const { protocol = 'TCP', name = '' } = port;
    const shownName = name === '' ? '<unset>' : name;
    writer.line(0, `Port:\t${shownName}\t${port.port}/${protocol}`);
    writer.field(0, 'TargetPort', `${port.targetPort ?? port.port}/${protocol}`);
    if (port.nodePort) writer.line(0, `NodePort:\t${shownName}\t${port.nodePort}/${protocol}`);
    writer.bare(0, 'Endpoints', endpointsText(slices, name));
  }
  describePolicies(writer, spec);
}

function describePolicies(writer: DescriptionWriter, spec: Service['spec']): void {
  writer.bare(0, 'Session Affinity', spec.sessionAffinity);
  for (const [title, value] of [
    ['External Traffic Policy', spec.externalTrafficPolicy],
    ['Internal Traffic Policy', spec.internalTrafficPolicy],
    ['HealthCheck NodePort', spec.healthCheckNodePort],
    ['LoadBalancer Source Ranges', spec.loadBalancerSourceRanges?.join(',')],
  ] as const) {
    if (value) writer.field(0, title, value);
  }
}

export function describeEndpoints(writer: DescriptionWriter, endpoints: Endpoints): void {
  const { metadata, subsets = [] } = endpoints;
  writer.field(0, 'Name', metadata.name).field(0, 'Namespace', metadata.namespace);
  writer.map(0, 'Labels', metadata.labels).map(0, 'Annotations', metadata.annotations);
  writer.line(0, 'Subsets:');
  const ips = (addresses: readonly { readonly ip: string }[] | undefined): string =>
    (addresses ?? []).map(({ ip }) => ip).join(',');
  for (const { addresses, notReadyAddresses, ports = [] } of subsets) {
    writer.field(1, 'Addresses', ips(addresses));
    writer.field(1, 'NotReadyAddresses', ips(notReadyAddresses));
    if (ports.length > 0) {
      writer.line(1, 'Ports:').line(2, 'Name\tPort\tProtocol').line(2, '----\t----\t--------');
    }
    for (const { name, port, protocol = 'TCP' } of ports) {
      writer.line(2, `${name || '<unset>'}\t${port}\t${protocol}`);
    }
    writer.line(0, '');
  }
}

export function describeEndpointSlice(writer: DescriptionWriter, slice: EndpointSlice): void {
  const { metadata } = slice;
  // A list that Go has nothing in is null.
  const [ports, endpoints] = [slice.ports ?? [], slice.endpoints ?? []];
  writer.field(0, 'Name', metadata.name).field(0, 'Namespace', metadata.namespace);
  writer.map(0, 'Labels', metadata.labels).map(0, 'Annotations', metadata.annotations);
  writer.field(0, 'AddressType', slice.addressType);
  if (ports.length === 0) writer.line(0, 'Ports: <unset>');
  else {
    writer.line(0, 'Ports:').line(1, 'Name\tPort\tProtocol').line(1, '----\t----\t--------');
  }
  for (const { name, port, protocol = 'TCP' } of ports) {
    writer.line(1, `${name || '<unset>'}\t${port ?? '<unset>'}\t${protocol}`);
  }
  if (endpoints.length === 0) writer.line(0, 'Endpoints: <none>');
  else writer.line(0, 'Endpoints:');
  for (const endpoint of endpoints) {
    writer.field(1, '- Addresses', endpoint.addresses.join(', '));
    writer.line(2, 'Conditions:').field(3, 'Ready', endpoint.conditions?.ready ?? '<unset>');
    writer.bare(2, 'Hostname', endpoint.hostname ?? '<unset>');
    const target = endpoint.targetRef;
    if (target !== undefined) writer.bare(2, 'TargetRef', `${target.kind}/${target.name}`);
    writer.bare(2, 'NodeName', endpoint.nodeName ?? '<unset>');
    writer.bare(2, 'Zone', endpoint.zone ?? '<unset>');
  }
}

/** `backendText` tells which addresses a backend stands for: it has to ask the server. */
export async function describeIngress(
  writer: DescriptionWriter,
  ingress: Ingress,
  backendText: (backend: IngressBackend) => Promise<string>,
): Promise<void> {
  const { metadata, spec, status } = ingress;
  const balancers = status?.loadBalancer?.ingress ?? [];
  const addresses = new Set(balancers.map(({ ip, hostname = '' }) => ip ?? hostname));
  writer.bare(0, 'Name', metadata.name).map(0, 'Labels', metadata.labels);
  writer.bare(0, 'Namespace', metadata.namespace);
  writer.bare(0, 'Address', [...addresses].sort().join(','));
  writer.bare(0, 'Ingress Class', spec.ingressClassName ?? '<none>');
  const fallback = spec.defaultBackend ? await backendText(spec.defaultBackend) : '<default>';
  writer.bare(0, 'Default backend', fallback);
  if (spec.tls?.length) writer.line(0, 'TLS:');
  for (const { secretName, hosts = [] } of spec.tls ?? []) {
    writer.line(1, `${secretName ? `${secretName} terminates` : 'SNI routes'} ${hosts.join(',')}`);
  }
  writer.line(0, 'Rules:').line(1, 'Host\tPath\tBackends').line(1, '----\t----\t--------');
  const rules = (spec.rules ?? []).filter(({ http }) => http !== undefined);
  for (const { host, http } of rules) {
    writer.line(1, `${host || '*'}\t`);
    for (const { path = '', backend } of http!.paths) {
      writer.line(2, `\t${path} \t${await backendText(backend)}`);
    }
  }
  if (rules.length === 0) writer.line(1, `*\t*\t${fallback}`);
  writer.map(0, 'Annotations', metadata.annotations);
}

export function describeIngressClass(
  writer: DescriptionWriter,
  { metadata, spec }: IngressClass,
): void {
  writer.field(0, 'Name', metadata.name);
  writer.map(0, 'Labels', metadata.labels).map(0, 'Annotations', metadata.annotations);
  writer.bare(0, 'Controller', spec.controller);
  if (spec.parameters === undefined) return;
  const { apiGroup, kind, name } = spec.parameters;
  writer.line(0, 'Parameters:');
  // Null where the server prints all fields.
  if (apiGroup) writer.bare(1, 'APIGroup', apiGroup);
  writer.bare(1, 'Kind', kind).bare(1, 'Name', name);
}

export function describeServiceCidr(
  writer: DescriptionWriter,
  { metadata, spec, status }: ServiceCIDR,
): void {
  writer.bare(0, 'Name', metadata.name);
  writer.map(0, 'Labels', metadata.labels).map(0, 'Annotations', metadata.annotations);
  writer.bare(0, 'CIDRs', (spec.cidrs ?? []).join(', '));
  const conditions = status?.conditions ?? [];
  if (conditions.length === 0) return;
  writer.line(0, 'Status:');
  describeConditions(writer, conditions);
}

export function describeIpAddress(writer: DescriptionWriter, { metadata, spec }: IPAddress): void {
  writer.bare(0, 'Name', metadata.name);
  writer.map(0, 'Labels', metadata.labels).map(0, 'Annotations', metadata.annotations);
  const { group, resource, namespace, name } = spec.parentRef;
  writer.line(0, 'Parent Reference:').bare(1, 'Group', group).bare(1, 'Resource', resource);
  writer.bare(1, 'Namespace', namespace).bare(1, 'Name', name);
}
