/** Field errors of meta/v1 Conditions, as the kinds that use them have them. */
import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
  tooLong,
} from '../field-errors.ts';
import type { Condition } from '../types/meta-v1.ts';
import { validateLabelKey } from './labels.ts';
import { byteLength } from './names.ts';

const statuses = ['False', 'True', 'Unknown'];
const MAX_REASON_BYTES = 1024;
const MAX_MESSAGE_BYTES = 32 * 1024;

const REASON_PATTERN = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const reasonRule =
  'a condition reason must start with alphabetic character, optionally followed by a string of ' +
  "alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' " +
  "(e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', " +
  `regex used for validation is '${REASON_PATTERN}')`;

function validateReason(reason: string, field: string): FieldError[] {
  if (reason === '') return [required(field)];
  const errors: FieldError[] = [];
  if (!new RegExp(`^${REASON_PATTERN}$`).test(reason)) {
    errors.push(invalid(field, reason, reasonRule));
  }
  if (byteLength(reason) > MAX_REASON_BYTES) errors.push(tooLong(field, MAX_REASON_BYTES));
  return errors;
}

function validateCondition(condition: Condition, field: string): FieldError[] {
  const { type = '', status = '', observedGeneration = 0, message = '' } = condition;
  const errors = validateLabelKey(type, `${field}.type`);
  if (!statuses.includes(status)) errors.push(notSupported(`${field}.status`, status, statuses));
  if (observedGeneration < 0) {
    const detail = 'must be greater than or equal to zero';
    errors.push(invalid(`${field}.observedGeneration`, observedGeneration, detail));
  }
  if (!condition.lastTransitionTime) errors.push(required(`${field}.lastTransitionTime`));
  errors.push(...validateReason(condition.reason ?? '', `${field}.reason`));
  if (byteLength(message) > MAX_MESSAGE_BYTES) {
    errors.push(tooLong(`${field}.message`, MAX_MESSAGE_BYTES));
  }
  return errors;
}

export function validateConditions(
  conditions: readonly Condition[] | undefined,
  field: string,
): FieldError[] {
  const seen = new Set<string>();
  return (conditions ?? []).flatMap((condition, i) => {
    const errors = validateCondition(condition, `${field}[${i}]`);
    if (seen.has(condition.type)) {
      errors.unshift(duplicate(`${field}[${i}].type`, condition.type));
    }
    seen.add(condition.type);
    return errors;
  });
}
