/**
 * EndpointSlices of a Service: what to create, update and delete so that together they name every
 * pod once, changing as few slices as possible.
 */
import { deepEqual } from '../../api/deep.ts';
import { nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import type { Node, Pod, Service } from '../../api/types/core-v1.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '../../api/types/discovery-v1.ts';
import { hint, type SliceSet, withHints, type ZoneHints } from './hints.ts';
import { controllerReference } from '../runtime/claim.ts';
import { podReady } from '../runtime/pods.ts';
import { withTriggerTime } from '../runtime/trigger-times.ts';
import {
  endpointHostname,
  isHeadless,
  servesTraffic,
  targetPorts,
} from '../runtime/service-pods.ts';
import { ZONE_LABEL, type ZoneShares } from './zone-shares.ts';

export const SERVICE_LABEL = 'kubernetes.io/service-name';
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
export const MANAGER = 'endpointslice-controller.k8s.io';
export const MAX_ENDPOINTS = 100;

type Draft = Pick<EndpointSlice, 'metadata' | 'addressType' | 'endpoints' | 'ports'>;

type AddressType = 'IPv4' | 'IPv6';

export interface SlicePlan {
  readonly create: readonly Draft[];
  readonly update: readonly EndpointSlice[];
  readonly remove: readonly EndpointSlice[];
  /** By address type, where the Service asks for them. */
  readonly zones?: ReadonlyMap<string, ZoneHints>;
  /** Pods that are left out, as their node is not known; each is a text of its own. */
  readonly problems?: readonly string[];
}

interface Group {
  readonly ports: readonly EndpointPort[];
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
  readonly nodeOf: (name: string) => Node | undefined;
  readonly shares?: ZoneShares | undefined;
}

export function planSlices(state: ServiceState): SlicePlan {
  const { service, existing } = state;
  const problems = new Set<string>();
  const pods = state.pods.filter((pod) => {
    if (!servesTraffic(pod, true)) return false;
    const problem = unplaced(state, pod);
    if (problem !== undefined) problems.add(problem);
    return problem === undefined;
  });
  const types = addressTypes(service);
  const mine = existing.filter((slice) => isOwned(slice, service));
  const plans = types.map((type) => {
    const own = mine.filter(({ addressType }) => addressType === type);
    const { remove, ...set } = planContents({ ...state, pods, existing: own }, type);
    return { ...withHints(service, set, state.shares), remove, type };
  });
  const zones = plans.flatMap(({ type, zones }) =>
    zones === undefined ? [] : [[type, zones] as const],
  );
  const timed = <Slice extends Draft>({ metadata, ...slice }: Slice): Slice => {
    const annotations = withTriggerTime(metadata.annotations, state.triggerTime);
    return { ...slice, metadata: { ...metadata, annotations } } as Slice;
  };
  const others = existing.filter(
    (slice) => !mine.includes(slice) || !types.some((type) => type === slice.addressType),
  );
  return {
    create: plans.flatMap(({ create }) => create.map(timed)),
    update: plans.flatMap(({ update }) => update.map(timed)),
    remove: [...plans.flatMap(({ remove }) => remove), ...others],
    ...(zones.length > 0 && { zones: new Map(zones) }),
    ...(problems.size > 0 && { problems: [...problems] }),
  };
}

/** A pod that outlives its node may never be taken out, unless it is not published meanwhile. */
function unplaced({ service, nodeOf }: ServiceState, pod: Pod): string | undefined {
  const { nodeName = '' } = pod.spec;
  if (service.spec?.publishNotReadyAddresses === true || nodeOf(nodeName)) return undefined;
  const of = `${namespaceOf(service)}/${nameOf(service)}`;
  return `skipping Pod ${nameOf(pod)} for Service ${of}: Node ${nodeName} Not Found`;
}

/** One of an older Service of this name is not. */
function isOwned({ metadata: { ownerReferences = [] } }: EndpointSlice, service: Service): boolean {
  return ownerReferences.some(({ uid, kind }) => uid === uidOf(service) && kind === 'Service');
}

/** Those of its families; older servers tell none. */
function addressTypes({ spec }: Service): readonly AddressType[] {
  const { ipFamilies = [], clusterIP = '' } = spec ?? {};
  const types = ipFamilies.filter(
    (each): each is AddressType => each === 'IPv4' || each === 'IPv6',
  );
  if (types.length > 0) return types;
  return [clusterIP.includes(':') ? 'IPv6' : 'IPv4'];
}

function planContents(
  state: ServiceState,
  addressType: AddressType,
): SliceSet<Draft> & Pick<SlicePlan, 'remove'> {
  const { service, existing } = state;
  const groups = groupsOf(state, addressType);
  const create: Draft[] = [];
  const update: EndpointSlice[] = [];
  const remove: EndpointSlice[] = [];
  const left = new Set(existing);
  const draft = (ports: Group['ports'], endpoints: readonly Endpoint[]): Draft =>
    content(service, { addressType, ports, endpoints });
  for (const [key, { ports, endpoints: wanted }] of groups) {
    const own = existing.filter((slice) => keyOfGroup(slice.ports ?? []) === key);
    for (const slice of own) left.delete(slice);
    const kept = own.map((slice) => ({ slice, endpoints: keep(slice, wanted) }));
    const added = [...wanted.values()];
    for (const entry of kept) {
      const room = MAX_ENDPOINTS - entry.endpoints.length;
      entry.endpoints.push(...added.splice(0, room));
    }
    for (const { slice, endpoints } of kept) {
      if (endpoints.length === 0) remove.push(slice);
      else if (changed(service, slice, endpoints))
        update.push({
          ...slice,
          ...draft(ports, endpoints),
          metadata: { ...slice.metadata, labels: labelsOf(service) },
        });
    }
    while (added.length > 0) create.push(draft(ports, added.splice(0, MAX_ENDPOINTS)));
  }
  remove.push(...left);
  if (create.length === 0 && remove.length === existing.length) {
    // A Service without endpoints has one slice that says so.
    const [only] = remove;
    const empty = draft([], []);
    if (remove.length === 1 && only !== undefined && says(only, empty)) remove.pop();
    else create.push(empty);
  }
  const changes = reused(create, { update, remove });
  const written = new Set([...changes.update, ...changes.remove].map(nameOf));
  const unchanged = existing.filter((slice) => !written.has(nameOf(slice)));
  return { create, unchanged, ...changes };
}

function groupsOf(state: ServiceState, addressType: AddressType): Map<string, Group> {
  const { service, pods, nodeOf } = state;
  const groups = new Map<string, Group>();
  for (const pod of pods) {
    const addresses = addressesOf(pod, addressType);
    if (addresses.length === 0) continue;
    const ports = targetPorts(service, pod);
    const key = keyOfGroup(ports);
    const group = groups.get(key) ?? { ports, endpoints: new Map<string, Endpoint>() };
    groups.set(key, group);
    const zone = nodeOf(pod.spec.nodeName ?? '')?.metadata.labels?.[ZONE_LABEL];
    group.endpoints.set(uidOf(pod), endpointOf(service, pod, { addresses, zone }));
  }
  return groups;
}

function addressesOf({ status }: Pod, addressType: AddressType): readonly string[] {
  const { podIP = '', podIPs = [] } = status ?? {};
  const all = podIPs.length > 0 ? podIPs.map(({ ip }) => ip) : [podIP];
  return all.filter((ip) => ip !== '' && ip.includes(':') === (addressType === 'IPv6'));
}

/** The server may fill in or leave out what is default. */
function keyOfGroup(ports: readonly EndpointPort[]): string {
  const list = ports.map(({ name = '', port, protocol = 'TCP', appProtocol = '' }) =>
    [name, port, protocol, appProtocol].join('/'),
  );
  return list.sort().join(' ');
}

function endpointOf(
  service: Service,
  pod: Pod,
  { addresses, zone }: { readonly addresses: readonly string[]; readonly zone: string | undefined },
): Endpoint {
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const serving = podReady(pod);
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const hostname = endpointHostname(service, pod);
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
    ...(zone ? { zone } : {}),
    targetRef: { kind: 'Pod', namespace: namespaceOf(pod), name: nameOf(pod), uid: uidOf(pod) },
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
    !deepEqual((slice.endpoints ?? []).map(unhinted), endpoints) ||
    !deepEqual(slice.metadata.labels ?? {}, labelsOf(service))
  );
}

const unhinted = (endpoint: Endpoint): Endpoint => hint(endpoint, undefined);

function says(slice: EndpointSlice, draft: Draft): boolean {
  const { metadata } = slice;
  // The server writes null for lists that are empty.
  const [endpoints, ports] = [slice.endpoints ?? [], slice.ports ?? []];
  return (
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
    const draft = create.shift();
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
  { addressType, endpoints, ports }: Required<Pick<Draft, 'addressType' | 'endpoints' | 'ports'>>,
): Draft {
  return {
    metadata: {
      namespace: namespaceOf(service),
      generateName: `${nameOf(service)}-`,
      labels: labelsOf(service),
      ownerReferences: [controllerReference(service)],
    },
    addressType,
    endpoints,
    ports,
  };
}
