import type {
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from '../../api/types/networking-v1.ts';
import { selectorText } from './selector-text.ts';
import type { DescriptionWriter } from './writer.ts';

export function describeNetworkPolicy(writer: DescriptionWriter, policy: NetworkPolicy): void {
  const { metadata, spec } = policy;
  writer.field(0, 'Name', metadata.name).field(0, 'Namespace', metadata.namespace);
  writer.bare(0, 'Created on', createdOn(metadata.creationTimestamp ?? ''));
  writer.map(0, 'Labels', metadata.labels).map(0, 'Annotations', metadata.annotations);
  writer.line(0, 'Spec:');
  // kubectl indents the selector once more, behind its title.
  const selector = selectorText(spec.podSelector);
  const everyPod = '<none> (Allowing the specific traffic to all pods in this namespace)';
  writer.line(1, `PodSelector:     ${selector || everyPod}`);
  const types = spec.policyTypes ?? [];
  describeSide(writer, types.includes('Ingress'), {
    name: 'ingress',
    title: 'From',
    ends: 'source',
    rules: (spec.ingress ?? []).map(({ ports, from }) => ({ ports, peers: from })),
  });
  describeSide(writer, types.includes('Egress'), {
    name: 'egress',
    title: 'To',
    ends: 'destination',
    rules: (spec.egress ?? []).map(({ ports, to }) => ({ ports, peers: to })),
  });
  writer.line(1, `Policy Types: ${types.join(', ') || '<none>'}`);
}

/** Go's own form of a time in UTC. */
const createdOn = (time: string): string => `${time.slice(0, 10)} ${time.slice(11, 19)} +0000 UTC`;

interface Side {
  readonly name: 'ingress' | 'egress';
  readonly title: 'From' | 'To';
  readonly ends: string;
  readonly rules: readonly {
    readonly ports: readonly NetworkPolicyPort[] | undefined;
    readonly peers: readonly NetworkPolicyPeer[] | undefined;
  }[];
}

function describeSide(writer: DescriptionWriter, affected: boolean, side: Side): void {
  const { name, title, ends, rules } = side;
  if (!affected) {
    writer.line(1, `Not affecting ${name} traffic`);
    return;
  }
  writer.line(1, `Allowing ${name} traffic:`);
  if (rules.length === 0) {
    writer.line(2, `<none> (Selected pods are isolated for ${name} connectivity)`);
  }
  rules.forEach(({ ports = [], peers = [] }, i) => {
    if (ports.length === 0) writer.line(2, 'To Port: <any> (traffic allowed to all ports)');
    for (const port of ports) writer.line(2, portText(port));
    if (peers.length === 0) writer.line(2, `${title}: <any> (traffic not restricted by ${ends})`);
    for (const peer of peers) describePeer(writer, `${title}:`, peer);
    if (i < rules.length - 1) writer.line(2, '----------');
  });
}

function portText({ port, endPort, protocol = 'TCP' }: NetworkPolicyPort): string {
  if (endPort !== undefined) return `To Port Range: ${port}-${endPort}/${protocol}`;
  return `To Port: ${port ?? '<nil>'}/${protocol}`;
}

function describePeer(
  writer: DescriptionWriter,
  title: string,
  { namespaceSelector, podSelector, ipBlock }: NetworkPolicyPeer,
): void {
  const shown = (selector: NetworkPolicyPeer['podSelector']): string =>
    selectorText(selector) || '<none>';
  writer.line(2, title);
  if (namespaceSelector) writer.line(3, `NamespaceSelector: ${shown(namespaceSelector)}`);
  if (podSelector) writer.line(3, `PodSelector: ${shown(podSelector)}`);
  if (!namespaceSelector && !podSelector && ipBlock) {
    writer.line(3, 'IPBlock:').line(4, `CIDR: ${ipBlock.cidr}`);
    writer.line(4, `Except: ${(ipBlock.except ?? []).join(', ')}`);
  }
}
