/**
 * From what metrics propose to what is done: recommendations are stabilized over a window, and
 * policies limit how fast replicas come and go (KEP-853). Without `spec.behavior` Kubernetes keeps
 * to its older rules: five minutes of stabilization downwards, doubling (or 4) upwards.
 */
import type {
  HPAScalingPolicy,
  HPAScalingRules,
  HorizontalPodAutoscalerSpec,
} from '../../api/types/autoscaling-v2.ts';

export const DOWNSCALE_STABILIZATION_MS = 300_000;

export interface Recommendation {
  readonly replicas: number;
  readonly atMs: number;
}

/** How many replicas came or went, and when. */
export interface ScaleEvent {
  readonly change: number;
  readonly atMs: number;
}

export interface ScalingHistory {
  readonly recommendations: readonly Recommendation[];
  readonly ups: readonly ScaleEvent[];
  readonly downs: readonly ScaleEvent[];
}

export interface Limited {
  readonly replicas: number;
  /** Of the condition ScalingLimited; "DesiredWithinRange" says it is not the case. */
  readonly reason: string;
  readonly message: string;
}

export interface Normalized {
  readonly limited: Limited;
  /** Of the condition AbleToScale. */
  readonly stabilized: { readonly reason: string; readonly message: string };
}

export interface Bounds {
  readonly current: number;
  readonly desired: number;
  readonly nowMs: number;
}

const settled = {
  reason: 'ReadyForNewScale',
  message: 'recommended size matches current size',
};
const heldUp = {
  reason: 'ScaleUpStabilized',
  message:
    'recent recommendations were lower than current one, applying the lowest recent recommendation',
};
const heldDown = {
  reason: 'ScaleDownStabilized',
  message:
    'recent recommendations were higher than current one, applying the highest recent recommendation',
};

const IN_RANGE = 'the desired count is within the acceptable range';
const UP_TOO_FAST = 'the desired replica count is increasing faster than the maximum scale rate';
const DOWN_TOO_FAST = 'the desired replica count is decreasing faster than the maximum scale rate';
const TOO_MANY = 'the desired replica count is more than the maximum replica count';
const TOO_FEW = 'the desired replica count is less than the minimum replica count';

export function normalize(
  spec: HorizontalPodAutoscalerSpec,
  bounds: Bounds,
  history: ScalingHistory,
): Normalized {
  const { scaleUp = {}, scaleDown = {} } = spec.behavior ?? {};
  const upWindow = spec.behavior === undefined ? undefined : windowMs(scaleUp, 0);
  const downWindow = windowMs(scaleDown, DOWNSCALE_STABILIZATION_MS);
  const recommended = stabilize(bounds, history, { upWindow, downWindow });
  const stabilized =
    recommended === bounds.desired ? settled : recommended > bounds.desired ? heldDown : heldUp;
  const at = { ...bounds, desired: recommended };
  const limited =
    spec.behavior === undefined
      ? limitPlainly(spec, at)
      : limitByPolicies(spec, at, { history, scaleUp, scaleDown });
  return { limited, stabilized };
}

const windowMs = ({ stabilizationWindowSeconds }: HPAScalingRules, fallback: number): number =>
  stabilizationWindowSeconds === undefined ? fallback : stabilizationWindowSeconds * 1000;

interface Windows {
  /** Undefined: upwards nothing is stabilized, and downwards the highest counts alone. */
  readonly upWindow: number | undefined;
  readonly downWindow: number;
}

function stabilize(
  { current, desired, nowMs }: Bounds,
  { recommendations }: ScalingHistory,
  { upWindow, downWindow }: Windows,
): number {
  let lowest = desired;
  let highest = desired;
  for (const { replicas, atMs } of recommendations) {
    if (upWindow !== undefined && atMs > nowMs - upWindow) lowest = Math.min(lowest, replicas);
    if (atMs > nowMs - downWindow) highest = Math.max(highest, replicas);
  }
  if (upWindow === undefined) return highest;
  return Math.min(Math.max(current, lowest), highest);
}

