import type { Node } from '../../api/types/core-v1.ts';
import type { NodeInfo } from './node-info.ts';

/** Region and zone, as one text. */
export function zoneOf(node: Node): string {
  const labels = node.metadata.labels;
  const region = labels?.['topology.kubernetes.io/region'] ?? '';
  const zone = labels?.['topology.kubernetes.io/zone'] ?? '';
  return `${region}/${zone}`;
}

/**
 * Nodes with those of different zones taking turns, so that a scheduler that looks only at a
 * slice of a large cluster sees every zone in it.
 */
export function interleaveZones(nodes: Iterable<NodeInfo>): NodeInfo[] {
  const zones = new Map<string, NodeInfo[]>();
  for (const info of nodes) {
    const zone = zoneOf(info.node);
    const members = zones.get(zone);
    if (members === undefined) zones.set(zone, [info]);
    else members.push(info);
  }
  const groups = [...zones.values()];
  if (groups.length === 1) return groups[0]!;
  const order: NodeInfo[] = [];
  const longest = groups.reduce((max, group) => Math.max(max, group.length), 0);
  for (let i = 0; i < longest; i++)
    for (const group of groups) if (i < group.length) order.push(group[i]!);
  return order;
}
