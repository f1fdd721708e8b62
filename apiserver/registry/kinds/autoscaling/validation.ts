import {
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../../../api/field-errors.ts';
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerSpec,
  HPAScalingPolicy,
  HPAScalingRules,
} from '../../../../api/types/autoscaling-v2.ts';
import { quantityOf } from '../resource-list.ts';
import { validateMetrics } from './metrics-validation.ts';
import { type ReferenceRules, validateReference, versionFault } from './reference.ts';

const MAX_PERIOD_SECONDS = 1800;
const MAX_WINDOW_SECONDS = 3600;

function validatePolicy(policy: HPAScalingPolicy, field: string): FieldError[] {
  const { type = '', value = 0, periodSeconds = 0 } = policy;
  const errors: FieldError[] = [];
  if (type !== 'Pods' && type !== 'Percent') {
    errors.push(notSupported(`${field}.type`, type, ['Percent', 'Pods']));
  }
  if (value <= 0) errors.push(invalid(`${field}.value`, value, 'must be greater than zero'));
  const at = `${field}.periodSeconds`;
  if (periodSeconds <= 0) errors.push(invalid(at, periodSeconds, 'must be greater than zero'));
  if (periodSeconds > MAX_PERIOD_SECONDS) {
    const detail = `must be less than or equal to ${MAX_PERIOD_SECONDS}`;
    errors.push(invalid(at, periodSeconds, detail));
  }
  return errors;
}

const selectPolicies = ['Disabled', 'Max', 'Min'];

function validateRules(rules: HPAScalingRules | undefined, field: string): FieldError[] {
  if (rules === undefined) return [];
  const errors: FieldError[] = [];
  const { stabilizationWindowSeconds: window = 0, selectPolicy, policies = [], tolerance } = rules;
  const at = `${field}.stabilizationWindowSeconds`;
  if (window < 0) errors.push(invalid(at, window, 'must be greater than or equal to zero'));
  if (window > MAX_WINDOW_SECONDS) {
    errors.push(invalid(at, window, `must be less than or equal to ${MAX_WINDOW_SECONDS}`));
  }
  if (selectPolicy !== undefined && !selectPolicies.includes(selectPolicy)) {
    errors.push(notSupported(`${field}.selectPolicy`, selectPolicy, selectPolicies));
  }
  if (policies.length === 0) {
    errors.push(required(`${field}.policies`, 'must specify at least one Policy'));
  }
  errors.push(
    ...policies.flatMap((policy, i) => validatePolicy(policy, `${field}.policies[${i}]`)),
  );
  if (tolerance !== undefined && (quantityOf(tolerance)?.nano ?? 0n) < 0n) {
    const detail = 'must be greater than or equal to 0';
    errors.push(invalid(`${field}.tolerance`, tolerance, detail));
  }
  return errors;
}

interface SpecRules {
  readonly minReplicas: number;
  readonly target: ReferenceRules;
  readonly objects: ReferenceRules;
}

function validateSpec(spec: HorizontalPodAutoscalerSpec, rules: SpecRules): FieldError[] {
  const errors: FieldError[] = [];
  const { minReplicas = 1, maxReplicas = 0, metrics = [], behavior } = spec;
  if (minReplicas < rules.minReplicas) {
    const detail = `must be greater than or equal to ${rules.minReplicas}`;
    errors.push(invalid('spec.minReplicas', minReplicas, detail));
  }
  if (maxReplicas < 1) {
    errors.push(invalid('spec.maxReplicas', maxReplicas, 'must be greater than 0'));
  }
  if (maxReplicas < minReplicas) {
    const detail = 'must be greater than or equal to `minReplicas`';
    errors.push(invalid('spec.maxReplicas', maxReplicas, detail));
  }
  errors.push(
    ...validateReference(spec.scaleTargetRef, rules.target, 'spec.scaleTargetRef'),
    ...validateMetrics(metrics, rules.objects, 'spec.metrics'),
  );
  const scalable = metrics.some(({ type }) => type === 'Object' || type === 'External');
  if (minReplicas === 0 && !scalable) {
    const detail =
      'must specify at least one Object or External metric to support scaling to zero replicas';
    errors.push(forbidden('spec.metrics', detail));
  }
  return [
    ...errors,
    ...validateRules(behavior?.scaleUp, 'spec.behavior.scaleUp'),
    ...validateRules(behavior?.scaleDown, 'spec.behavior.scaleDown'),
  ];
}

const objectRules = { allowsAnyVersion: false, allowsCoreGroup: true };

function hasInvalidObject({ metrics = [] }: HorizontalPodAutoscalerSpec): boolean {
  return metrics.some(({ object }) => {
    if (object === undefined) return false;
    return versionFault(object.describedObject?.apiVersion ?? '', objectRules) !== undefined;
  });
}

export function validateAutoscaler(
  { spec }: HorizontalPodAutoscaler,
  old?: HorizontalPodAutoscaler,
): FieldError[] {
  const target = spec.scaleTargetRef;
  const before = old?.spec.scaleTargetRef;
  const same =
    old !== undefined && target?.apiVersion === before?.apiVersion && target?.kind === before?.kind;
  return validateSpec(spec, {
    minReplicas: old?.spec.minReplicas === 0 ? 0 : 1,
    target: {
      allowsAnyVersion: same,
      allowsCoreGroup: target?.kind === 'ReplicationController',
    },
    objects: {
      ...objectRules,
      allowsAnyVersion: old !== undefined && hasInvalidObject(old.spec),
    },
  });
}
