/** What a Service of a type has, asked in several places. */
import type { ServiceSpec } from '../../../../api/types/core-v1.ts';

export const serviceTypes = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

export const isHeadless = (spec: ServiceSpec): boolean => spec.clusterIP === 'None';

export const needsClusterIP = (spec: ServiceSpec): boolean => spec.type !== 'ExternalName';

/** A load balancer that is given no node ports any more keeps those it has. */
export const mayHaveNodePorts = ({ type }: ServiceSpec): boolean =>
  type === 'NodePort' || type === 'LoadBalancer';

export const needsNodePorts = (spec: ServiceSpec): boolean =>
  mayHaveNodePorts(spec) &&
  (spec.type === 'NodePort' || spec.allocateLoadBalancerNodePorts !== false);

/** Reached from outside the cluster. */
export function needsExternalPolicy({ type, externalIPs }: ServiceSpec): boolean {
  if (type === 'NodePort' || type === 'LoadBalancer') return true;
  return type === 'ClusterIP' && (externalIPs?.length ?? 0) > 0;
}

export const needsHealthCheckPort = ({ type, externalTrafficPolicy }: ServiceSpec): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
