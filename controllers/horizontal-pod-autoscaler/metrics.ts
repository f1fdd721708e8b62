/** What one entry of spec.metrics asks for, in replicas, and what it shows in the status. */
import { milliValue } from '../../api/quantity.ts';
import type { PodMetrics } from '../../api/metrics.ts';
import { parseTime } from '../../api/time.ts';
import type { MetricSpec, MetricStatus, MetricTarget } from '../../api/types/autoscaling-v2.ts';
import { invalid, type MetricInput, type MetricOutcome, shownMilli } from './metric-outcome.ts';
import { evaluateReading } from './readings.ts';
import { MissingRequestError, type PodMetric, type PodMetricMap } from './pods.ts';
import { byAverageValue, byUtilization, NoMetricError, type ReplicaProposal } from './replicas.ts';

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
  return (
    evaluateReading(spec, input, input.readings.get(spec)) ??
    invalid('InvalidMetricSourceType', `unknown metric source type "${spec.type}"`)
  );
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
  const told = ({ averageMilli, utilization }: ReplicaProposal): MetricStatus =>
    statusOf({
      averageValue: shownMilli(averageMilli, resource),
      ...(utilization === undefined ? {} : { averageUtilization: utilization }),
    });
  try {
    const metrics = readMetrics(podMetrics, resource, container);
    const asked = { ...rest, metrics, resource, ...(container === undefined ? {} : { container }) };
    if (target.averageValue !== undefined) {
      const proposal = byAverageValue(asked, milliValue(target.averageValue));
      return valid(proposal, `${resource} resource`, told);
    }
    if (target.averageUtilization === undefined) {
      const message =
        'neither an average utilization target nor an average value (usage) target was set';
      return invalid(reason, `invalid resource metric source: ${message}`);
    }
    const proposal = byUtilization(asked, target.averageUtilization);
    const what = container === undefined ? 'resource' : 'container resource';
    return valid(proposal, `${resource} ${what} utilization (percentage of request)`, told);
  } catch (error) {
    const expected = error instanceof NoMetricError || error instanceof MissingRequestError;
    if (!expected) throw error;
    const kind = target.averageValue === undefined ? 'utilization' : 'usage';
    return invalid(reason, `failed to get ${resource} ${kind}: ${error.message}`);
  }
}

function valid(
  proposal: ReplicaProposal,
  name: string,
  told: (proposal: ReplicaProposal) => MetricStatus,
): MetricOutcome {
  return { kind: 'valid', replicas: proposal.replicas, name, status: told(proposal) };
}

/** Usage by pod; a pod with a container that was not measured counts as not measured. */
function readMetrics(
  podMetrics: readonly PodMetrics[] | NoMetricError,
  resource: string,
  container: string | undefined,
): PodMetricMap {
  const what = `unable to get metrics for resource ${resource}`;
  if (podMetrics instanceof NoMetricError)
    throw new NoMetricError(`${what}: ${podMetrics.message}`);
  if (podMetrics.length === 0)
    throw new NoMetricError(`${what}: no metrics returned from resource metrics API`);
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
