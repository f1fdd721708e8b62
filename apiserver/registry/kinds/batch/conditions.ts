import type { Job } from '../../../../api/types/batch-v1.ts';

export function isTrue({ status }: Job, type: string): boolean {
  return (status?.conditions ?? []).some((each) => each.type === type && each.status === 'True');
}

export function isFinished(job: Job): boolean {
  return isTrue(job, 'Complete') || isTrue(job, 'Failed');
}
