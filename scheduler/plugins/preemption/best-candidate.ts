import type { Victims } from '../../framework/victims.ts';

/** Less is better. Priorities may be negative: each victim still has to weigh something. */
const sumOffset = 2 ** 31;

/** A pod that has not started yet starts later than any. */
const notStarted = '~';

function earliestStartOfHighest({ pods }: Victims): string {
  const highest = pods[0]!.priority;
  let earliest = notStarted;
  for (const { priority, pod } of pods) {
    const start = pod.status?.startTime ?? notStarted;
    if (priority === highest && start < earliest) earliest = start;
  }
  return earliest;
}

/** Less is better; what counts next where all before are equal. */
const criteria: readonly ((candidate: Victims) => number)[] = [
  ({ violations }) => violations,
  ({ pods }) => pods[0]!.priority,
  ({ pods }) => pods.reduce((sum, { priority }) => sum + priority + sumOffset, 0),
  ({ pods }) => pods.length,
];

/** Those of the candidates with the lowest cost. */
function cheapest(
  candidates: readonly Victims[],
  costOf: (candidate: Victims) => number,
): readonly Victims[] {
  let lowest = Infinity;
  let found: Victims[] = [];
  for (const candidate of candidates) {
    const cost = costOf(candidate);
    if (cost < lowest) {
      lowest = cost;
      found = [candidate];
    } else if (cost === lowest) found.push(candidate);
  }
  return found;
}

/**
 * Fewest violated budgets, then the lowest highest priority among the victims, the lowest sum of
 * priorities, the fewest victims, the youngest most important victim, and then the first.
 */
export function bestCandidate(candidates: readonly Victims[]): Victims | undefined {
  let left = candidates;
  for (const costOf of criteria) {
    if (left.length <= 1) return left[0];
    left = cheapest(left, costOf);
  }
  let best: Victims | undefined;
  let latest = '';
  for (const candidate of left) {
    const start = earliestStartOfHighest(candidate);
    if (best !== undefined && start <= latest) continue;
    best = candidate;
    latest = start;
  }
  return best;
}
