/** The Endpoints object of a Service, from the pods it selects. */
import { deepEqual } from '../../api/deep.ts';
import { nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import type {
  EndpointAddress,
  EndpointPort,
  Endpoints,
  EndpointSubset,
  Pod,
  Service,
} from '../../api/types/core-v1.ts';
import { podReady } from '../runtime/pods.ts';
import { withTriggerTime } from '../runtime/trigger-times.ts';
import {
  endpointHostname,
  isHeadless,
  servesTraffic,
  targetPorts,
} from '../runtime/service-pods.ts';

const HEADLESS_LABEL = 'service.kubernetes.io/headless';
const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const MANAGER = 'endpoint-controller';
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';
/** More addresses than this are left out; EndpointSlices have them all. */
const MAX_ADDRESSES = 1000;

interface Subset {
  readonly ports: readonly EndpointPort[];
  readonly ready: EndpointAddress[];
  readonly notReady: EndpointAddress[];
}

export interface ServiceState {
  readonly service: Service;
  /** Those it selects. */
  readonly pods: readonly Pod[];
  readonly current?: Endpoints | undefined;
  /** When what changed did so. */
  readonly triggerTime?: string | undefined;
}

export function planEndpoints({ service, pods, current, triggerTime }: ServiceState): Endpoints {
  const all = subsetsOf(service, pods);
  const { subsets, truncated } = capped(all);
  const labels = {
    ...service.metadata.labels,
    [MANAGED_BY]: MANAGER,
    ...(isHeadless(service) ? { [HEADLESS_LABEL]: '' } : {}),
  };
  const { [OVER_CAPACITY]: _, ...others } = current?.metadata.annotations ?? {};
  const annotations = withTriggerTime(others, triggerTime);
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      ...current?.metadata,
      namespace: namespaceOf(service),
      name: nameOf(service),
      labels,
      annotations: truncated ? { ...annotations, [OVER_CAPACITY]: 'truncated' } : annotations,
    },
    subsets,
  };
}

/** When it changed is nothing to write by itself. */
export function sameEndpoints(a: Endpoints, b: Endpoints): boolean {
  const annotations = ({ metadata }: Endpoints) => withTriggerTime(metadata.annotations, undefined);
  return (
    deepEqual(a.subsets ?? [], b.subsets ?? []) &&
    deepEqual(a.metadata.labels ?? {}, b.metadata.labels ?? {}) &&
    deepEqual(annotations(a), annotations(b))
  );
}

/** Pods with the same ports share a subset. */
function subsetsOf(service: Service, pods: readonly Pod[]): readonly Subset[] {
  const publishAll = service.spec?.publishNotReadyAddresses === true;
  const subsets = new Map<string, Subset>();
  for (const pod of [...pods].sort(byAddress)) {
    if (!servesTraffic(pod, publishAll)) continue;
    const ports = portsOf(service, pod);
    // A headless Service without ports publishes names only; with ports it needs one.
    const portless = (service.spec?.ports ?? []).length === 0 && isHeadless(service);
    if (ports.length === 0 && !portless) continue;
    const key = JSON.stringify(ports);
    const subset = subsets.get(key) ?? { ports, ready: [], notReady: [] };
    subsets.set(key, subset);
    const list = publishAll || podReady(pod) ? subset.ready : subset.notReady;
    list.push(addressOf(service, pod));
  }
  return [...subsets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, subset]) => subset);
}

function portsOf(service: Service, pod: Pod): readonly EndpointPort[] {
  return targetPorts(service, pod)
    .map(({ name, ...port }) => (name === '' ? port : { name, ...port }))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

function addressOf(service: Service, pod: Pod): EndpointAddress {
  const hostname = endpointHostname(service, pod);
  return {
    ip: pod.status?.podIP ?? '',
    ...(hostname === undefined ? {} : { hostname }),
    ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
    targetRef: { kind: 'Pod', namespace: namespaceOf(pod), name: nameOf(pod), uid: uidOf(pod) },
  };
}

function byAddress(a: Pod, b: Pod): number {
  const [x, y] = [a.status?.podIP ?? '', b.status?.podIP ?? ''];
  return x === y ? (uidOf(a) < uidOf(b) ? -1 : 1) : x < y ? -1 : 1;
}

/** Ready addresses are kept before those that are not. */
function capped(all: readonly Subset[]): { subsets: EndpointSubset[]; truncated: boolean } {
  let left = MAX_ADDRESSES;
  const take = (addresses: readonly EndpointAddress[]): readonly EndpointAddress[] => {
    const taken = addresses.slice(0, left);
    left -= taken.length;
    return taken;
  };
  const kept = all.map((subset) => ({ ...subset, ready: take(subset.ready) }));
  const subsets = kept.map(({ ports, ready, notReady }) => {
    const waiting = take(notReady);
    return {
      ...(ready.length === 0 ? {} : { addresses: ready }),
      ...(waiting.length === 0 ? {} : { notReadyAddresses: waiting }),
      ...(ports.length === 0 ? {} : { ports }),
    };
  });
  const total = all.reduce((sum, { ready, notReady }) => sum + ready.length + notReady.length, 0);
  return {
    subsets: subsets.filter(({ addresses, notReadyAddresses }) => addresses ?? notReadyAddresses),
    truncated: total > MAX_ADDRESSES,
  };
}
