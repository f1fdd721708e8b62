/** A number of pods, or a share of them: 1, "25%". */
import { type FieldError, invalid } from '../../../../api/field-errors.ts';
import { percent } from '../../../../api/validation/formats.ts';
import { check, nonNegative } from '../checks.ts';

type IntOrPercent = string | number;

export function validateShare(value: IntOrPercent, field: string): FieldError[] {
  return typeof value === 'string' ? check(percent, value, field) : nonNegative(value, field);
}

/** A text that is no percentage counts as none of it. */
function percentOf(value: string): number {
  return percent(value).length === 0 ? Number(value.slice(0, -1)) : 0;
}

/** A text that is no percentage may still be a number. */
export function isZero(value: IntOrPercent): boolean {
  if (typeof value === 'number') return value === 0;
  return percentOf(value) === 0 && !/^[+-]?0*[1-9]\d*$/.test(value);
}

export function notMoreThanAll(value: IntOrPercent, field: string): FieldError[] {
  if (typeof value === 'number' || percentOf(value) <= 100) return [];
  return [invalid(field, value, 'must not be greater than 100%')];
}
