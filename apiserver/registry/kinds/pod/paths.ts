/** Paths inside a container or volume. */
import { type FieldError, invalid } from '../../../../api/field-errors.ts';

export function validateNoBacksteps(path: string, field: string): FieldError[] {
  if (!path.replaceAll('\\', '/').split('/').includes('..')) return [];
  return [invalid(field, path, "must not contain '..'")];
}

/** Relative, and never upwards. */
export function validateDescendingPath(path: string, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (path.startsWith('/')) errors.push(invalid(field, path, 'must be a relative path'));
  return [...errors, ...validateNoBacksteps(path, field)];
}

/** Names that start with ".." belong to the kubelet's atomic writer. */
export function validateUnreservedPath(path: string, field: string): FieldError[] {
  const errors = validateDescendingPath(path, field);
  if (path.startsWith('..') && !path.startsWith('../')) {
    errors.push(invalid(field, path, "must not start with '..'"));
  }
  return errors;
}
