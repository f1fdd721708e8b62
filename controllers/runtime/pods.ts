/** What several controllers read off a Pod. */
import { parseTime } from '../../api/time.ts';
import type { Pod, PodCondition } from '../../api/types/core-v1.ts';

export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

export function podReady(pod: Pod): boolean {
  return podCondition(pod, 'Ready')?.status === 'True';
}

/** Neither finished nor being deleted: it counts as a replica. */
export function podActive(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return (
    phase !== 'Succeeded' && phase !== 'Failed' && pod.metadata.deletionTimestamp === undefined
  );
}

/** Deleted, though its node or a finalizer still holds it. */
export const isTerminating = ({ metadata }: Pod): boolean =>
  metadata.deletionTimestamp !== undefined;

/** Ready for `minReadySeconds` at least. */
export function podAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  if (!podReady(pod)) return false;
  if (minReadySeconds === 0) return true;
  const since = timeOf(podCondition(pod, 'Ready')?.lastTransitionTime);
  return since !== undefined && since + minReadySeconds * 1000 <= nowMs;
}

export function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseTime(text);
}
