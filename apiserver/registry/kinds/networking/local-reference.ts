import { type FieldError, required } from '../../../../api/field-errors.ts';
import type { TypedLocalObjectReference } from '../../../../api/types/core-v1.ts';
import { dns1123Subdomain, pathSegment } from '../../../../api/validation/names.ts';
import { check } from '../checks.ts';

/** Group, kind and name of an object, as networking.k8s.io refers to them. */
export function validateLocalReference(
  reference: Partial<TypedLocalObjectReference>,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const { apiGroup } = reference;
  if (apiGroup !== undefined) {
    errors.push(...check(dns1123Subdomain, apiGroup, `${field}.apiGroup`));
  }
  for (const name of ['kind', 'name'] as const) {
    const value = reference[name] ?? '';
    if (value === '') errors.push(required(`${field}.${name}`));
    else errors.push(...check(pathSegment, value, `${field}.${name}`));
  }
  return errors;
}
