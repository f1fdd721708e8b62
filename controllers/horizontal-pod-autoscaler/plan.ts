/** The autoscaler's decision: what the metrics ask for, within bounds, windows and policies. */
import { formatTime } from '../../api/time.ts';
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerCondition,
  HorizontalPodAutoscalerStatus,
  MetricSpec,
  MetricStatus,
} from '../../api/types/autoscaling-v2.ts';
import type { EventText } from '../../client/event-recorder.ts';
import { normalize, type ScalingHistory } from './behavior.ts';
import type { MetricOutcome, ValidOutcome } from './metric-outcome.ts';
import type { SelectorProblem } from './selectors.ts';

export interface AutoscalerState {
  readonly autoscaler: HorizontalPodAutoscaler;
  /** spec.replicas of the target. */
  readonly current: number;
  /** Asked for only if the target is to be scaled by metrics. */
  readonly metrics: () => readonly MetricOutcome[] | SelectorProblem;
  readonly history: ScalingHistory;
  readonly nowMs: number;
  /** The time of the history. */
  readonly monotonicMs: number;
}

export interface AutoscalerPlan {
  readonly desired: number;
  /** Why replicas change; absent if they stay. */
  readonly rescale?: string;
  readonly status: HorizontalPodAutoscalerStatus;
  readonly events: readonly EventText[];
  /** What the metrics asked for, to be remembered. */
  readonly recommendation?: number;
}

