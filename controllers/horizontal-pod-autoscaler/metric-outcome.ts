/** What one entry of spec.metrics comes to, and what it is judged by. */
import { formatQuantity, parseQuantity } from '../../api/quantity.ts';
import type { PodMetrics } from '../../api/metrics.ts';
import type { MetricSpec, MetricStatus } from '../../api/types/autoscaling-v2.ts';
import type { PodMetricMap } from './pods.ts';
import type { NoMetricError, ReplicaInput } from './replicas.ts';

/** What a server answered: by pod, one amount in thousandths, or a fault for people to read. */
export type Reading = PodMetricMap | number | NoMetricError;
/** By the entry of spec.metrics. */
export type Readings = ReadonlyMap<MetricSpec, Reading | undefined>;

export interface ValidOutcome {
  readonly kind: 'valid';
  readonly replicas: number;
  /** For people: "cpu resource utilization (percentage of request)". */
  readonly name: string;
  readonly status: MetricStatus;
}

export type MetricOutcome =
  | ValidOutcome
  /** `reason` of the event, and of the condition ScalingActive. */
  | {
      readonly kind: 'invalid';
      readonly reason: string;
      readonly message: string;
      /** What FailedComputeMetricsReplicas tells, where that is more than the message. */
      readonly failure?: string;
    };

/** What there is to judge a metric by; `podMetrics` is why they were not to be had. */
export interface MetricInput extends Omit<ReplicaInput, 'metrics' | 'resource' | 'container'> {
  readonly podMetrics: readonly PodMetrics[] | NoMetricError;
  /** status.replicas of the target. */
  readonly replicas: number;
  /** What extension servers told of the metrics that are none of resources. */
  readonly readings: Readings;
}

/** Canonical: 1500 thousandths are "1500m", 2000 are "2"; 2048000 of bytes are "2Ki". */
export function shownMilli(milli: number, resource?: string): string {
  const { nano, format } = parseQuantity(`${milli}m`);
  return formatQuantity({ nano, format: resource === 'memory' ? 'BinarySI' : format });
}

export const invalid = (
  reason: string,
  message: string,
): Extract<MetricOutcome, { kind: 'invalid' }> => ({ kind: 'invalid', reason, message });
