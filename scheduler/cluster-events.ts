import { deepEqual } from '../api/deep.ts';
import type { Resources } from '../api/scheduling/requests.ts';
import type { Node, Pod } from '../api/types/core-v1.ts';
import type { ClusterEvent } from './framework/events.ts';

/** The aspects in which two states of a node differ, as events; heartbeats are none. */
export function nodeEvents(old: Node, node: Node): ClusterEvent[] {
  const events: ClusterEvent[] = [];
  if (!deepEqual(old.status?.allocatable, node.status?.allocatable))
    events.push({ kind: 'NodeAllocatable', node, old });
  if (!deepEqual(old.metadata.labels, node.metadata.labels))
    events.push({ kind: 'NodeLabels', node, old });
  // A cordon is a taint in all but name.
  const cordonChanged = (old.spec.unschedulable ?? false) !== (node.spec.unschedulable ?? false);
  if (cordonChanged || !deepEqual(old.spec.taints, node.spec.taints))
    events.push({ kind: 'NodeTaints', node, old });
  return events;
}

export function asksForLess(old: Resources, current: Resources): boolean {
  if (
    current.milliCpu < old.milliCpu ||
    current.memory < old.memory ||
    current.ephemeralStorage < old.ephemeralStorage
  )
    return true;
  for (const [name, amount] of old.scalars)
    if ((current.scalars.get(name) ?? 0) < amount) return true;
  return false;
}

/** A pod that ended holds nothing of its node any more. */
export function isTerminal({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