export interface ConditionChange {
  readonly type: 'AbleToScale' | 'ScalingActive' | 'ScalingLimited';
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

const gotScale: ConditionChange = {
  type: 'AbleToScale',
  status: 'True',
  reason: 'SucceededGetScale',
  message: "the HPA controller was able to get the target's current scale",
};

export function planAutoscaler(state: AutoscalerState): AutoscalerPlan {
  const { autoscaler, current } = state;
  const { minReplicas = 1, maxReplicas } = autoscaler.spec;
  if (current === 0 && minReplicas !== 0) {
    const message = 'scaling is disabled since the replica count of the target is zero';
    const disabled = { type: 'ScalingActive', status: 'False', reason: 'ScalingDisabled' } as const;
    return outcome(state, { desired: 0, conditions: [gotScale, { ...disabled, message }] });
  }
  const outOfBounds = (desired: number, side: string): AutoscalerPlan =>
    outcome(state, {
      desired,
      conditions: [gotScale],
      rescale: `Current number of replicas ${side}`,
    });
  if (current > maxReplicas) return outOfBounds(maxReplicas, 'above Spec.MaxReplicas');
  if (current < minReplicas) return outOfBounds(minReplicas, 'below Spec.MinReplicas');
  return planByMetrics(state);
}

function planByMetrics(state: AutoscalerState): AutoscalerPlan {
  const { autoscaler, current, history, monotonicMs } = state;
  const outcomes = state.metrics();
  if ('kind' in outcomes) return planWithoutSelector(state, outcomes);
  const invalid = outcomes.filter((each) => each.kind === 'invalid');
  const valid = outcomes.filter((each) => each.kind === 'valid');
  const warnings = invalid.map(({ reason, message }): EventText => ({
    type: 'Warning',
    reason,
    message,
  }));
  // As in Kubernetes: one that asks for none gives way to the next, whatever that asks for.
  const better = (a: number, b: number): boolean => a === 0 || b > a;
  const best = valid.reduce((a, b) => (better(a.replicas, b.replicas) ? b : a), valid[0]!);
  // As in Kubernetes: nothing is told of those that failed.
  const currentMetrics = outcomes.map((each) =>
    each.kind === 'valid' ? each.status : { type: '' },
  );
  // A metric nobody knows might have asked for more: only what the others raise is done.
  const blind = invalid.length > 0 && (valid.length === 0 || best.replicas < current);
  if (blind) {
    const [first] = invalid;
    const { reason, message: cause, failure: told = cause } = first!;
    const count = `${invalid.length} invalid out of ${outcomes.length}`;
    const value = valueText(autoscaler.spec.metrics?.[outcomes.indexOf(first!)]);
    const failure = `invalid metrics (${count}), first error is: failed to get ${value}: ${told}`;
    const message = `the HPA was unable to compute the replica count: ${cause}`;
    const inactive = { type: 'ScalingActive', status: 'False', reason, message } as const;
    const summary: EventText = {
      type: 'Warning',
      reason: 'FailedComputeMetricsReplicas',
      message: failure,
    };
    return outcome(state, {
      desired: current,
      conditions: [gotScale, inactive],
      events: [...warnings, summary],
      currentMetrics,
      // The wish of before stays.
      shown: autoscaler.status?.desiredReplicas ?? 0,
    });
  }
  const { limited, stabilized } = normalize(
    autoscaler.spec,
    { current, desired: best.replicas, nowMs: monotonicMs },
    history,
  );
  const conditions: ConditionChange[] = [
    { type: 'AbleToScale', status: 'True', ...stabilized },
    {
      type: 'ScalingActive',
      status: 'True',
      reason: 'ValidMetricFound',
      message: `the HPA was able to successfully calculate a replica count from ${best.name}`,
    },
    {
      type: 'ScalingLimited',
      status: limited.reason === 'DesiredWithinRange' ? 'False' : 'True',
      reason: limited.reason,
      message: limited.message,
    },
  ];
  const desired = limited.replicas;
  return outcome(state, {
    desired,
    conditions,
    events: warnings,
    currentMetrics,
    recommendation: best.replicas,
    ...(desired === current ? {} : { rescale: reasonOf(best, current) }),
  });
}

/** Of what the metrics ask for, not of what comes of it: that they ask to stay is no reason. */
function reasonOf({ replicas, name }: ValidOutcome, current: number): string {
  if (replicas === current) return '';
  return replicas > current ? `${name} above target` : 'All metrics below target';
}

function planWithoutSelector(state: AutoscalerState, problem: SelectorProblem): AutoscalerPlan {
  const { reason, message, condition = problem } = problem;
  const warning = { type: 'Warning', message } as const;
  return outcome(state, {
    desired: state.current,
    conditions: [
      gotScale,
      {
        type: 'ScalingActive',
        status: 'False',
        reason: condition.reason,
        message: condition.message,
      },
    ],
    events: [
      { ...warning, reason },
      { ...warning, reason: 'FailedComputeMetricsReplicas' },
    ],
    shown: state.autoscaler.status?.desiredReplicas ?? 0,
  });
}

/** What could not be had, in Kubernetes' words. */
function valueText(spec: MetricSpec | undefined): string {
  switch (spec?.type) {
    case 'Resource':
      return `${spec.resource?.name} resource metric value`;
    case 'ContainerResource':
      return `${spec.containerResource?.container} container metric value`;
    case 'Pods':
      return 'pods metric value';
    case 'Object':
      return 'object metric value';
    case 'External':
      return `${spec.external?.metric.name} external metric value`;
    default:
      return 'metric value';
  }
}

interface Outcome {
  readonly desired: number;
  readonly conditions: readonly ConditionChange[];
  readonly rescale?: string;
  readonly events?: readonly EventText[];
  readonly currentMetrics?: readonly MetricStatus[];
  /** What the status tells of what is desired, if not that. */
  readonly shown?: number;
  readonly recommendation?: number;
}

function outcome({ autoscaler, current, nowMs }: AutoscalerState, of: Outcome): AutoscalerPlan {
  const { status: old, metadata } = autoscaler;
  const { currentMetrics } = of;
  const { generation } = metadata;
  return {
    desired: of.desired,
    ...(of.rescale === undefined ? {} : { rescale: of.rescale }),
    ...(of.recommendation === undefined ? {} : { recommendation: of.recommendation }),
    events: of.events ?? [],
    status: {
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      ...(old?.lastScaleTime === undefined ? {} : { lastScaleTime: old.lastScaleTime }),
      currentReplicas: current,
      desiredReplicas: of.shown ?? of.desired,
      ...(currentMetrics === undefined ? {} : { currentMetrics }),
      conditions: withConditions(old?.conditions ?? [], of.conditions, nowMs),
    },
  };
}

/** A condition's time is that of its last change of status. */
export function withConditions(
  old: readonly HorizontalPodAutoscalerCondition[],
  changes: readonly ConditionChange[],
  nowMs: number,
): readonly HorizontalPodAutoscalerCondition[] {
  const merged = new Map(old.map((condition) => [condition.type, condition]));
  for (const change of changes) {
    const before = merged.get(change.type);
    const same = before?.status === change.status;
    const lastTransitionTime = (same && before.lastTransitionTime) || formatTime(nowMs);
    merged.set(change.type, { ...change, lastTransitionTime });
  }
  return [...merged.values()];
}
