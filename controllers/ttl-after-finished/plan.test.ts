import { expect, it } from 'vitest';
import { formatTime } from '../../api/time.ts';
import type { Job } from '../../api/types/batch-v1.ts';
import { timeLeftMs } from './plan.ts';

const NOW = 1_700_000_000_000;

const job = (ttl: number | undefined, type?: string, status = 'True'): Job => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'j' },
  spec: { template: {}, ...(ttl === undefined ? {} : { ttlSecondsAfterFinished: ttl }) },
  status: {
    conditions:
      type === undefined ? [] : [{ type, status, lastTransitionTime: formatTime(NOW - 10_000) }],
  },
});

it.each<[string, Job, number | undefined]>([
  ['is none without a limit', job(undefined, 'Complete'), undefined],
  ['is none before the end', job(5), undefined],
  ['is none for what was only decided', job(5, 'FailureTarget'), undefined],
  ['is none for what is not the case', job(5, 'Failed', 'False'), undefined],
  ['runs from completion', job(30, 'Complete'), 20_000],
  ['runs from failure, and ends', job(0, 'Failed'), -10_000],
])('the time left to a Job %s', (_, of, left) => {
  expect(timeLeftMs(of, NOW)).toBe(left);
});
