import { formatTime } from '../../api/time.ts';
import type { Job, JobCondition } from '../../api/types/batch-v1.ts';

export interface ConditionText {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

const hasCondition = ({ status }: Job, type: string): boolean =>
  findCondition(status?.conditions, type)?.status === 'True';

export const isFinished = (job: Job): boolean =>
  hasCondition(job, 'Complete') || hasCondition(job, 'Failed');

export function findCondition(
  conditions: readonly JobCondition[] | undefined,
  type: string,
): JobCondition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** The same list if nothing changes. */
export function withCondition(
  conditions: readonly JobCondition[],
  text: ConditionText,
  nowMs: number,
): readonly JobCondition[] {
  const old = findCondition(conditions, text.type);
  if (old?.status === text.status && old.reason === text.reason && old.message === text.message) {
    return conditions;
  }
  const now = formatTime(nowMs);
  const lastTransitionTime = old?.status === text.status ? old.lastTransitionTime : now;
  const next = { ...text, lastProbeTime: now, lastTransitionTime: lastTransitionTime ?? now };
  return [...conditions.filter(({ type }) => type !== text.type), next];
}

export const failure = (reason: string, message: string): ConditionText => ({
  type: 'FailureTarget',
  status: 'True',
  reason,
  message,
});

export const success = (reason: string, message: string): ConditionText => ({
  type: 'SuccessCriteriaMet',
  status: 'True',
  reason,
  message,
});
