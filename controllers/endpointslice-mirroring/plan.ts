/**
 * EndpointSlices that say what an Endpoints object says which somebody keeps by hand, for a
 * Service without a selector: one slice per address family and set of ports.
 */
import { deepEqual } from '../../api/deep.ts';
import { nameOf, namespaceOf } from '../../api/meta.ts';
import type {
  EndpointAddress,
  Endpoints,
  EndpointSubset,
  Service,
} from '../../api/types/core-v1.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '../../api/types/discovery-v1.ts';
import { controllerReference } from '../runtime/claim.ts';
import { canonicalSubsets, keyOfPort } from './canonical.ts';

export const SERVICE_LABEL = 'kubernetes.io/service-name';
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
export const MANAGER = 'endpointslicemirroring-controller.k8s.io';
/** Addresses of one subset that are mirrored. */
const MAX_ADDRESSES = 1000;

const SKIP_LABEL = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';
const notCopied = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'endpoints.kubernetes.io/last-change-trigger-time',
];

export type Draft = Pick<EndpointSlice, 'metadata' | 'addressType' | 'endpoints' | 'ports'>;

export interface MirrorPlan {
  readonly create: readonly Draft[];
  readonly update: readonly EndpointSlice[];
  readonly remove: readonly EndpointSlice[];
}

/** False for what other controllers make, and for locks that only look like Endpoints. */
export function isMirrored(endpoints: Endpoints, service: Service | undefined): boolean {
  const { labels, annotations } = endpoints.metadata;
  if (labels?.[SKIP_LABEL] === 'true' || annotations?.[LEADER_ANNOTATION] !== undefined)
    return false;
  return service !== undefined && Object.keys(service.spec?.selector ?? {}).length === 0;
}

interface Group {
  readonly addressType: 'IPv4' | 'IPv6';
  readonly ports: readonly EndpointPort[];
  readonly endpoints: Endpoint[];
}

export function planMirror(endpoints: Endpoints, existing: readonly EndpointSlice[]): MirrorPlan {
  const create: Draft[] = [];
  const update: EndpointSlice[] = [];
  const left = new Set(existing);
  for (const [key, group] of groupsOf(canonicalSubsets(endpoints.subsets ?? []))) {
    const slice = existing.find(
      (each) => left.has(each) && keyOfGroup(each.addressType, each.ports ?? []) === key,
    );
    const wanted = content(endpoints, group);
    if (slice === undefined) create.push(wanted);
    else {
      left.delete(slice);
      if (!isSame(slice, wanted)) update.push(renewed(slice, wanted));
    }
  }
  return { create, update, remove: [...left] };
}

function groupsOf(subsets: readonly EndpointSubset[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of subsets) {
    const all = [
      ...addresses.map((address) => endpointOf(address, true)),
      ...notReadyAddresses.map((address) => endpointOf(address, false)),
    ].slice(0, MAX_ADDRESSES);
    for (const endpoint of all) {
      const addressType = endpoint.addresses[0]!.includes(':') ? 'IPv6' : 'IPv4';
      const key = keyOfGroup(addressType, ports);
      const group = groups.get(key) ?? { addressType, ports, endpoints: [] };
      groups.set(key, group);
      group.endpoints.push(endpoint);
    }
  }
  return groups;
}

function endpointOf(address: EndpointAddress, ready: boolean): Endpoint {
  const { ip, hostname, nodeName, targetRef } = address;
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(targetRef === undefined ? {} : { targetRef }),
  };
}

function keyOfGroup(addressType: string, ports: readonly EndpointPort[]): string {
  return [addressType, ...ports.map(keyOfPort).sort()].join(' ');
}

function content(endpoints: Endpoints, { addressType, ports, endpoints: list }: Group): Draft {
  const { labels, annotations = {} } = endpoints.metadata;
  const copied = Object.entries(annotations).filter(([name]) => !notCopied.includes(name));
  return {
    metadata: {
      namespace: namespaceOf(endpoints),
      generateName: `${nameOf(endpoints)}-`,
      labels: { ...labels, [SERVICE_LABEL]: nameOf(endpoints), [MANAGED_BY]: MANAGER },
      ...(copied.length === 0 ? {} : { annotations: Object.fromEntries(copied) }),
      ownerReferences: [controllerReference(endpoints)],
    },
    addressType,
    endpoints: list,
    ports: ports.map((port) => ({ ...port, name: port.name ?? '' })),
  };
}

function isSame(slice: EndpointSlice, wanted: Draft): boolean {
  return (
    deepEqual(slice.endpoints ?? [], wanted.endpoints) &&
    deepEqual(slice.metadata.labels ?? {}, wanted.metadata.labels) &&
    deepEqual(slice.metadata.annotations ?? {}, wanted.metadata.annotations ?? {})
  );
}

function renewed(slice: EndpointSlice, { metadata, endpoints }: Draft): EndpointSlice {
  const { labels = {}, annotations = {} } = metadata;
  // As in Kubernetes, a slice that is written anew tells no more how it was named.
  const { generateName: _generateName, ...kept } = slice.metadata;
  return { ...slice, metadata: { ...kept, labels, annotations }, endpoints };
}
