/** When a Job gives up, and when it has done enough. */
import {
  duplicate,
  type FieldError,
  invalid,
  invalidUnshown,
  notSupported,
  required,
  tooLong,
  tooMany,
} from '../../../../api/field-errors.ts';
import { goStruct } from '../../../../api/go-struct.ts';
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicy,
  SuccessPolicyRule,
} from '../../../../api/types/batch-v1.ts';
import { qualifiedName } from '../../../../api/validation/names.ts';
import { check, nonNegative } from '../checks.ts';
import { countIndexes, IndexesError } from './indexes.ts';

const MAX_FAILURE_RULES = 20;
const MAX_EXIT_CODES = 255;
const MAX_CONDITIONS = 20;
const MAX_SUCCESS_RULES = 20;
const MAX_INDEXES_BYTES = 64 * 1024;

const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const operators = ['In', 'NotIn'];
const statuses = ['False', 'True', 'Unknown'];

/** `valid values: ["In" "NotIn"]`: as Go prints a list of texts. */
function validValues(values: readonly string[]): string {
  return `valid values: [${values.map((value) => JSON.stringify(value)).join(' ')}]`;
}

function oneOf(value: string, values: readonly string[], field: string): FieldError[] {
  if (value === '') return [required(field, validValues(values))];
  return values.includes(value) ? [] : [notSupported(field, value, values)];
}

function validateExitCodes(
  requirement: PodFailurePolicyOnExitCodesRequirement,
  containers: ReadonlySet<string>,
  field: string,
): FieldError[] {
  const { operator = '', containerName, values = [] } = requirement;
  const errors = oneOf(operator, operators, `${field}.operator`);
  if (containerName !== undefined && !containers.has(containerName)) {
    const detail = 'must be one of the container or initContainer names in the pod template';
    errors.push(invalid(`${field}.containerName`, containerName, detail));
  }
  const at = `${field}.values`;
  if (values.length === 0) errors.push(invalid(at, values, 'at least one value is required'));
  else if (values.length > MAX_EXIT_CODES) {
    errors.push(tooMany(at, values.length, MAX_EXIT_CODES));
  }
  const seen = new Set<number>();
  for (const [i, value] of values.entries()) {
    if (operator === 'In' && value === 0) {
      errors.push(invalid(`${at}[${i}]`, value, 'must not be 0 for the In operator'));
    }
    if (seen.has(value)) errors.push(duplicate(`${at}[${i}]`, value));
    seen.add(value);
  }
  const ordered = values.every((value, i) => i === 0 || values[i - 1]! <= value);
  return ordered ? errors : [...errors, invalid(at, values, 'must be ordered')];
}

function validateConditions(
  patterns: readonly PodFailurePolicyOnPodConditionsPattern[],
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (patterns.length > MAX_CONDITIONS) {
    errors.push(tooMany(field, patterns.length, MAX_CONDITIONS));
  }
  for (const [i, { type = '', status = '' }] of patterns.entries()) {
    errors.push(
      ...check(qualifiedName, type, `${field}[${i}].type`),
      ...oneOf(status, statuses, `${field}[${i}].status`),
    );
  }
  return errors;
}

function validateFailureRule(
  rule: PodFailurePolicyRule,
  { spec, containers }: { readonly spec: JobSpec; readonly containers: ReadonlySet<string> },
  field: string,
): FieldError[] {
  const { action = '', onExitCodes, onPodConditions = [] } = rule;
  const errors = oneOf(action, actions, `${field}.action`);
  if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) {
    const detail = 'requires the backoffLimitPerIndex to be set';
    errors.push(invalid(`${field}.action`, action, detail));
  }
  if (onExitCodes !== undefined) {
    errors.push(...validateExitCodes(onExitCodes, containers, `${field}.onExitCodes`));
  }
  errors.push(...validateConditions(onPodConditions, `${field}.onPodConditions`));
  if (onExitCodes !== undefined && onPodConditions.length > 0) {
    const detail = 'specifying both OnExitCodes and OnPodConditions is not supported';
    errors.push(invalidUnshown(field, detail));
  } else if (onExitCodes === undefined && onPodConditions.length === 0) {
    const detail = 'specifying one of OnExitCodes and OnPodConditions is required';
    errors.push(invalidUnshown(field, detail));
  }
  return errors;
}

export function validateFailurePolicy(spec: JobSpec, field: string): FieldError[] {
  if (spec.podFailurePolicy === undefined) return [];
  const rules = spec.podFailurePolicy.rules ?? [];
  const { containers = [], initContainers = [] } = spec.template?.spec ?? {};
  const of = { spec, containers: new Set([...containers, ...initContainers].map((c) => c.name)) };
  const errors: FieldError[] = [];
  if (rules.length > MAX_FAILURE_RULES) {
    errors.push(tooMany(`${field}.rules`, rules.length, MAX_FAILURE_RULES));
  }
  errors.push(...rules.flatMap((rule, i) => validateFailureRule(rule, of, `${field}.rules[${i}]`)));
  return errors;
}

function validateSuccessRule(
  { succeededCount, succeededIndexes }: SuccessPolicyRule,
  completions: number,
  field: string,
): FieldError[] {
  if (succeededCount === undefined && succeededIndexes === undefined) {
    const detail = 'at least one of succeededCount or succeededIndexes must be specified';
    return [required(field, detail)];
  }
  const errors: FieldError[] = [];
  let named = 0;
  if (succeededIndexes !== undefined) {
    const at = `${field}.succeededIndexes`;
    if (succeededIndexes.length > MAX_INDEXES_BYTES) errors.push(tooLong(at, MAX_INDEXES_BYTES));
    try {
      named = countIndexes(succeededIndexes, completions);
    } catch (error) {
      if (!(error instanceof IndexesError)) throw error;
      const detail = `error parsing succeededIndexes: ${error.message}`;
      errors.push(invalid(at, succeededIndexes, detail));
    }
  }
  if (succeededCount === undefined) return errors;
  const at = `${field}.succeededCount`;
  errors.push(...nonNegative(succeededCount, at));
  const atMost = (limit: number, what: string): FieldError =>
    invalid(at, succeededCount, `must be less than or equal to ${limit} (the number of ${what})`);
  if (succeededCount > completions) errors.push(atMost(completions, 'specified completions'));
  if (succeededIndexes !== undefined && succeededCount > named) {
    errors.push(atMost(named, 'indexes in the specified succeededIndexes field'));
  }
  return errors;
}

const goPolicy = ({ rules = [] }: SuccessPolicy): object => ({
  Rules: rules.map((rule) => goStruct(rule, { succeededIndexes: null, succeededCount: null })),
});

export function validateSuccessPolicy(spec: JobSpec, field: string): FieldError[] {
  const { successPolicy, completions = 0 } = spec;
  if (successPolicy === undefined) return [];
  if (spec.completionMode !== 'Indexed') {
    return [invalid(field, goPolicy(successPolicy), 'requires indexed completion mode')];
  }
  const rules = successPolicy.rules ?? [];
  const at = `${field}.rules`;
  const errors: FieldError[] = [];
  if (rules.length === 0) {
    const detail = 'at least one rules must be specified when the successPolicy is specified';
    errors.push(required(at, detail));
  }
  if (rules.length > MAX_SUCCESS_RULES) {
    errors.push(tooMany(at, rules.length, MAX_SUCCESS_RULES));
  }
  errors.push(...rules.flatMap((rule, i) => validateSuccessRule(rule, completions, `${at}[${i}]`)));
  return errors;
}
