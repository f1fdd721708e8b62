/** What is odd about a Service that is taken all the same. */
import type { Service, ServiceSpec } from '../../../../api/types/core-v1.ts';
import { oddAddress, oddRange } from '../../../../api/validation/odd-addresses.ts';

const TOPOLOGY_HINTS = 'service.kubernetes.io/topology-aware-hints';
const TOPOLOGY_MODE = 'service.kubernetes.io/topology-mode';

const isSet = ({ clusterIP }: ServiceSpec): boolean => Boolean(clusterIP) && clusterIP !== 'None';

export function warnings({ metadata, spec = {} }: Service): string[] {
  const all: string[] = [];
  if (metadata.annotations?.[TOPOLOGY_HINTS] !== undefined)
    all.push(`annotation ${TOPOLOGY_HINTS} is deprecated, please use ${TOPOLOGY_MODE} instead`);
  const ips = isSet(spec) ? (spec.clusterIPs ?? []) : [];
  all.push(...ips.flatMap((ip, i) => oddAddress(ip, `spec.clusterIPs[${i}]`)));
  const isExternalName = spec.type === 'ExternalName';
  const hasExternalIPs = (spec.externalIPs ?? []).length > 0;
  if (spec.type === 'ClusterIP' && spec.clusterIP === 'None') {
    const ignored = 'is ignored for headless services';
    if (spec.loadBalancerIP) all.push(`spec.loadBalancerIP ${ignored}`);
    if (hasExternalIPs) all.push(`spec.externalIPs ${ignored}`);
    if (spec.sessionAffinity) all.push(`spec.SessionAffinity ${ignored}`);
  }
  const { externalIPs = [], loadBalancerIP = '', loadBalancerSourceRanges = [] } = spec;
  all.push(
    ...externalIPs.flatMap((ip, i) => oddAddress(ip, `spec.externalIPs[${i}]`)),
    ...oddAddress(loadBalancerIP, 'spec.loadBalancerIP'),
    ...loadBalancerSourceRanges.flatMap((range, i) =>
      oddRange(range, `spec.loadBalancerSourceRanges[${i}]`),
    ),
  );
  if (isExternalName && hasExternalIPs)
    all.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  if (!isExternalName && spec.externalName)
    all.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  return all;
}
