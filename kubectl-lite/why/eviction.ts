/** Why a drain waits: budgets that let no pod go. */
import { matchesLabelSelector } from '../../api/selector/label.ts';
import type { Node, Pod } from '../../api/types/core-v1.ts';
import type { PodDisruptionBudget } from '../../api/types/policy-v1.ts';
import type { Evidence } from './evidence.ts';
import type { Told } from './finding.ts';

export function budgetFindings({ status, metadata }: PodDisruptionBudget): Told[] {
  if (status === undefined || status.disruptionsAllowed > 0 || status.expectedPods === 0) return [];
  const { currentHealthy, desiredHealthy, expectedPods } = status;
  const text =
    `no pod of it may be evicted now: ${desiredHealthy} have to be healthy, ` +
    `and ${currentHealthy} of ${expectedPods} are`;
  const hint =
    currentHealthy < expectedPods
      ? 'make the others healthy first'
      : 'run more replicas, or let it allow a disruption: ' +
        `kubectl-lite patch pdb ${metadata.name ?? ''} ` +
        `-p '{"spec":{"minAvailable":null,"maxUnavailable":1}}'`;
  return [{ text, hint }];
}

/** What is left on a cordoned node, and must stay for now. */
export async function nodeFindings(evidence: Evidence, node: Node): Promise<Told[]> {
  if (!node.spec?.unschedulable) return [];
  const budgets = await evidence.list<PodDisruptionBudget>('/apis/policy/v1/poddisruptionbudgets');
  const strict = budgets.filter((budget) => budgetFindings(budget).length > 0);
  const pods = await evidence.list<Pod>('/api/v1/pods');
  const here = pods.filter(({ spec }) => spec.nodeName === node.metadata.name);
  return here.flatMap(({ metadata }) => {
    const { namespace, name = '', labels } = metadata;
    const holding = strict.find(
      (budget) =>
        budget.metadata.namespace === namespace &&
        matchesLabelSelector(budget.spec?.selector, labels),
    );
    if (holding === undefined) return [];
    const budget = holding.metadata.name ?? '';
    const text = `the PodDisruptionBudget ${budget} keeps Pod/${name} on it`;
    return [{ text, hint: `kubectl-lite why pdb ${budget} -n ${namespace ?? ''}` }];
  });
}
