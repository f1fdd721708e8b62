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

export type MetricOutcome =
  | {
      readonly kind: 'valid';
      readonly replicas: number;
      /** For people: "cpu resource utilization (percentage of request)". */
      readonly name: string;
      readonly status: MetricStatus;
    }
  /** `reason` of the event, and of the condition ScalingActive. */
  | {
      readonly kind: 'invalid';
      readonly reason: string;
      readonly message: string;
      /** What FailedComputeMetricsReplicas tells, where that is more than the message. */
      readonly failure?: string;
    };

/** What there is to judge a metric by; `podMetrics` is undefined if nobody serves them. */
export interface MetricInput extends Omit<ReplicaInput, 'metrics' | 'resource' | 'container'> {
  readonly podMetrics: readonly PodMetrics[] | undefined;
  /** status.replicas of the target. */
  readonly replicas: number;
  /** What extension servers told of the metrics that are none of resources. */
  readonly readings: Readings;
}

/** Canonical: 1500 thousandths are "1500m", 2000 are "2". */
export const shownMilli = (milli: number): string => formatQuantity(parseQuantity(`${milli}m`));

export const invalid = (
  reason: string,
  message: string,
): Extract<MetricOutcome, { kind: 'invalid' }> => ({ kind: 'invalid', reason, message });
