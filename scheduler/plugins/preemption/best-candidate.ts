import type { Victims } from '../../framework/victims.ts';

/** Less is better. Priorities may be negative: each victim still has to weigh something. */
const sumOffset = 2 ** 31;

const latestFirst = (a: string, b: string): number => (a === b ? 0 : a > b ? -1 : 1);
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

/** What is compared next when all before are equal. */
const criteria: readonly ((a: Victims, b: Victims) => number)[] = [
  (a, b) => a.violations - b.violations,
  (a, b) => a.pods[0]!.priority - b.pods[0]!.priority,
  (a, b) => sumOfPriorities(a) - sumOfPriorities(b),
  (a, b) => a.pods.length - b.pods.length,
  (a, b) => latestFirst(earliestStartOfHighest(a), earliestStartOfHighest(b)),
];

const sumOfPriorities = ({ pods }: Victims): number =>
  pods.reduce((sum, { priority }) => sum + priority + sumOffset, 0);

/**
 * Fewest violated budgets, then the lowest highest priority among the victims, the lowest sum of
 * priorities, the fewest victims, the youngest most important victim, and then the first.
 */
export function bestCandidate(candidates: readonly Victims[]): Victims | undefined {
  let best: Victims | undefined;
  for (const candidate of candidates)
    if (best === undefined || isBetter(candidate, best)) best = candidate;
  return best;
}

function isBetter(a: Victims, b: Victims): boolean {
  for (const compare of criteria) {
    const difference = compare(a, b);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
