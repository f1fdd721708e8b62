import { type FieldError, invalid, required, tooLong } from '../../../../api/field-errors.ts';
import { byteLength, dns1123Subdomain, qualifiedName } from '../../../../api/validation/names.ts';

const MAX_PARAMETERS = 512;
const MAX_PARAMETERS_BYTES = 256 * 1024;
const MAX_DRIVER_BYTES = 63;

/** Who makes volumes of a class. */
export function validateDriver(driver: string | undefined, field: string): FieldError[] {
  if (!driver) return [required(field)];
  const lower = driver.toLowerCase();
  return qualifiedName(lower).map((problem) => invalid(field, lower, problem));
}

export function validateParameters(
  parameters: Readonly<Record<string, string>> | undefined,
  field: string,
): FieldError[] {
  const entries = Object.entries(parameters ?? {});
  if (entries.length > MAX_PARAMETERS) return [tooLong(field, MAX_PARAMETERS)];
  const errors = entries
    .filter(([key]) => key === '')
    .map(([key]) => invalid(field, key, 'field can not be empty.'));
  const bytes = entries.reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0);
  return bytes > MAX_PARAMETERS_BYTES ? [...errors, tooLong(field, MAX_PARAMETERS_BYTES)] : errors;
}

export function validateCsiDriverName(name: string | undefined, field: string): FieldError[] {
  const errors: FieldError[] = name ? [] : [required(field)];
  const text = name ?? '';
  if (byteLength(text) > MAX_DRIVER_BYTES) errors.push(tooLong(field, MAX_DRIVER_BYTES));
  const problems = dns1123Subdomain(text.toLowerCase());
  return [...errors, ...problems.map((problem) => invalid(field, text, problem))];
}
