import { duplicate, type FieldError, required } from '../../../../api/field-errors.ts';

/** Conditions are a map by type. */
export function validateConditions(
  conditions: readonly { readonly type?: string }[] = [],
): FieldError[] {
  const seen = new Set<string>();
  return conditions.flatMap(({ type = '' }, i) => {
    const field = `status.conditions[${i}].type`;
    const errors = seen.has(type) ? [duplicate(field, type)] : [];
    seen.add(type);
    return type === '' ? [...errors, required(field, 'must not be empty')] : errors;
  });
}
