import { deepEqual } from '../../../../api/deep.ts';
import type { Mutable } from '../../../../api/meta.ts';
import type { Service, ServiceSpec } from '../../../../api/types/core-v1.ts';
import {
  mayHaveNodePorts,
  needsClusterIP,
  needsExternalPolicy,
  needsHealthCheckPort,
  needsNodePorts,
} from './traits.ts';

/** Three hours. */
const AFFINITY_TIMEOUT_SECONDS = 10_800;

function defaultAffinity(spec: Mutable<ServiceSpec>): void {
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') {
    if (spec.sessionAffinityConfig !== undefined) delete spec.sessionAffinityConfig;
  } else if (spec.sessionAffinity === 'ClientIP') {
    const config = (spec.sessionAffinityConfig ??= {});
    (config.clientIP ??= {}).timeoutSeconds ??= AFFINITY_TIMEOUT_SECONDS;
  }
}

export function applyDefaults(service: Mutable<Service>): void {
  const spec = (service.spec ??= {});
  defaultAffinity(spec);
  spec.type ||= 'ClusterIP';
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    port.targetPort ||= port.port;
  }
  if (needsExternalPolicy(spec)) spec.externalTrafficPolicy ||= 'Cluster';
  if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type !== 'LoadBalancer') return;
  spec.allocateLoadBalancerNodePorts ??= true;
  for (const ingress of service.status?.loadBalancer?.ingress ?? []) {
    if (ingress.ip) ingress.ipMode ??= 'VIP';
  }
}

/** `clusterIP` is the first of `clusterIPs`; who gives only that gives both. */
export function mirrorClusterIP(spec: Mutable<ServiceSpec>): void {
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
}

/** Who changes one of the two and leaves the other as it was means both. */
export function followClusterIP(spec: Mutable<ServiceSpec>, old: ServiceSpec): void {
  if ((spec.clusterIP ?? '') === (old.clusterIP ?? '')) {
    if (!spec.clusterIPs?.length && old.clusterIPs) spec.clusterIPs = [...old.clusterIPs];
  } else if (deepEqual(spec.clusterIPs ?? [], old.clusterIPs ?? [])) {
    if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP];
    else delete spec.clusterIPs;
  }
}

/** What the server allocated stays when a client that never saw it leaves it out. */
export function keepAllocated(spec: Mutable<ServiceSpec>, old: ServiceSpec): void {
  if (spec.type !== 'ExternalName' && old.type !== 'ExternalName') {
    if (!spec.clusterIP && old.clusterIP !== undefined) spec.clusterIP = old.clusterIP;
    if (!spec.clusterIPs?.length && old.clusterIPs) spec.clusterIPs = [...old.clusterIPs];
  }
  if (needsNodePorts(spec) && needsNodePorts(old)) keepNodePorts(spec, old);
  if (needsHealthCheckPort(spec) && needsHealthCheckPort(old) && old.healthCheckNodePort)
    spec.healthCheckNodePort ||= old.healthCheckNodePort;
}

/** Ports are told apart by their names. */
function keepNodePorts(spec: Mutable<ServiceSpec>, { ports: before = [] }: ServiceSpec): void {
  const sent = new Set((spec.ports ?? []).map(({ nodePort }) => nodePort));
  const byName = new Map(before.map(({ name = '', nodePort }) => [name, nodePort]));
  for (const port of spec.ports ?? []) {
    const kept = byName.get(port.name ?? '');
    if (!port.nodePort && kept && !sent.has(kept)) port.nodePort = kept;
  }
}

/** What only the old type had goes with it, unless the client changed it on purpose. */
export function dropForeignFields(spec: Mutable<ServiceSpec>, old: ServiceSpec): void {
  const drop = (...fields: readonly (keyof ServiceSpec)[]): void => {
    if (fields.every((field) => deepEqual(spec[field], old[field])))
      for (const field of fields) delete spec[field];
  };
  if (!needsClusterIP(spec) && needsClusterIP(old)) {
    drop('clusterIP', 'clusterIPs');
    drop('ipFamilies');
    drop('ipFamilyPolicy');
  }
  const held = new Set(old.ports?.map(({ nodePort }) => nodePort));
  const isNew = spec.ports?.some(({ nodePort }) => nodePort && !held.has(nodePort));
  if (!mayHaveNodePorts(spec) && mayHaveNodePorts(old) && !isNew)
    for (const port of spec.ports ?? []) delete port.nodePort;
  if (!needsHealthCheckPort(spec) && needsHealthCheckPort(old)) drop('healthCheckNodePort');
  if (!needsExternalPolicy(spec) && needsExternalPolicy(old)) drop('externalTrafficPolicy');
  if (spec.type === 'LoadBalancer' || old.type !== 'LoadBalancer') return;
  drop('allocateLoadBalancerNodePorts');
  drop('loadBalancerClass');
}
