import { describe, expect, it } from 'vitest';
import { formatTime } from '../../api/time.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { PodDisruptionBudget, PodDisruptionBudgetSpec } from '../../api/types/policy-v1.ts';
import { type BudgetState, planBudget, sameStatus } from './plan.ts';

const NOW = 1_700_000_000_000;

const budget = (
  spec: PodDisruptionBudgetSpec,
  disruptedPods: Record<string, string> = {},
): PodDisruptionBudget => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { namespace: 'd', name: 'web', generation: 2 },
  spec,
  status: {
    ...{ currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
    disruptedPods,
  },
});

const pod = (name: string, ready = true): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [] },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});

const four = ['a', 'b', 'c', 'd'].map((name) => pod(name));
const state = (spec: PodDisruptionBudgetSpec, more: Partial<BudgetState> = {}): BudgetState => ({
  ...{ budget: budget(spec), pods: four, scale: { replicas: 4 }, nowMs: NOW },
  ...more,
});

describe('the disruptions a budget allows', () => {
  it.each<[string, BudgetState, [number, number, number]]>([
    ['minAvailable 3 of 4', state({ minAvailable: 3 }), [1, 3, 4]],
    ['minAvailable 50%', state({ minAvailable: '50%' }), [2, 2, 4]],
    ['minAvailable 51% rounds up', state({ minAvailable: '51%' }), [1, 3, 4]],
    ['maxUnavailable 1', state({ maxUnavailable: 1 }), [1, 3, 4]],
    ['maxUnavailable 30% rounds up', state({ maxUnavailable: '30%' }), [2, 2, 4]],
    [
      'more wanted than there are',
      state({ maxUnavailable: 1 }, { scale: { replicas: 6 } }),
      [0, 5, 6],
    ],
    [
      'an unready one',
      state({ minAvailable: 3 }, { pods: [...four.slice(1), pod('a', false)] }),
      [0, 3, 4],
    ],
    ['no pods', state({ minAvailable: 1 }, { pods: [] }), [0, 1, 0]],
  ])('%s', (_, ...[of, wanted]) => {
    const { status } = planBudget(of);
    expect([status.disruptionsAllowed, status.desiredHealthy, status.expectedPods]).toEqual(wanted);
  });

  it('counts an eviction under way, until it took too long', () => {
    const disrupted = {
      a: formatTime(NOW - 20_000),
      b: formatTime(NOW - 130_000),
      gone: formatTime(NOW),
    };
    const { status, spared, requeueAfterMs } = planBudget(
      state({}, { budget: budget({ minAvailable: 2 }, disrupted) }),
    );
    expect(status).toMatchObject({ currentHealthy: 3, disruptionsAllowed: 1 });
    expect(status.disruptedPods).toEqual({ a: formatTime(NOW - 20_000) });
    expect(spared.map(({ metadata }) => metadata.name)).toEqual(['b']);
    expect(requeueAfterMs).toBe(100_000);
  });

  it('are none where a scale is not known; nothing else is told anew', () => {
    const before = planBudget(state({ maxUnavailable: 1 })).status;
    const of = { ...budget({ maxUnavailable: 1 }), status: before };
    const { status } = planBudget(state({}, { budget: of, scale: { problem: 'none' } }));
    const { type, observedGeneration } = before.conditions![0]!;
    const condition = { type, observedGeneration, status: 'False', reason: 'SyncFailed' };
    const lastTransitionTime = formatTime(NOW);
    expect(status).toEqual({
      ...{ ...before, disruptionsAllowed: 0 },
      conditions: [{ ...condition, message: 'none', lastTransitionTime }],
    });
  });

  it('are told in a condition', () => {
    const { status } = planBudget(state({ minAvailable: 4 }));
    expect(status.conditions).toMatchObject([
      { type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' },
    ]);
    expect(status.observedGeneration).toBe(2);
    expect(sameStatus(status, { ...status })).toBe(true);
    expect(sameStatus(status, { ...status, currentHealthy: 1 })).toBe(false);
  });
});
