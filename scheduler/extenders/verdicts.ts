/** Asks the extenders about the nodes that passed the filters. */
import type { Logger } from '../../platform/logger.ts';
import type { Extender } from '../framework/extender.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { failure, type Status } from '../framework/status.ts';

/** Statuses carry it as their plugin: no event is known to leave an extender's mind unchanged. */
export const EXTENDER_NAME = 'Extender';

export interface Verdicts {
  /** Names of the nodes that every extender accepts. */
  readonly accepted: ReadonlySet<string>;
  readonly refused: ReadonlyMap<string, Status>;
  /** What extenders add to the weighted scores of plugins. */
  readonly scores: ReadonlyMap<string, number>;
}

/** The extenders that have a say on where the pod goes. */
export function concerned(extenders: readonly Extender[], pod: PodInfo): readonly Extender[] {
  return extenders.filter(
    (each) => (each.filter !== undefined || each.prioritize !== undefined) && each.concerns(pod),
  );
}

/** One after another, each about what those before it left; then all of them for scores. */
export async function askExtenders(
  extenders: readonly Extender[],
  { pod, nodes }: { readonly pod: PodInfo; readonly nodes: readonly NodeInfo[] },
  logger: Logger,
): Promise<Verdicts | Status> {
  const refused = new Map<string, Status>();
  let left = nodes;
  for (const extender of extenders) {
    if (extender.filter === undefined || left.length === 0) continue;
    try {
      const answer = await extender.filter(pod, left);
      for (const [name, status] of answer) refused.set(name, { ...status, plugin: EXTENDER_NAME });
      left = left.filter(({ name }) => !answer.has(name));
    } catch (error) {
      if (!extender.ignorable) return failure(error, EXTENDER_NAME);
      logger.warn({ err: error, extender: extender.name, pod: pod.key }, 'ignored an extender');
    }
  }
  const scores =
    left.length > 1 ? await prioritized(extenders, { pod, nodes: left }, logger) : none;
  return { accepted: new Set(left.map(({ name }) => name)), refused, scores };
}

const none: ReadonlyMap<string, number> = new Map();

/** As in Kubernetes, an extender that fails to score gives no scores, ignorable or not. */
async function prioritized(
  extenders: readonly Extender[],
  { pod, nodes }: { readonly pod: PodInfo; readonly nodes: readonly NodeInfo[] },
  logger: Logger,
): Promise<ReadonlyMap<string, number>> {
  const totals = new Map<string, number>();
  const ask = async ({ name: extender, prioritize }: Extender): Promise<void> => {
    try {
      const scores = await prioritize?.(pod, nodes);
      for (const [name, score] of scores ?? none) totals.set(name, (totals.get(name) ?? 0) + score);
    } catch (error) {
      logger.warn({ err: error, extender, pod: pod.key }, 'an extender gave no scores');
    }
  };
  await Promise.all(extenders.map(ask));
  return totals;
}
