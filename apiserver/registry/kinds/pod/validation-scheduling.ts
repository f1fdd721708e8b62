/** Tolerations, spreading and gates: what the scheduler reads besides affinity. */
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../../../api/field-errors.ts';
import type {
  PodSchedulingGate,
  Toleration,
  TopologySpreadConstraint,
} from '../../../../api/types/core-v1.ts';
import { validateLabelKey, validateLabelSelector } from '../../../../api/validation/labels.ts';
import { labelValue, qualifiedName } from '../../../../api/validation/names.ts';
import { check, oneOf } from '../checks.ts';
import { taintEffects } from '../taint-effects.ts';

function validateToleration(toleration: Toleration, field: string): FieldError[] {
  const { key, operator = '', value = '', effect, tolerationSeconds } = toleration;
  const errors: FieldError[] = [];
  if (key) errors.push(...validateLabelKey(key, `${field}.key`));
  else if (operator !== 'Exists') {
    const detail =
      'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(invalid(`${field}.operator`, operator, detail));
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    const detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
    errors.push(invalid(`${field}.effect`, effect ?? '', detail));
  }
  if (operator === 'Equal' || operator === '') {
    const problems = labelValue(value);
    if (problems.length > 0) errors.push(invalid(`${field}.operator`, value, problems.join(';')));
  } else if (operator !== 'Exists') {
    errors.push(notSupported(`${field}.operator`, operator, ['Equal', 'Exists']));
  } else if (value !== '') {
    const detail = "value must be empty when `operator` is 'Exists'";
    errors.push(invalid(`${field}.operator`, value, detail));
  }
  return [
    ...errors,
    ...oneOf(effect, taintEffects, { field: `${field}.effect`, optional: true, asListed: true }),
  ];
}

export function validateTolerations(
  tolerations: readonly Toleration[] | undefined,
  field: string,
): FieldError[] {
  return (tolerations ?? []).flatMap((each, i) => validateToleration(each, `${field}[${i}]`));
}

const inclusion = ['Honor', 'Ignore'];

/** `repeated`: what it has in common with a later one. */
function validateConstraint(
  constraint: TopologySpreadConstraint,
  field: string,
  repeated: string | undefined,
): FieldError[] {
  const { maxSkew, minDomains, whenUnsatisfiable, matchLabelKeys = [] } = constraint;
  const errors: FieldError[] = [];
  const aboveZero = (value: number, name: string): void => {
    if (value <= 0) errors.push(invalid(`${field}.${name}`, value, 'must be greater than zero'));
  };
  aboveZero(maxSkew ?? 0, 'maxSkew');
  if (!constraint.topologyKey) {
    errors.push(required(`${field}.topologyKey`, 'can not be empty'));
  }
  const actions = ['DoNotSchedule', 'ScheduleAnyway'];
  if (!actions.includes(whenUnsatisfiable)) {
    errors.push(notSupported(`${field}.whenUnsatisfiable`, whenUnsatisfiable ?? '', actions));
  }
  if (repeated !== undefined) {
    errors.push(duplicate(`${field}.{topologyKey, whenUnsatisfiable}`, repeated));
  }
  if (minDomains !== undefined) {
    aboveZero(minDomains, 'minDomains');
    if (whenUnsatisfiable !== 'DoNotSchedule') {
      const only = 'can only use minDomains if whenUnsatisfiable=DoNotSchedule';
      errors.push(invalid(`${field}.minDomains`, minDomains, `${only}, not ${whenUnsatisfiable}`));
    }
  }
  for (const name of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
    errors.push(
      ...oneOf(constraint[name], inclusion, { field: `${field}.${name}`, pointer: true }),
    );
  }
  if (matchLabelKeys.length > 0 && !constraint.labelSelector) {
    const detail = 'must not be specified when labelSelector is not set';
    errors.push(forbidden(`${field}.matchLabelKeys`, detail));
  }
  const keys = matchLabelKeys.entries();
  for (const [i, key] of keys) {
    errors.push(...validateLabelKey(key, `${field}.matchLabelKeys[${i}]`));
  }
  return [...errors, ...validateLabelSelector(constraint.labelSelector, `${field}.labelSelector`)];
}

export function validateTopologySpread(
  constraints: readonly TopologySpreadConstraint[] | undefined,
  field: string,
): FieldError[] {
  const pairs = (constraints ?? []).map(
    (each) => `{${each.topologyKey}, ${each.whenUnsatisfiable}}`,
  );
  return (constraints ?? []).flatMap((constraint, i) => {
    const repeated = pairs.indexOf(pairs[i]!, i + 1) > 0;
    return validateConstraint(constraint, `${field}[${i}]`, repeated ? pairs[i] : undefined);
  });
}

export function validateSchedulingGates(
  gates: readonly PodSchedulingGate[] | undefined,
  field: string,
): FieldError[] {
  const seen = new Set<string>();
  return (gates ?? []).flatMap(({ name = '' }, i) => {
    const errors = check(qualifiedName, name, `${field}[${i}]`);
    if (seen.has(name)) errors.push(duplicate(`${field}[${i}]`, name));
    seen.add(name);
    return errors;
  });
}
