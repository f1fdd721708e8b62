/** Who may be sent away for whom: a victim only for a pod of higher priority that waited. */
import type { Pod } from '../../../../api/types/core-v1.ts';
import { MEMORY_MS, type Truth } from '../truth.ts';

const priorityOf = ({ spec }: Pod): number => spec.priority ?? 0;

const isVictim = ({ status }: Pod): boolean =>
  status?.conditions?.some((each) => each.reason === 'PreemptionByScheduler') ?? false;

export function checkPreemption(truth: Truth, report: (problem: string) => void): void {
  /** When a pod of this priority was last seen without a node. */
  const waitedMs = new Map<number, number>();
  truth.onChange(({ resource, key, old, current, atMs }) => {
    if (resource !== 'pods') return;
    const [before, after] = [old as Pod | undefined, current as Pod | undefined];
    // It has waited until this change.
    for (const pod of [before, after])
      if (pod !== undefined && !pod.spec.nodeName) waitedMs.set(priorityOf(pod), atMs);
    if (after === undefined || !isVictim(after) || (before && isVictim(before))) return;
    const priority = priorityOf(after);
    const waits = truth.pods.some((pod) => !pod.spec.nodeName && priorityOf(pod) > priority);
    const waited = [...waitedMs].some(([of, ms]) => of > priority && atMs - ms <= MEMORY_MS);
    if (!waits && !waited)
      report(`pod ${key} of priority ${priority} was preempted, and none of higher waited`);
  });
}
