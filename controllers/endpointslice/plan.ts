/**
 * EndpointSlices of a Service: what to create, update and delete so that together they name every
 * pod once, changing as few slices as possible.
 */
import { deepEqual } from '../../api/deep.ts';
import { nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import type { Pod, Service } from '../../api/types/core-v1.ts';
import type {
  Endpoint,
  EndpointHints,
  EndpointPort,
  EndpointSlice,
} from '../../api/types/discovery-v1.ts';
import { controllerReference } from '../runtime/claim.ts';
import { podReady } from '../runtime/pods.ts';
import { withTriggerTime } from '../runtime/trigger-times.ts';
import {
  endpointHostname,
  isHeadless,
  servesTraffic,
  targetPorts,
} from '../runtime/service-pods.ts';

export const SERVICE_LABEL = 'kubernetes.io/service-name';
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
export const MANAGER = 'endpointslice-controller.k8s.io';
export const MAX_ENDPOINTS = 100;
const SAME_NODE = 'PreferSameNode';
const closeDistributions = ['PreferClose', 'PreferSameZone', SAME_NODE];

type Draft = Pick<EndpointSlice, 'metadata' | 'addressType' | 'endpoints' | 'ports'>;

export interface SlicePlan {
  readonly create: readonly Draft[];
  readonly update: readonly EndpointSlice[];
  readonly remove: readonly EndpointSlice[];
}

interface Group {
  readonly ports: readonly EndpointPort[];
  readonly addressType: 'IPv4' | 'IPv6';
  /** By pod uid. */
  readonly endpoints: Map<string, Endpoint>;
}

export interface ServiceState {
  readonly service: Service;
  /** Those it selects. */
  readonly pods: readonly Pod[];
  readonly existing: readonly EndpointSlice[];
  /** When what changed did so. */
  readonly triggerTime?: string | undefined;
  /** Of a node, by its name. */
  readonly zoneOf?: (node: string) => string | undefined;
}

export function planSlices(state: ServiceState): SlicePlan {
  const { create, update, remove } = planContents(state);
  const timed = <Slice extends Draft>({ metadata, ...slice }: Slice): Slice => {
    const annotations = withTriggerTime(metadata.annotations, state.triggerTime);
    return { ...slice, metadata: { ...metadata, annotations } } as Slice;
  };
  return { create: create.map(timed), update: update.map(timed), remove };
}

function planContents(state: ServiceState): SlicePlan {
  const { service, existing } = state;
  const groups = groupsOf(state);
  const create: Draft[] = [];
  const update: EndpointSlice[] = [];
  const remove: EndpointSlice[] = [];
  const left = new Set(existing);
  for (const [key, group] of groups) {
    const own = existing.filter(
      (slice) => keyOfGroup(slice.addressType, slice.ports ?? []) === key,
    );
    for (const slice of own) left.delete(slice);
    const kept = own.map((slice) => ({ slice, endpoints: keep(slice, group.endpoints) }));
    const added = [...group.endpoints.values()];
    for (const entry of kept) {
      const room = MAX_ENDPOINTS - entry.endpoints.length;
      entry.endpoints.push(...added.splice(0, room));
    }
    for (const { slice, endpoints } of kept) {
      if (endpoints.length === 0) remove.push(slice);
      else if (changed(service, slice, endpoints))
        update.push({
          ...slice,
          ...content(service, group, endpoints),
          metadata: { ...slice.metadata, labels: labelsOf(service) },
        });
    }
    while (added.length > 0) {
      create.push(content(service, group, added.splice(0, MAX_ENDPOINTS)));
    }
  }
  remove.push(...left);
  if (create.length === 0 && remove.length === existing.length) {
    // A Service without endpoints has one slice that says so.
    const [only] = remove;
    const draft = content(service, { ports: [], addressType: familyOf(service) }, []);
    if (remove.length === 1 && only !== undefined && says(only, draft)) remove.pop();
    else create.push(draft);
  }
  return { create, ...reused(create, { update, remove }) };
}

function groupsOf({ service, pods, zoneOf }: ServiceState): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const pod of pods) {
    if (!servesTraffic(pod, true)) continue;
    const ports = portsOf(service, pod);
    const addressType = (pod.status?.podIP ?? '').includes(':') ? 'IPv6' : 'IPv4';
    const key = keyOfGroup(addressType, ports);
    const group = groups.get(key) ?? { ports, addressType, endpoints: new Map() };
    groups.set(key, group);
    group.endpoints.set(uidOf(pod), endpointOf(service, pod, zoneOf?.(pod.spec.nodeName ?? '')));
  }
  return groups;
}

