import type { Victims } from '../../framework/victims.ts';

/** Less is better. Priorities may be negative: each victim still has to weigh something. */
const SUM_OFFSET = 2 ** 31;

/** A pod that has not started yet starts later than any. */
const NOT_STARTED = '~';

function earliestStartOfHighest({ pods }: Victims): string {
  const highest = pods[0]!.priority;
  let earliest = NOT_STARTED;
  for (const { priority, pod } of pods) {
    const start = pod.status?.startTime ?? NOT_STARTED;
    if (priority === highest && start < earliest) earliest = start;
  }
  return earliest;
}

interface Cost {
  /** What counts, in order; less is better. */
  readonly counts: readonly number[];
  /** Where the counts are equal; later is better. */
  readonly start: string;
}

function costOf(victims: Victims): Cost {
  const { pods, violations } = victims;
  const sum = pods.reduce((total, { priority }) => total + priority + SUM_OFFSET, 0);
  const counts = [violations, pods[0]!.priority, sum, pods.length];
  return { counts, start: earliestStartOfHighest(victims) };
}

/** The same candidates are compared for one pod after another. */
const knownCosts = new WeakMap<Victims, Cost>();

function knownCost(candidate: Victims): Cost {
  let known = knownCosts.get(candidate);
  if (known === undefined) knownCosts.set(candidate, (known = costOf(candidate)));
  return known;
}

function isBetter(a: Cost, b: Cost): boolean {
  for (let i = 0; i < a.counts.length; i++)
    if (a.counts[i] !== b.counts[i]) return a.counts[i]! < b.counts[i]!;
  return a.start > b.start;
}

/**
 * Fewest violated budgets, then the lowest highest priority among the victims, the lowest sum of
 * priorities, the fewest victims, the youngest most important victim, and then the first.
 */
export function bestCandidate(candidates: readonly Victims[]): Victims | undefined {
  let best: { readonly candidate: Victims; readonly cost: Cost } | undefined;
  for (const candidate of candidates) {
    const cost = knownCost(candidate);
    if (best === undefined || isBetter(cost, best.cost)) best = { candidate, cost };
  }
  return best?.candidate;
}
