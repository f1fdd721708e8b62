/** What ConfigMaps and Secrets have in common: keyed data of bounded size that may be frozen. */
import { deepEqual } from '../../../api/deep.ts';
import { type FieldError, forbidden, invalid, tooLong } from '../../../api/field-errors.ts';
import { configMapKey } from '../../../api/validation/formats.ts';

/** Kubernetes' MaxSecretSize, for both kinds: the sum of the decoded values. */
const MAX_DATA_BYTES = 1024 * 1024;

export function validateKeys(field: string, keys: readonly string[]): FieldError[] {
  return keys.flatMap((key) =>
    configMapKey(key).map((problem) => invalid(`${field}[${key}]`, key, problem)),
  );
}

/** Length of what base64 text decodes to, without decoding it. */
export function base64Bytes(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return Math.floor((text.length * 3) / 4) - padding;
}

export function sizeError(field: string, bytes: number): FieldError[] {
  return bytes > MAX_DATA_BYTES ? [tooLong(field, MAX_DATA_BYTES)] : [];
}

const FROZEN = 'field is immutable when `immutable` is set';

/** Once `immutable` is true, it stays so and the fields stay as they are. */
export function validateImmutable<T extends { readonly immutable?: boolean }>(
  object: T,
  old: T | undefined,
  fields: readonly (keyof T & string)[],
): FieldError[] {
  if (old?.immutable !== true) return [];
  const errors = object.immutable === true ? [] : [forbidden('immutable', FROZEN)];
  for (const field of fields) {
    if (!deepEqual(object[field] ?? {}, old[field] ?? {})) errors.push(forbidden(field, FROZEN));
  }
  return errors;
}
