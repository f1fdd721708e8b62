/**
 * Label selectors: the text form of `?labelSelector=` and `kubectl -l`, the structured form of
 * specs, and how both match. Requirements are ANDed; none at all match everything.
 */
import { type FieldError, invalid } from '../field-errors.ts';
import { statusError } from '../status.ts';
import type { LabelSelector } from '../types/meta-v1.ts';
import { labelValue, qualifiedName } from '../validation/names.ts';

export type LabelOperator = 'in' | 'notin' | '=' | '==' | '!=' | 'exists' | '!' | 'gt' | 'lt';

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  /** Sorted, without duplicates. Empty for `exists` and `!`, one for the comparisons. */
  readonly values: readonly string[];
}

export type Labels = Readonly<Record<string, string>>;

/** True if the labels meet every requirement. */
export function matchesLabels(
  requirements: readonly LabelRequirement[],
  labels: Labels | undefined,
): boolean {
  for (const requirement of requirements) {
    if (!meets(requirement, labels ?? noLabels)) return false;
  }
  return true;
}

const noLabels: Labels = {};

function meets({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'in':
    case '=':
    case '==':
      return value !== undefined && values.includes(value);
    case 'notin':
    case '!=':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'gt':
    case 'lt':
      return value !== undefined && isOrdered(value, operator, values[0]!);
  }
}

const INTEGER = /^[+-]?\d{1,19}$/;

function isOrdered(value: string, operator: 'gt' | 'lt', bound: string): boolean {
  if (!INTEGER.test(value) || !INTEGER.test(bound)) return false;
  const difference = BigInt(value.replace('+', '')) - BigInt(bound.replace('+', ''));
  return operator === 'gt' ? difference > 0n : difference < 0n;
}

/** A selector that a spec left out selects nothing; an empty one selects everything. */
export function matchesLabelSelector(
  selector: LabelSelector | undefined,
  labels: Labels | undefined,
): boolean {
  return selector !== undefined && matchesLabels(labelRequirements(selector), labels);
}

const structuredOperators: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

const known = new WeakMap<LabelSelector, readonly LabelRequirement[]>();

/**
 * The structured form as requirements, remembered with the (immutable) selector. Throws StatusError
 * BadRequest for an operator that does not exist.
 */
export function labelRequirements(selector: LabelSelector): readonly LabelRequirement[] {
  let requirements = known.get(selector);
  if (requirements === undefined) {
    known.set(selector, (requirements = readRequirements(selector)));
  }
  return requirements;
}

function readRequirements(selector: LabelSelector): readonly LabelRequirement[] {
  const equal = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]): LabelRequirement => ({ key, operator: '=', values: [value] }),
  );
  const others = (selector.matchExpressions ?? []).map((expression): LabelRequirement => {
    const operator = Object.hasOwn(structuredOperators, expression.operator)
      ? structuredOperators[expression.operator]
      : undefined;
    if (operator === undefined) {
      const shown = JSON.stringify(expression.operator);
      throw statusError('BadRequest', `${shown} is not a valid label selector operator`);
    }
    return { key: expression.key, operator, values: setOf(expression.values ?? []) };
  });
  return sortedByKey([...equal, ...others]);
}

export function setOf(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}

export function sortedByKey(requirements: readonly LabelRequirement[]): LabelRequirement[] {
  return [...requirements].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** The text form: "app=web,tier in (a,b),!x". */
export function formatLabelSelector(requirements: readonly LabelRequirement[]): string {
  return requirements.map(formatRequirement).join(',');
}

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${values.join(',')})`;
    case 'gt':
      return `${key}>${values[0]}`;
    case 'lt':
      return `${key}<${values[0]}`;
    default:
      return `${key}${operator}${values[0]}`;
  }
}

/** Why a requirement read from text is not allowed. */
export function requirementFaults({ key, operator, values }: LabelRequirement): FieldError[] {
  const errors: FieldError[] = [];
  const keyFaults = qualifiedName(key);
  if (keyFaults.length > 0) errors.push(invalid('key', key, keyFaults.join('; ')));
  values.forEach((value, i) => {
    if ((operator === 'gt' || operator === 'lt') && !INTEGER.test(value)) {
      const detail = "for 'Gt', 'Lt' operators, the value must be an integer";
      errors.push(invalid(`values[${i}]`, value, detail));
    }
    const faults = labelValue(value);
    if (faults.length > 0) errors.push(invalid(`values[${i}][${key}]`, value, faults.join('; ')));
  });
  return errors;
}
