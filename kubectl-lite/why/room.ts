/** What nodes have left, for a pod that none of them takes. */
import { milliValue, wholeValue } from '../../api/quantity.ts';
import type { Node, Pod } from '../../api/types/core-v1.ts';
import type { Told } from './finding.ts';

const resources = ['cpu', 'memory', 'ephemeral-storage', 'pods'] as const;

const amount = (resource: string, quantity: string | number): number =>
  resource === 'cpu' ? milliValue(quantity) : wholeValue(quantity);

function requested(pod: Pod, resource: string): number {
  if (resource === 'pods') return 1;
  const of = (container: Pod['spec']['containers'][number]): number => {
    const { requests = {}, limits = {} } = container.resources ?? {};
    return amount(resource, requests[resource] ?? limits[resource] ?? 0);
  };
  const sum = pod.spec.containers.map(of).reduce((a, b) => a + b, 0);
  return Math.max(sum, ...(pod.spec.initContainers ?? []).map(of));
}

const isOver = ({ status }: Pod): boolean =>
  status?.phase === 'Succeeded' || status?.phase === 'Failed';

/** For each resource the pod asks for: the node that has most of it left, if that is too little. */
export function roomFindings(pod: Pod, nodes: readonly Node[], pods: readonly Pod[]): Told[] {
  if (pod.spec.nodeName || nodes.length === 0) return [];
  return resources.flatMap((resource) => {
    const wanted = requested(pod, resource);
    if (wanted === 0) return [];
    const free = nodes
      .map((node) => ({ name: node.metadata.name ?? '', left: leftOn(node, pods, resource) }))
      .sort((a, b) => b.left - a.left)[0]!;
    if (free.left >= wanted) return [];
    const text =
      `it asks for ${shown(resource, wanted)} of ${resource}; the most any node has left is ` +
      `${shown(resource, Math.max(free.left, 0))} (${free.name})`;
    const hint = `lower the request, free ${resource} or add a node`;
    return [{ text, hint }];
  });
}

function leftOn(node: Node, pods: readonly Pod[], resource: string): number {
  const there = pods.filter(({ spec }) => spec.nodeName === node.metadata.name);
  const used = there.filter((pod) => !isOver(pod)).map((pod) => requested(pod, resource));
  const all = node.status?.allocatable?.[resource];
  return (all === undefined ? 0 : amount(resource, all)) - used.reduce((a, b) => a + b, 0);
}

function shown(resource: string, value: number): string {
  if (resource === 'cpu') return value % 1000 === 0 ? String(value / 1000) : `${value}m`;
  if (resource === 'pods') return String(value);
  const units = ['', 'Ki', 'Mi', 'Gi', 'Ti'];
  let at = 0;
  let rest = value;
  while (rest >= 1024 && at < units.length - 1) {
    rest /= 1024;
    at++;
  }
  return `${Number.isInteger(rest) ? rest : rest.toFixed(1)}${units[at]}`;
}
