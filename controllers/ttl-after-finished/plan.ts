import { timeOf } from '../runtime/pods.ts';
import type { Job } from '../../api/types/batch-v1.ts';

/** How long a finished Job may stay; undefined for one that does not expire. */
export function timeLeftMs({ metadata, spec, status }: Job, nowMs: number): number | undefined {
  const ttl = spec.ttlSecondsAfterFinished;
  if (ttl === undefined || metadata.deletionTimestamp !== undefined) return undefined;
  const end = status?.conditions?.find(
    (each) => each.status === 'True' && (each.type === 'Complete' || each.type === 'Failed'),
  );
  const finished = timeOf(end?.lastTransitionTime);
  return finished === undefined ? undefined : finished + ttl * 1000 - nowMs;
}
