/** How many pods of a budget may be disrupted, decided from what the caches show. */
import { deepEqual } from '../../api/deep.ts';
import { nameOf } from '../../api/meta.ts';
import { formatTime } from '../../api/time.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { Condition } from '../../api/types/meta-v1.ts';
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../api/types/policy-v1.ts';
import { scaled } from '../runtime/int-or-percent.ts';
import { podActive, podCondition, podReady, timeOf } from '../runtime/pods.ts';

/** An eviction or preemption whose pod is not gone by then did not happen. */
const DISRUPTION_TIMEOUT_MS = 120_000;

export interface BudgetState {
  readonly budget: PodDisruptionBudget;
  /** Those its selector matches. */
  readonly pods: readonly Pod[];
  /** The sum of the replicas their controllers want; why not, where that cannot be told. */
  readonly scale: { readonly replicas: number } | { readonly problem: string };
  readonly nowMs: number;
}

export interface BudgetPlan {
  readonly status: PodDisruptionBudgetStatus;
  /** Whose evictions did not happen, though they were allowed. */
  readonly spared: readonly Pod[];
  readonly requeueAfterMs?: number;
}

export function planBudget(state: BudgetState): BudgetPlan {
  const { budget, nowMs } = state;
  const pods = state.pods.filter(podActive);
  const expected = expectations(state, pods.length);
  if ('problem' in expected)
    return { status: failSafe(budget, expected.problem, nowMs), spared: [] };
  const { disruptedPods, spared, retryAfterMs } = pending(budget, pods, nowMs);
  const healthy = pods.filter((pod) => podReady(pod) && !(nameOf(pod) in disruptedPods)).length;
  const { expectedPods, desiredHealthy } = expected;
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, healthy - desiredHealthy) : 0;
  const condition = {
    type: 'DisruptionAllowed',
    status: disruptionsAllowed > 0 ? 'True' : 'False',
    reason: disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    observedGeneration: budget.metadata.generation ?? 0,
  };
  const status: PodDisruptionBudgetStatus = {
    currentHealthy: healthy,
    desiredHealthy,
    expectedPods,
    disruptionsAllowed,
    observedGeneration: budget.metadata.generation ?? 0,
    ...(Object.keys(disruptedPods).length === 0 ? {} : { disruptedPods }),
    conditions: withCondition(budget.status?.conditions ?? [], condition, nowMs),
  };
  return {
    status,
    spared,
    ...(retryAfterMs === undefined ? {} : { requeueAfterMs: retryAfterMs }),
  };
}

/** What is not known allows nothing; the rest of the status stays as it was. */
function failSafe(
  { status }: PodDisruptionBudget,
  message: string,
  nowMs: number,
): PodDisruptionBudgetStatus {
  const { observedGeneration } = status ?? {};
  const condition = {
    type: 'DisruptionAllowed',
    status: 'False',
    reason: 'SyncFailed',
    message,
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
  };
  return {
    currentHealthy: 0,
    desiredHealthy: 0,
    expectedPods: 0,
    ...status,
    disruptionsAllowed: 0,
    conditions: withCondition(status?.conditions ?? [], condition, nowMs),
  };
}

interface Expected {
  readonly expectedPods: number;
  readonly desiredHealthy: number;
}

/** A number of pods that must stay needs no controller; a part of them, or a loss, does. */
function expectations(
  { budget: { spec }, scale }: BudgetState,
  count: number,
): Expected | { readonly problem: string } {
  const { maxUnavailable, minAvailable } = spec;
  if (maxUnavailable === undefined && typeof minAvailable !== 'string') {
    return { expectedPods: count, desiredHealthy: minAvailable ?? 1 };
  }
  if ('problem' in scale) return scale;
  const expectedPods = scale.replicas;
  const desired =
    maxUnavailable === undefined
      ? scaled(minAvailable, expectedPods, 'up')
      : expectedPods - scaled(maxUnavailable, expectedPods, 'up');
  return { expectedPods, desiredHealthy: Math.max(0, desired) };
}

/** Evictions allowed whose pods are still there; each counts as disrupted until its time is up. */
function pending({ status }: PodDisruptionBudget, pods: readonly Pod[], nowMs: number) {
  const live = new Map(pods.map((pod) => [nameOf(pod), pod]));
  const disruptedPods: Record<string, string> = {};
  const spared: Pod[] = [];
  let retryAfterMs: number | undefined;
  for (const [name, since] of Object.entries(status?.disruptedPods ?? {})) {
    const pod = live.get(name);
    if (pod === undefined) continue;
    const left = leftOf(since, nowMs);
    if (left <= 0) {
      spared.push(pod);
      continue;
    }
    disruptedPods[name] = since;
    retryAfterMs = Math.min(left, retryAfterMs ?? Infinity);
  }
  return { disruptedPods, spared, retryAfterMs };
}

/**
 * Milliseconds until the pod's condition DisruptionTarget is to be taken back, 0 if that is due;
 * undefined: never. A kubelet that announces an end may take its time.
 */
export function disruptionLeftMs(pod: Pod, nowMs: number): number | undefined {
  if (!podActive(pod)) return undefined;
  const condition = podCondition(pod, 'DisruptionTarget');
  if (condition?.status !== 'True' || condition.reason === 'TerminationByKubelet') return undefined;
  return Math.max(0, leftOf(condition.lastTransitionTime, nowMs));
}

const leftOf = (since: string | undefined, nowMs: number): number =>
  (timeOf(since) ?? 0) + DISRUPTION_TIMEOUT_MS - nowMs;

function withCondition(
  old: readonly Condition[],
  condition: Omit<Condition, 'lastTransitionTime'>,
  nowMs: number,
): readonly Condition[] {
  const before = old.find(({ type }) => type === condition.type);
  const same = before?.status === condition.status;
  const lastTransitionTime = same ? before.lastTransitionTime : formatTime(nowMs);
  const others = old.filter((each) => each !== before);
  return [...others, { ...condition, lastTransitionTime }];
}

/** Absent counts are zero: the server leaves out zeros. */
export function sameStatus(
  a: PodDisruptionBudgetStatus | undefined,
  b: PodDisruptionBudgetStatus,
): boolean {
  const filled = (status: PodDisruptionBudgetStatus): object =>
    Object.fromEntries(Object.entries(status).filter(([, value]) => value !== 0));
  return a !== undefined && deepEqual(filled(a), filled(b));
}
