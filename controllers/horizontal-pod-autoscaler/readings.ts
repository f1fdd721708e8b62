/**
 * Metrics of type Pods, Object and External: what they were read as, and how many replicas that
 * asks for. Names, conditions and faults are in Kubernetes' words, its slips included.
 */
import { milliValue } from '../../api/quantity.ts';
import type { MetricIdentifier, MetricSpec } from '../../api/types/autoscaling-v2.ts';
import type { LabelSelector } from '../../api/types/meta-v1.ts';
import {
  invalid,
  type MetricInput,
  type MetricOutcome,
  type Reading,
  shownMilli,
} from './metric-outcome.ts';
import type { MetricsApis } from './metrics-apis.ts';
import type { PodMetricMap } from './pods.ts';
import { byAverageValue, byShare, byTotal, NoMetricError } from './replicas.ts';

/** Undefined for metrics of resources, which the caller reads itself. */
export async function readMetric(
  apis: MetricsApis,
  spec: MetricSpec,
  { namespace, selector }: { readonly namespace: string; readonly selector: string },
): Promise<Reading | undefined> {
  const { type, pods, object, external } = spec;
  try {
    if (type === 'Pods' && pods !== undefined)
      return await apis.ofPods(namespace, selector, pods.metric);
    if (type === 'Object' && object !== undefined)
      return await apis.ofObject(namespace, object.describedObject, object.metric);
    if (type === 'External' && external !== undefined)
      return await apis.external(namespace, external.metric);
    return undefined;
  } catch (error) {
    if (!(error instanceof NoMetricError)) throw error;
    return new NoMetricError(unread(spec, namespace)(error.message));
  }
}

/** What could not be had of what, around the reason. */
function unread(
  { object, external, pods }: MetricSpec,
  namespace: string,
): (cause: string) => string {
  if (external !== undefined) {
    const { name, selector } = external.metric;
    const what = `unable to get external metric ${namespace}/${name}/${goText(selector)}`;
    return (cause) => `${what}: ${cause}`;
  }
  if (object !== undefined) {
    const { kind, name } = object.describedObject;
    // In Kubernetes' order of words (pkg/controller/podautoscaler/replica_calculator.go).
    const what = `unable to get metric ${object.metric.name}: ${kind} on ${namespace} ${name}`;
    return (cause) => `${what}/${cause}`;
  }
  return (cause) => `unable to get metric ${pods?.metric.name}: ${cause}`;
}

export function evaluateReading(
  spec: MetricSpec,
  input: MetricInput,
  reading: Reading | undefined,
): MetricOutcome | undefined {
  const { type, pods, object, external } = spec;
  try {
    if (type === 'Pods' && pods !== undefined) return ofPods(pods, input, reading);
    if (type === 'Object' && object !== undefined) return ofObject(object, input, reading);
    if (type === 'External' && external !== undefined) return ofExternal(external, input, reading);
    return undefined;
  } catch (error) {
    if (!(error instanceof NoMetricError)) throw error;
    const { target, metric } = (pods ?? object ?? external)!;
    const about = attempted(type, metric, target.averageValue !== undefined);
    const failure = about === undefined ? {} : { failure: `${about}: ${error.message}` };
    return { ...invalid(`FailedGet${type}Metric`, error.message), ...failure };
  }
}

/** What FailedComputeMetricsReplicas tells before the fault itself, where it does. */
function attempted(type: string, { name }: MetricIdentifier, isShare: boolean): string | undefined {
  if (type === 'Pods') return undefined;
  if (isShare) return `failed to get ${name} ${type.toLowerCase()} metric`;
  return type === 'External' ? `failed to get external metric ${name}` : undefined;
}

function ofPods(
  { metric, target }: NonNullable<MetricSpec['pods']>,
  input: MetricInput,
  reading: Reading | undefined,
): MetricOutcome {
  const metrics = measured(reading) as PodMetricMap;
  const asked = { ...input, metrics, resource: '' };
  const { replicas, averageMilli } = byAverageValue(asked, milliValue(target.averageValue ?? 0));
  const current = { averageValue: shownMilli(averageMilli) };
  const status = { type: 'Pods', pods: { metric, current } };
  return { kind: 'valid', replicas, name: `pods metric ${metric.name}`, status };
}

function ofObject(
  { metric, target, describedObject }: NonNullable<MetricSpec['object']>,
  input: MetricInput,
  reading: Reading | undefined,
): MetricOutcome {
  const usage = measured(reading) as number;
  const told = { metric, describedObject };
  if (target.type === 'Value' && target.value !== undefined) {
    const replicas = byTotal(input, usage, milliValue(target.value));
    const name = `${describedObject.kind} metric ${metric.name}`;
    const current = { value: shownMilli(usage) };
    return {
      kind: 'valid',
      replicas,
      name,
      status: { type: 'Object', object: { ...told, current } },
    };
  }
  if (target.type === 'AverageValue' && target.averageValue !== undefined) {
    const share = byShare(input, usage, milliValue(target.averageValue));
    const current = { averageValue: shownMilli(share.averageMilli) };
    const status = { type: 'Object', object: { ...told, current } };
    return { kind: 'valid', replicas: share.replicas, name: nameOfShare(metric), status };
  }
  return invalid('FailedGetObjectMetric', noTarget('object'));
}

function ofExternal(
  { metric, target }: NonNullable<MetricSpec['external']>,
  input: MetricInput,
  reading: Reading | undefined,
): MetricOutcome {
  const usage = measured(reading) as number;
  const name = nameOfShare(metric);
  if (target.averageValue !== undefined) {
    const share = byShare(input, usage, milliValue(target.averageValue));
    const current = { averageValue: shownMilli(share.averageMilli) };
    const status = { type: 'External', external: { metric, current } };
    return { kind: 'valid', replicas: share.replicas, name, status };
  }
  if (target.value !== undefined) {
    const replicas = byTotal(input, usage, milliValue(target.value));
    const current = { value: shownMilli(usage) };
    const status = { type: 'External', external: { metric, current } };
    return { kind: 'valid', replicas, name, status };
  }
  return invalid('FailedGetExternalMetric', noTarget('external'));
}

/** Kubernetes calls an object's metric external here, too. */
const nameOfShare = ({ name, selector }: MetricIdentifier): string =>
  `external metric ${name}(${goText(selector)})`;

const noTarget = (what: string): string =>
  `invalid ${what} metric source: neither a value target nor an average value target was set`;

function measured(reading: Reading | undefined): PodMetricMap | number {
  if (reading instanceof NoMetricError) throw reading;
  if (reading === undefined) throw new NoMetricError('it was not read');
  return reading;
}

/** A selector as Go prints it. */
function goText(selector: LabelSelector | undefined): string {
  if (selector === undefined) return 'nil';
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const labels = Object.entries(matchLabels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`);
  const terms = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  return (
    `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},` +
    `MatchExpressions:[]LabelSelectorRequirement{${terms.join('')}},}`
  );
}