function limitPlainly(
  { minReplicas = 1, maxReplicas }: HorizontalPodAutoscalerSpec,
  { current, desired }: Bounds,
): Limited {
  const upLimit = Math.max(2 * current, 4);
  const most = Math.min(upLimit, maxReplicas);
  if (desired < minReplicas)
    return { replicas: minReplicas, reason: 'TooFewReplicas', message: TOO_FEW };
  if (desired <= most)
    return { replicas: desired, reason: 'DesiredWithinRange', message: IN_RANGE };
  return maxReplicas > upLimit
    ? { replicas: most, reason: 'ScaleUpLimit', message: UP_TOO_FAST }
    : { replicas: most, reason: 'TooManyReplicas', message: TOO_MANY };
}

interface Rules {
  readonly history: ScalingHistory;
  readonly scaleUp: HPAScalingRules;
  readonly scaleDown: HPAScalingRules;
}

function limitByPolicies(
  { minReplicas = 1, maxReplicas }: HorizontalPodAutoscalerSpec,
  { current, desired, nowMs }: Bounds,
  { history, scaleUp, scaleDown }: Rules,
): Limited {
  if (desired > current) {
    const upLimit = Math.max(current, limitOf(scaleUp, upwards(current, history, nowMs)));
    const most = Math.min(upLimit, maxReplicas);
    if (desired > most)
      return maxReplicas > upLimit
        ? { replicas: most, reason: 'ScaleUpLimit', message: UP_TOO_FAST }
        : { replicas: most, reason: 'TooManyReplicas', message: TOO_MANY };
  } else if (desired < current) {
    const downLimit = Math.min(current, limitOf(scaleDown, downwards(current, history, nowMs)));
    const least = Math.max(downLimit, minReplicas);
    if (desired < least)
      return minReplicas < downLimit
        ? { replicas: least, reason: 'ScaleDownLimit', message: DOWN_TOO_FAST }
        : { replicas: least, reason: 'TooFewReplicas', message: TOO_FEW };
  } else if (desired > maxReplicas)
    return { replicas: maxReplicas, reason: 'TooManyReplicas', message: TOO_MANY };
  return { replicas: desired, reason: 'DesiredWithinRange', message: IN_RANGE };
}

interface Direction {
  readonly current: number;
  /** Where one policy lets the replicas get. */
  readonly reach: (policy: HPAScalingPolicy) => number;
  /** The boldest of several. */
  readonly boldest: (limits: readonly number[]) => number;
  readonly shyest: (limits: readonly number[]) => number;
}

function limitOf({ policies = [], selectPolicy }: HPAScalingRules, to: Direction): number {
  if (selectPolicy === 'Disabled' || policies.length === 0) return to.current;
  const limits = policies.map(to.reach);
  return selectPolicy === 'Min' ? to.shyest(limits) : to.boldest(limits);
}

function changedWithin(events: readonly ScaleEvent[], sinceMs: number): number {
  return events.reduce((sum, { change, atMs }) => (atMs > sinceMs ? sum + change : sum), 0);
}

/** The replicas there were when the policy's period began. */
function startOf(current: number, history: ScalingHistory, sinceMs: number): number {
  const { ups, downs } = history;
  return current - changedWithin(ups, sinceMs) + changedWithin(downs, sinceMs);
}

function upwards(current: number, history: ScalingHistory, nowMs: number): Direction {
  return {
    current,
    reach({ type, value, periodSeconds }) {
      const start = startOf(current, history, nowMs - periodSeconds * 1000);
      return type === 'Pods' ? start + value : Math.ceil(start * (1 + value / 100));
    },
    boldest: (limits) => Math.max(...limits),
    shyest: (limits) => Math.min(...limits),
  };
}

function downwards(current: number, history: ScalingHistory, nowMs: number): Direction {
  return {
    current,
    reach({ type, value, periodSeconds }) {
      const start = startOf(current, history, nowMs - periodSeconds * 1000);
      return type === 'Pods' ? start - value : Math.trunc(start * (1 - value / 100));
    },
    boldest: (limits) => Math.min(...limits),
    shyest: (limits) => Math.max(...limits),
  };
}
