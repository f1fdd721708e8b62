import { matchesLabelSelector } from '../../../api/selector/label.ts';
import { nameOf, namespaceOf } from '../../../api/meta.ts';
import type { PodDisruptionBudget } from '../../../api/types/policy-v1.ts';
import type { Trial } from '../../framework/interface.ts';
import type { NodeInfo } from '../../framework/node-info.ts';
import type { PodInfo } from '../../framework/pod-info.ts';
import { unresolvable, type Status } from '../../framework/status.ts';
import type { Victims } from '../../framework/victims.ts';

const noVictims = unresolvable('No preemption victims found for incoming pod');

const startOf = ({ pod }: PodInfo): string | undefined => pod.status?.startTime;

/** Higher priority first; of equals, whoever runs longer. A pod not yet started is the youngest. */
function moreImportantFirst(a: PodInfo, b: PodInfo): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  const [startA, startB] = [startOf(a), startOf(b)];
  if (startA === startB) return 0;
  if (startA === undefined) return 1;
  if (startB === undefined) return -1;
  return startA < startB ? -1 : 1;
}

function protects({ spec }: PodDisruptionBudget, { pod }: PodInfo): boolean {
  const { matchLabels = {}, matchExpressions = [] } = spec.selector ?? {};
  // Here an empty selector protects nothing, unlike for the eviction API.
  const empty = Object.keys(matchLabels).length + matchExpressions.length === 0;
  return !empty && matchesLabelSelector(spec.selector, pod.metadata.labels);
}

/** The pods that would, one after another, use up more than their budgets allow; and the rest. */
function splitByBudget(
  pods: readonly PodInfo[],
  budgets: readonly PodDisruptionBudget[],
): { readonly violating: readonly PodInfo[]; readonly others: readonly PodInfo[] } {
  if (budgets.length === 0) return { violating: [], others: pods };
  const allowed = new Map(
    budgets.map((budget) => [budget, budget.status?.disruptionsAllowed ?? 0] as const),
  );
  const violating: PodInfo[] = [];
  const others: PodInfo[] = [];
  for (const pod of pods) {
    let violates = false;
    for (const budget of budgets) {
      if (namespaceOf(budget) !== namespaceOf(pod.pod) || !protects(budget, pod)) continue;
      // The budget has counted this pod as disrupted already.
      if (budget.status?.disruptedPods?.[nameOf(pod.pod)] !== undefined) continue;
      const left = allowed.get(budget)! - 1;
      allowed.set(budget, left);
      if (left < 0) violates = true;
    }
    (violates ? violating : others).push(pod);
  }
  return { violating, others };
}

/** True if the pod still fits with the candidate, which then is back. */
function returns(candidate: PodInfo, node: NodeInfo, trial: Trial): boolean {
  if (trial.refusesWith(node, candidate)) return false;
  trial.add(candidate, node);
  if (trial.filter(node) === undefined) return true;
  trial.remove(candidate, node);
  return false;
}

/**
 * The fewest pods of lower priority whose eviction lets the pod in: all are taken away, then
 * each is brought back if the pod still fits, protected and important ones first.
 */
export function victimsOn(
  node: NodeInfo,
  pod: PodInfo,
  { trial, budgets }: { readonly trial: Trial; readonly budgets: readonly PodDisruptionBudget[] },
): Victims | Status {
  const candidates = [...node.pods.values()].filter(({ priority }) => priority < pod.priority);
  if (candidates.length === 0) return noVictims;
  const away = new Set(candidates);
  for (const candidate of candidates) trial.remove(candidate, node);
  try {
    const refused = trial.filter(node);
    if (refused !== undefined) return refused;
    const { violating, others } = splitByBudget(candidates.sort(moreImportantFirst), budgets);
    let violations = 0;
    for (const candidate of [...violating, ...others]) {
      if (returns(candidate, node, trial)) away.delete(candidate);
      else if (violating.includes(candidate)) violations++;
    }
    const pods = [...away].sort(moreImportantFirst);
    return pods.length === 0 ? noVictims : { node, pods, violations };
  } finally {
    for (const candidate of away) trial.add(candidate, node);
  }
}
