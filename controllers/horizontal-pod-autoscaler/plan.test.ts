import { describe, expect, it } from 'vitest';
import type { HorizontalPodAutoscaler } from '../../api/types/autoscaling-v2.ts';
import { invalid, type MetricOutcome, shownMilli } from './metric-outcome.ts';
import { planAutoscaler } from './plan.ts';

const autoscaler: HorizontalPodAutoscaler = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { namespace: 'd', name: 'a' },
  spec: { scaleTargetRef: { kind: 'Deployment', name: 'a' }, minReplicas: 1, maxReplicas: 9 },
};

const valid = (name: string, replicas: number): MetricOutcome => ({
  ...{ kind: 'valid', name, replicas },
  status: { type: 'Resource', resource: { name, current: {} } },
});

const planOf = (outcomes: readonly MetricOutcome[], current: number, highest = 0) =>
  planAutoscaler({
    ...{ autoscaler, current, nowMs: 1000, monotonicMs: 1000, metrics: () => outcomes },
    history: { recommendations: [{ replicas: highest, atMs: 999 }], ups: [], downs: [] },
  });

const foundIn = (plan: ReturnType<typeof planOf>): string | undefined =>
  plan.status.conditions?.find(({ type }) => type === 'ScalingActive')?.message;

describe('of several metrics', () => {
  it('the one that asks for most counts', () => {
    expect(foundIn(planOf([valid('cpu', 2), valid('memory', 3), valid('disk', 1)], 3))).toContain(
      'from memory',
    );
  });

  it('the last counts where all ask for none', () => {
    expect(foundIn(planOf([valid('cpu', 0), valid('memory', 0)], 1))).toContain('from memory');
  });

  it('one that failed keeps its place in the status, whether or not the others raise', () => {
    const failed = invalid('FailedGetPodsMetric', 'nobody knows');
    for (const replicas of [1, 4])
      expect(planOf([failed, valid('cpu', replicas)], 2).status.currentMetrics).toMatchObject([
        { type: '' },
        { type: 'Resource' },
      ]);
  });
});

it('gives no reason for what earlier looks asked for', () => {
  expect(planOf([valid('cpu', 3)], 3, 5)).toMatchObject({ desired: 5, rescale: '' });
});

it.each([
  [2_048_000, 'memory', '2Ki'],
  [1_234_567_000, 'memory', '1234567'],
  [1_500, 'memory', '1500m'],
  [1_500, 'cpu', '1500m'],
  [2_048_000, undefined, '2048'],
])('shows %d thousandths of %s as %s', (milli, resource, text) => {
  expect(shownMilli(milli, resource)).toBe(text);
});
