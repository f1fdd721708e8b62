/** The quality of service class: who is killed first when a node runs out of memory. */
import { addQuantities, compareQuantities, type Quantity } from '../../../../api/quantity.ts';
import type { PodSpec } from '../../../../api/types/core-v1.ts';
import { quantityOf, type ResourceList } from '../resource-list.ts';

const computeResources = ['cpu', 'memory'] as const;

type Total = Map<string, Quantity>;

/** Adds what is above zero; answers which resources those are. */
function addTo(total: Total, list: ResourceList | undefined): Set<string> {
  const present = new Set<string>();
  for (const name of computeResources) {
    const quantity = list?.[name] === undefined ? undefined : quantityOf(list[name]);
    if (quantity === undefined || quantity.nano <= 0n) continue;
    present.add(name);
    const sum = total.get(name);
    total.set(name, sum === undefined ? quantity : addQuantities(sum, quantity));
  }
  return present;
}

function sameTotals(a: Total, b: Total): boolean {
  if (a.size !== b.size) return false;
  return [...a].every(([name, quantity]) => {
    const other = b.get(name);
    return other !== undefined && compareQuantities(quantity, other) === 0;
  });
}

/**
 * Guaranteed: every container limits cpu and memory, and requests are the limits. BestEffort:
 * none asks for anything. Resources given for the whole pod decide alone.
 */
export function qosClass(spec: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const requests: Total = new Map();
  const limits: Total = new Map();
  let allLimited = true;
  const holders = spec.resources
    ? [{ resources: spec.resources }]
    : [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  for (const { resources } of holders) {
    addTo(requests, resources?.requests);
    const limited = addTo(limits, resources?.limits);
    if (limited.size < computeResources.length) allLimited = false;
  }
  if (requests.size === 0 && limits.size === 0) return 'BestEffort';
  return allLimited && sameTotals(requests, limits) ? 'Guaranteed' : 'Burstable';
}