function portsOf(service: Service, pod: Pod): readonly EndpointPort[] {
  return targetPorts(service, pod);
}

/** The server may fill in or leave out what is default. */
function keyOfGroup(addressType: string, ports: readonly EndpointPort[]): string {
  const list = ports.map(({ name = '', port, protocol = 'TCP', appProtocol = '' }) =>
    [name, port, protocol, appProtocol].join('/'),
  );
  return [addressType, ...list.sort()].join(' ');
}

function endpointOf(service: Service, pod: Pod, zone: string | undefined): Endpoint {
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const serving = podReady(pod);
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const hostname = endpointHostname(service, pod);
  const hints = ready ? hintsOf(service, pod, zone) : undefined;
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: { ready, serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
    ...(zone === undefined ? {} : { zone }),
    ...(hints === undefined ? {} : { hints }),
    targetRef: { kind: 'Pod', namespace: namespaceOf(pod), name: nameOf(pod), uid: uidOf(pod) },
  };
}

/** Who is to use it rather than others, as the Service's trafficDistribution says (KEP-3015). */
function hintsOf({ spec }: Service, pod: Pod, zone: string | undefined): EndpointHints | undefined {
  if (!closeDistributions.includes(spec?.trafficDistribution ?? '')) return undefined;
  const nodeName = spec?.trafficDistribution === SAME_NODE ? pod.spec.nodeName : undefined;
  if (zone === undefined && nodeName === undefined) return undefined;
  return {
    ...(zone === undefined ? {} : { forZones: [{ name: zone }] }),
    ...(nodeName === undefined ? {} : { forNodes: [{ name: nodeName }] }),
  };
}

/** The slice's endpoints that stay, in their order and newest form; takes them out of `wanted`. */
function keep(slice: EndpointSlice, wanted: Map<string, Endpoint>): Endpoint[] {
  return (slice.endpoints ?? []).flatMap(({ targetRef }) => {
    const endpoint = wanted.get(targetRef?.uid ?? '');
    if (endpoint === undefined) return [];
    wanted.delete(targetRef?.uid ?? '');
    return [endpoint];
  });
}

function changed(service: Service, slice: EndpointSlice, endpoints: readonly Endpoint[]): boolean {
  return (
    !deepEqual(slice.endpoints ?? [], endpoints) ||
    !deepEqual(slice.metadata.labels ?? {}, labelsOf(service))
  );
}

function familyOf({ spec }: Service): 'IPv4' | 'IPv6' {
  return spec?.ipFamilies?.[0] === 'IPv6' ? 'IPv6' : 'IPv4';
}

function says(slice: EndpointSlice, draft: Draft): boolean {
  const { addressType, metadata } = slice;
  // The server writes null for lists that are empty.
  const [endpoints, ports] = [slice.endpoints ?? [], slice.ports ?? []];
  return (
    addressType === draft.addressType &&
    endpoints.length === 0 &&
    ports.length === 0 &&
    deepEqual(metadata.labels ?? {}, draft.metadata.labels)
  );
}

/** A slice that would go becomes one that is wanted: one write instead of two. */
function reused(
  create: Draft[],
  { update, remove }: Pick<SlicePlan, 'update' | 'remove'>,
): Pick<SlicePlan, 'update' | 'remove'> {
  const updates = [...update];
  const removes = remove.filter((slice) => {
    const index = create.findIndex(({ addressType }) => addressType === slice.addressType);
    const [draft] = index < 0 ? [] : create.splice(index, 1);
    if (draft === undefined) return true;
    const metadata = { ...slice.metadata, labels: draft.metadata.labels ?? {} };
    updates.push({ ...slice, ...draft, metadata });
    return false;
  });
  return { update: updates, remove: removes };
}

function labelsOf(service: Service): Readonly<Record<string, string>> {
  return {
    ...service.metadata.labels,
    ...(isHeadless(service) ? { 'service.kubernetes.io/headless': '' } : {}),
    [SERVICE_LABEL]: nameOf(service),
    [MANAGED_BY]: MANAGER,
  };
}

function content(
  service: Service,
  group: Pick<Group, 'ports' | 'addressType'>,
  endpoints: readonly Endpoint[],
): Draft {
  return {
    metadata: {
      namespace: namespaceOf(service),
      generateName: `${nameOf(service)}-`,
      labels: labelsOf(service),
      ownerReferences: [controllerReference(service)],
    },
    addressType: group.addressType,
    endpoints,
    ports: group.ports,
  };
}
