/** What a failed pod, or enough succeeded ones, mean by the Job's own rules. */
import { nameOf, namespaceOf } from '../../api/meta.ts';
import type { Job, PodFailurePolicyRule, SuccessPolicyRule } from '../../api/types/batch-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { parseIndexes } from './indexes.ts';

export interface Verdict {
  readonly action: 'FailJob' | 'FailIndex' | 'Ignore' | 'Count';
  readonly message?: string;
}

const COUNT: Verdict = { action: 'Count' };

/** The first rule that matches decides; without one the failure counts. */
export function verdictOn(job: Job, pod: Pod): Verdict {
  const rules = job.spec.podFailurePolicy?.rules ?? [];
  for (const [index, rule] of rules.entries()) {
    const what = rule.onExitCodes ? exitCodeMatch(rule, pod) : conditionMatch(rule, pod);
    if (what === undefined) continue;
    const message = `${what} matching ${rule.action} rule at index ${index}`;
    return { action: rule.action as Verdict['action'], message };
  }
  return COUNT;
}

function exitCodeMatch({ onExitCodes }: PodFailurePolicyRule, pod: Pod): string | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  for (const { name, state } of [...initContainerStatuses, ...containerStatuses]) {
    const code = state?.terminated?.exitCode ?? 0;
    if (code === 0 || onExitCodes === undefined) continue;
    if (onExitCodes.containerName !== undefined && onExitCodes.containerName !== name) continue;
    if (onExitCodes.values.includes(code) !== (onExitCodes.operator === 'In')) continue;
    const key = `${namespaceOf(pod)}/${nameOf(pod)}`;
    return `Container ${name} for pod ${key} failed with exit code ${code}`;
  }
  return undefined;
}

function conditionMatch({ onPodConditions }: PodFailurePolicyRule, pod: Pod): string | undefined {
  const met = (pod.status?.conditions ?? []).find(({ type, status }) =>
    onPodConditions?.some((wanted) => wanted.type === type && wanted.status === status),
  );
  return met && `Pod ${namespaceOf(pod)}/${nameOf(pod)} has condition ${met.type}`;
}

/** The first success rule that the completed indexes meet. */
export function successRule(job: Job, completed: ReadonlySet<number>): number | undefined {
  const rules = job.spec.successPolicy?.rules ?? [];
  const met = rules.findIndex((rule) => meets(rule, completed, job.spec.completions ?? 0));
  return met < 0 ? undefined : met;
}

function meets(
  { succeededIndexes, succeededCount }: SuccessPolicyRule,
  completed: ReadonlySet<number>,
  completions: number,
): boolean {
  if (succeededIndexes === undefined) return completed.size >= (succeededCount ?? Infinity);
  const wanted = parseIndexes(succeededIndexes, completions);
  const done = [...wanted].filter((index) => completed.has(index)).length;
  return done >= (succeededCount ?? wanted.size);
}
