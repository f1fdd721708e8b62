import { type FieldError, invalid, required, tooLong } from '../../../../api/field-errors.ts';
import { byteLength, dns1123Subdomain } from '../../../../api/validation/names.ts';
import { check } from '../checks.ts';
import { validateCsiDriverName } from '../storage/provisioner.ts';

const MAX_POOL_BYTES = 253;
const MAX_ID_BYTES = 32;

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** "node-1" or "rack/node-1". */
export function validatePoolName(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)];
  return [
    ...(byteLength(name) > MAX_POOL_BYTES ? [tooLong(field, MAX_POOL_BYTES)] : []),
    ...name.split('/').flatMap((part) => check(dns1123Subdomain, part, field)),
  ];
}

function validateIdentifier(id: string, field: string): FieldError[] {
  const errors = byteLength(id) > MAX_ID_BYTES ? [tooLong(field, MAX_ID_BYTES)] : [];
  if (IDENTIFIER.test(id)) return errors;
  const detail =
    'a valid C identifier must start with alphabetic character or ' +
    "'_', followed by a string of alphanumeric characters or '_' " +
    "(e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is " +
    "'[A-Za-z_][A-Za-z0-9_]*')";
  return [...errors, invalid(field, id, detail)];
}

/** Of an attribute or a capacity: "model", or "example.com/model". */
export function validateQualifiedName(name: string, field: string): FieldError[] {
  if (name === '') return [required(field, 'name required')];
  const parts = name.split('/');
  const [first = '', second = ''] = parts;
  if (parts.length === 1) return validateIdentifier(first, field);
  // Kubernetes 1.34 does not look at what has two slashes.
  if (parts.length > 2) return [];
  const errors: FieldError[] = [];
  if (first === '') errors.push(required(field, 'the domain must not be empty'));
  else errors.push(...validateCsiDriverName(first, field));
  if (second === '') errors.push(required(field, 'the name must not be empty'));
  else errors.push(...validateIdentifier(second, field));
  return errors;
}

/** Where it is not clear whose attribute is meant. */
export function validateFullName(name: string, field: string): FieldError[] {
  const errors = validateQualifiedName(name, field);
  if (name !== '' && !name.includes('/'))
    errors.push(invalid(field, name, 'must include a domain'));
  return errors;
}
