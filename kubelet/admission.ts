import { portsConflict, type HostPort } from '../api/scheduling/host-ports.ts';
import { matchesNodeAffinity } from '../api/scheduling/node-selector.ts';
import { amountOf, isScalar, type Resources, ResourceTotals } from '../api/scheduling/requests.ts';
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
  /** The pod goes for others' sake: its condition DisruptionTarget says so. */
  readonly disrupts?: boolean;
}

const OWN = ['cpu', 'memory', 'ephemeral-storage'] as const;

function shortage(name: string, figures: { asked: number; used: number; of: number }): Refusal {
  const { asked, used, of } = figures;
  return {
    reason: `OutOf${name}`,
    message:
      `Node didn't have enough resource: ${name}, ` +
      `requested: ${asked}, used: ${used}, capacity: ${of}`,
  };
}

function shortOf(
  requests: Resources,
  allocatable: Resources,
  others: readonly Demand[],
): Refusal | undefined {
  const total = new ResourceTotals();
  for (const other of others) total.add(other.requests, 1);
  for (const name of [...OWN, ...requests.scalars.keys()]) {
    const asked = amountOf(requests, name);
    if (asked === 0) continue;
    // Extended resources that the agent has not itself are the scheduler's to count.
    if (isScalar(name) && !allocatable.scalars.has(name)) continue;
    const of = amountOf(allocatable, name);
    const used = amountOf(total, name);
    if (asked > of - used) return shortage(name, { asked, used, of });
  }
  return undefined;
}

/**
 * The kubelet's own check: pods reach a node without a scheduler (spec.nodeName), or by one
 * whose view was old. Undefined: the pod may run beside `others`.
 */
export function admit(
  pod: { readonly pod: Pod; readonly demand: Demand },
  node: { readonly node: Node | undefined; readonly capacity: Capacity },
  others: readonly Demand[],
): Refusal | undefined {
  const { capacity } = node;
  if (others.length + 1 > capacity.pods)
    return shortage('pods', { asked: 1, used: others.length, of: capacity.pods });
  const short = shortOf(pod.demand.requests, capacity.allocatable, others);
  if (short !== undefined) return short;
  if (node.node !== undefined && !matchesNodeAffinity(pod.pod, node.node))
    return {
      reason: 'NodeAffinity',
      message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    };
  const { hostPorts } = pod.demand;
  const taken =
    hostPorts.length > 0 &&
    others.some((other) => other.hostPorts.some((a) => hostPorts.some((b) => portsConflict(a, b))));
  if (!taken) return undefined;
  return {
    reason: 'NodePorts',
    message:
      "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
  };
}
