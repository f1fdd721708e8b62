/** What one entry of spec.metrics asks for, in replicas, and what it shows in the status. */
import { formatQuantity, milliValue, parseQuantity } from '../../api/quantity.ts';
import type { PodMetrics } from '../../api/metrics.ts';
import { parseTime } from '../../api/time.ts';
import type { MetricSpec, MetricStatus, MetricTarget } from '../../api/types/autoscaling-v2.ts';
import { MissingRequestError, type PodMetric, type PodMetricMap } from './pods.ts';
import {
  byAverageValue,
  byUtilization,
  NoMetricError,
  type ReplicaInput,
  type ReplicaProposal,
} from './replicas.ts';

export type MetricOutcome =
  | {
      readonly kind: 'valid';
      readonly replicas: number;
      /** For people: "cpu resource utilization (percentage of request)". */
      readonly name: string;
      readonly status: MetricStatus;
    }
  /** `reason` of the event, and of the condition ScalingActive. */
  | { readonly kind: 'invalid'; readonly reason: string; readonly message: string };

/** What there is to judge a metric by; `podMetrics` is undefined if nobody serves them. */
export interface MetricInput extends Omit<ReplicaInput, 'metrics' | 'resource' | 'container'> {
  readonly podMetrics: readonly PodMetrics[] | undefined;
}

/** Kinds of metrics whose APIs are not served, and what reading them would fail with. */
const notServed: Readonly<Record<string, { readonly reason: string; readonly api: string }>> = {
  Pods: { reason: 'FailedGetPodsMetric', api: 'custom metrics API' },
  Object: { reason: 'FailedGetObjectMetric', api: 'custom metrics API' },
  External: { reason: 'FailedGetExternalMetric', api: 'external metrics API' },
};

export function evaluate(spec: MetricSpec, input: MetricInput): MetricOutcome {
  const { resource, containerResource } = spec;
  if (resource !== undefined) {
    const { name, target } = resource;
    return evaluateResource(input, { resource: name, target }, (current) => ({
      type: spec.type,
      resource: { name, current },
    }));
  }
  if (containerResource !== undefined) {
    const { name, container, target } = containerResource;
    return evaluateResource(input, { resource: name, container, target }, (current) => ({
      type: spec.type,
      containerResource: { name, container, current },
    }));
  }
  const known = notServed[spec.type];
  const metric = (spec.pods ?? spec.object ?? spec.external)?.metric.name ?? '';
  if (known === undefined)
    return invalid('InvalidMetricSourceType', `unknown metric source type "${spec.type}"`);
  const group = `${known.api.split(' ')[0]}.metrics.k8s.io`;
  const cause = `no ${known.api} (${group}) registered`;
  const what = `unable to get metric ${metric}: unable to fetch metrics from ${known.api}`;
  return invalid(known.reason, `${what}: ${cause}`);
}

interface ResourceMetric {
  readonly resource: string;
  readonly container?: string;
  readonly target: MetricTarget;
}

type Shown = { readonly averageUtilization?: number; readonly averageValue: string };

function evaluateResource(
  input: MetricInput,
  metric: ResourceMetric,
  statusOf: (current: Shown) => MetricStatus,
): MetricOutcome {
  const { resource, container, target } = metric;
  const reason =
    container === undefined ? 'FailedGetResourceMetric' : 'FailedGetContainerResourceMetric';
  const { podMetrics, ...rest } = input;
  try {
    const metrics = readMetrics(podMetrics, resource, container);
    const asked = { ...rest, metrics, resource, ...(container === undefined ? {} : { container }) };
    if (target.averageValue !== undefined) {
      const proposal = byAverageValue(asked, milliValue(target.averageValue));
      return valid(proposal, `${resource} resource`, statusOf);
    }
    if (target.averageUtilization === undefined) {
      const message = 'neither a utilization target nor a value target was set';
      return invalid(reason, `invalid resource metric source: ${message}`);
    }
    const proposal = byUtilization(asked, target.averageUtilization);
    const what = container === undefined ? 'resource' : 'container resource';
    return valid(proposal, `${resource} ${what} utilization (percentage of request)`, statusOf);
  } catch (error) {
    const expected = error instanceof NoMetricError || error instanceof MissingRequestError;
    if (!expected) throw error;
    const kind = target.averageValue === undefined ? 'utilization' : 'usage';
    return invalid(reason, `failed to get ${resource} ${kind}: ${error.message}`);
  }
}

function valid(
  { replicas, averageMilli, utilization }: ReplicaProposal,
  name: string,
  statusOf: (current: Shown) => MetricStatus,
): MetricOutcome {
  const averageValue = formatQuantity(parseQuantity(`${averageMilli}m`));
  const current = {
    averageValue,
    ...(utilization === undefined ? {} : { averageUtilization: utilization }),
  };
  return { kind: 'valid', replicas, name, status: statusOf(current) };
}

const invalid = (reason: string, message: string): MetricOutcome => ({
  kind: 'invalid',
  reason,
  message,
});

/** Usage by pod; a pod with a container that was not measured counts as not measured. */
function readMetrics(
  podMetrics: readonly PodMetrics[] | undefined,
  resource: string,
  container: string | undefined,
): PodMetricMap {
  const what = `unable to get metrics for resource ${resource}`;
  if (podMetrics === undefined || podMetrics.length === 0) {
    const cause =
      podMetrics === undefined
        ? 'unable to fetch metrics from resource metrics API: ' +
          'the server could not find the requested resource (get pods.metrics.k8s.io)'
        : 'no metrics returned from resource metrics API';
    throw new NoMetricError(`${what}: ${cause}`);
  }
  const usage = new Map<string, PodMetric>();
  for (const { metadata, containers, timestamp, window } of podMetrics) {
    const counted = containers.filter(({ name }) => container === undefined || name === container);
    const amounts = counted.map((each) => each.usage[resource]);
    if (amounts.length === 0 || amounts.includes(undefined)) continue;
    usage.set(metadata.name ?? '', {
      milli: amounts.reduce((sum, amount) => sum + milliValue(amount ?? 0), 0),
      timestampMs: parseTime(timestamp) ?? 0,
      windowMs: secondsOf(window) * 1000,
    });
  }
  return usage;
}

/** Of Go's "15s" or "1m30s"; what is no duration counts as none. */
function secondsOf(duration: string): number {
  const units = { h: 3600, m: 60, s: 1 };
  const parts = duration.matchAll(/(\d+(?:\.\d+)?)([hms])(?![a-z])/g);
  return [...parts].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * units[unit as keyof typeof units],
    0,
  );
}
