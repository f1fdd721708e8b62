/** Field checks that several kinds share. Each answers the field errors, none meaning valid. */
import { type FieldError, invalid, notSupported, required } from '../../../api/field-errors.ts';

type Rule<V> = (value: V) => readonly string[];

/** One rule of `api/validation`, as errors of a field. */
export function check<V>(rule: Rule<V>, value: V, field: string): FieldError[] {
  return rule(value).map((problem) => invalid(field, value, problem));
}

export function requiredText(value: string | undefined, field: string): FieldError[] {
  return value ? [] : [required(field)];
}

interface Choice {
  readonly field: string;
  /** Absent and empty will do. Default: they are `required`. */
  readonly optional?: boolean;
  /** Absent will do, but not empty: a pointer in Go. */
  readonly pointer?: boolean;
  /** Kubernetes keeps these words in a list of its own order. Default: in a set, told sorted. */
  readonly asListed?: boolean;
}

/** One of a closed set of words. */
export function oneOf(
  value: string | undefined,
  supported: readonly string[],
  { field, optional = false, pointer = false, asListed = false }: Choice,
): FieldError[] {
  if (pointer && value === undefined) return [];
  if (!value && !pointer) return optional ? [] : [required(field)];
  if (supported.includes(value ?? '')) return [];
  return [notSupported(field, value ?? '', asListed ? supported : [...supported].sort())];
}

export function nonNegative(value: number | undefined, field: string): FieldError[] {
  if (value === undefined || value >= 0) return [];
  return [invalid(field, value, 'must be greater than or equal to 0')];
}
