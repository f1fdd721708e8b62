import {
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../../../api/field-errors.ts';
import type {
  ContainerResourceMetricSource,
  ExternalMetricSource,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
  ObjectMetricSource,
  PodsMetricSource,
  ResourceMetricSource,
} from '../../../../api/types/autoscaling-v2.ts';
import { dns1123Label, pathSegment } from '../../../../api/validation/names.ts';
import { check } from '../checks.ts';
import { quantityOf, validateContainerResourceName } from '../resource-list.ts';
import { type ReferenceRules, validateReference } from './reference.ts';

const metricTypes = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
const targetTypes = ['Utilization', 'Value', 'AverageValue'];

function validateIdentifier(metric: MetricIdentifier | undefined, field: string): FieldError[] {
  const name = metric?.name ?? '';
  if (name === '') return [required(`${field}.name`, 'must specify a metric name')];
  return check(pathSegment, name, `${field}.name`);
}

function validateTarget(target: Partial<MetricTarget>, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const { type = '', averageUtilization } = target;
  if (type === '') errors.push(required(`${field}.type`, 'must specify a metric target type'));
  if (!targetTypes.includes(type)) {
    const detail = 'must be either Utilization, Value, or AverageValue';
    errors.push(invalid(`${field}.type`, type, detail));
  }
  for (const name of ['value', 'averageValue'] as const) {
    const value = target[name];
    if (value === undefined || (quantityOf(value)?.nano ?? 0n) > 0n) continue;
    errors.push(invalid(`${field}.${name}`, value, 'must be positive'));
  }
  if (averageUtilization !== undefined && averageUtilization < 1) {
    errors.push(
      invalid(`${field}.averageUtilization`, averageUtilization, 'must be greater than 0'),
    );
  }
  return errors;
}

const isUnset = ({ value, averageValue }: Partial<MetricTarget>): boolean =>
  value === undefined && averageValue === undefined;

function validateObject(
  { describedObject, metric, target = {} as MetricTarget }: ObjectMetricSource,
  rules: ReferenceRules,
  field: string,
): FieldError[] {
  const errors = [
    ...validateReference(describedObject, rules, `${field}.describedObject`),
    ...validateIdentifier(metric, `${field}.metric`),
    ...validateTarget(target, `${field}.target`),
  ];
  if (!isUnset(target)) return errors;
  const detail = 'must set either a target value or averageValue';
  return [...errors, required(`${field}.target.averageValue`, detail)];
}

function validateExternal(
  { metric, target = {} as MetricTarget }: ExternalMetricSource,
  field: string,
): FieldError[] {
  const errors = [
    ...validateIdentifier(metric, `${field}.metric`),
    ...validateTarget(target, `${field}.target`),
  ];
  if (isUnset(target)) {
    const detail = 'must set either a target value for metric or a per-pod target';
    errors.push(required(`${field}.target.averageValue`, detail));
  }
  if (target.value !== undefined && target.averageValue !== undefined) {
    const detail = 'may not set both a target value for metric and a per-pod target';
    errors.push(forbidden(`${field}.target.value`, detail));
  }
  return errors;
}

function validatePods(
  { metric, target = {} as MetricTarget }: PodsMetricSource,
  field: string,
): FieldError[] {
  const errors = [
    ...validateIdentifier(metric, `${field}.metric`),
    ...validateTarget(target, `${field}.target`),
  ];
  if (target.averageValue !== undefined) return errors;
  const detail = 'must specify a positive target averageValue';
  return [...errors, required(`${field}.target.averageValue`, detail)];
}

function validateUtilization(target: Partial<MetricTarget>, field: string): FieldError[] {
  const { averageUtilization: utilization, averageValue: value } = target;
  const errors = validateTarget(target, field);
  if (utilization === undefined && value === undefined) {
    const detail = 'must set either a target raw value or a target utilization';
    errors.push(required(`${field}.averageUtilization`, detail));
  } else if (utilization !== undefined && value !== undefined) {
    const detail = 'may not set both a target raw value and a target utilization';
    errors.push(forbidden(`${field}.averageValue`, detail));
  }
  return errors;
}

function validateResource({ name, target }: ResourceMetricSource, field: string): FieldError[] {
  const errors = name ? [] : [required(`${field}.name`, 'must specify a resource name')];
  return [...errors, ...validateUtilization(target ?? {}, `${field}.target`)];
}

function validateContainerResource(
  { name, container, target }: ContainerResourceMetricSource,
  field: string,
): FieldError[] {
  return [
    ...(name
      ? validateContainerResourceName(name, `${field}.name`)
      : [required(`${field}.name`, 'must specify a resource name')]),
    ...(container
      ? check(dns1123Label, container, `${field}.container`)
      : [required(`${field}.container`, 'must specify a container')]),
    ...validateUtilization(target ?? {}, `${field}.target`),
  ];
}

/** In Kubernetes' order: of several sources only the first is looked at. */
const sources = ['object', 'external', 'pods', 'resource', 'containerResource'] as const;
type SourceName = (typeof sources)[number];

function validateSource(
  metric: MetricSpec,
  name: SourceName,
  at: { readonly field: string; readonly rules: ReferenceRules },
): FieldError[] {
  const field = `${at.field}.${name}`;
  switch (name) {
    case 'object':
      return validateObject(metric.object!, at.rules, field);
    case 'external':
      return validateExternal(metric.external!, field);
    case 'pods':
      return validatePods(metric.pods!, field);
    case 'resource':
      return validateResource(metric.resource!, field);
    case 'containerResource':
      return validateContainerResource(metric.containerResource!, field);
  }
}

function validateMetric(metric: MetricSpec, rules: ReferenceRules, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const { type = '' } = metric;
  if (type === '') errors.push(required(`${field}.type`, 'must specify a metric source type'));
  const known = metricTypes.includes(type);
  if (!known) errors.push(notSupported(`${field}.type`, type, metricTypes));
  const present = sources.filter((name) => metric[name] !== undefined);
  if (present[0] !== undefined) {
    errors.push(...validateSource(metric, present[0], { field, rules }));
  }
  const expected = type.charAt(0).toLowerCase() + type.slice(1);
  if (known && !present.includes(expected as SourceName)) {
    const detail = 'must populate information for the given metric source';
    errors.push(required(`${field}.${expected}`, detail));
  }
  if (present.length === 1) return errors;
  const others = present.filter((name) => name !== expected);
  const detail = 'must populate the given metric source only';
  return [...errors, ...others.map((name) => forbidden(`${field}.${name}`, detail))];
}

export function validateMetrics(
  metrics: readonly MetricSpec[],
  rules: ReferenceRules,
  field: string,
): FieldError[] {
  return metrics.flatMap((metric, i) => validateMetric(metric, rules, `${field}[${i}]`));
}
