import { portsConflict, type HostPort } from '../api/scheduling/host-ports.ts';
import { matchesNodeAffinity } from '../api/scheduling/node-selector.ts';
import type { Resources } from '../api/scheduling/requests.ts';
import type { Node, Pod } from '../api/types/core-v1.ts';

/** What admission weighs of a pod. */
export interface Demand {
  readonly requests: Resources;
  readonly hostPorts: readonly HostPort[];
}

export interface Capacity {
  readonly allocatable: Resources;
  readonly pods: number;
}

export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

function amounts({ milliCpu, memory, ephemeralStorage, scalars }: Resources): [string, number][] {
  return [
    ['cpu', milliCpu],
    ['memory', memory],
    ['ephemeral-storage', ephemeralStorage],
    ...scalars,
  ];
}

function shortage(name: string, figures: { asked: number; used: number; of: number }): Refusal {
  const { asked, used, of } = figures;
  return {
    reason: `OutOf${name}`,
    message:
      `Node didn't have enough resource: ${name}, ` +
      `requested: ${asked}, used: ${used}, capacity: ${of}`,
  };
}

/**
 * The kubelet's own check: pods reach a node without a scheduler (spec.nodeName), or by one
 * whose view was old. Undefined: the pod may run beside `others`.
 */
export function admit(
  pod: { readonly pod: Pod; readonly demand: Demand },
  node: { readonly node: Node | undefined; readonly capacity: Capacity },
  others: Iterable<Demand>,
): Refusal | undefined {
  const { capacity } = node;
  const { hostPorts } = pod.demand;
  const asks = amounts(pod.demand.requests).filter(([, asked]) => asked > 0);
  const sums = asks.map(() => 0);
  let count = 0;
  let taken = false;
  for (const other of others) {
    count++;
    for (let i = 0; i < asks.length; i++) sums[i]! += amountOf(other.requests, asks[i]![0]) ?? 0;
    taken ||= other.hostPorts.some((a) => hostPorts.some((b) => portsConflict(a, b)));
  }
  if (count + 1 > capacity.pods)
    return shortage('pods', { asked: 1, used: count, of: capacity.pods });
  const allocatable = new Map(amounts(capacity.allocatable));
  for (const [i, [name, asked]] of asks.entries()) {
    const used = sums[i]!;
    const of = allocatable.get(name);
    // Extended resources that the agent has not itself are the scheduler's to count.
    if (of === undefined) continue;
    if (asked > of - used) return shortage(name, { asked, used, of });
  }
  if (node.node !== undefined && !matchesNodeAffinity(pod.pod, node.node))
    return {
      reason: 'NodeAffinity',
      message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    };
  if (!taken) return undefined;
  return {
    reason: 'NodePorts',
    message:
      "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
  };
}

function amountOf(resources: Resources, name: string): number | undefined {
  switch (name) {
    case 'cpu':
      return resources.milliCpu;
    case 'memory':
      return resources.memory;
    case 'ephemeral-storage':
      return resources.ephemeralStorage;
    default:
      return resources.scalars.get(name);
  }
}
