/**
 * Validation failures, worded as Kubernetes words them (apimachinery util/validation/field as
 * documented in the API conventions). The API server turns a list of them into one `Invalid`
 * Status whose causes carry the same texts.
 */
import { jsonText } from '../platform/json-text.ts';
import { groupResource } from './resource.ts';
import { type StatusError, statusError } from './status.ts';

export type FieldErrorType =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueDuplicate'
  | 'FieldValueNotFound'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid'
  | 'InternalError';

export interface FieldError {
  readonly type: FieldErrorType;
  /** "spec.containers[0].name", "metadata.labels". */
  readonly field: string;
  /** "Invalid value: \"x\": must be …": what follows "field: ". */
  readonly message: string;
}

/** As Go prints the value with %#v for strings and JSON, which is safe in HTML, for the rest. */
function printed(value: unknown): string {
  if (value === undefined) return 'null';
  const text = jsonText(value);
  return typeof value === 'object' && /[<>&]/.test(text)
    ? text.replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`)
    : text;
}

const because = (detail: string | undefined): string => (detail ? `: ${detail}` : '');

export function required(field: string, detail?: string): FieldError {
  return { type: 'FieldValueRequired', field, message: `Required value${because(detail)}` };
}

export function invalid(field: string, value: unknown, detail: string): FieldError {
  const message = `Invalid value: ${printed(value)}${because(detail)}`;
  return { type: 'FieldValueInvalid', field, message };
}

/** For a value that is too large, or says nothing, to be shown. */
export function invalidUnshown(field: string, detail: string): FieldError {
  return { type: 'FieldValueInvalid', field, message: `Invalid value: ${detail}` };
}

/** `supported` in the order in which they are to be named. */
export function notSupported(
  field: string,
  value: unknown,
  supported: readonly string[],
): FieldError {
  const values = supported.map((s) => JSON.stringify(s));
  const message = `Unsupported value: ${printed(value)}: supported values: ${values.join(', ')}`;
  return { type: 'FieldValueNotSupported', field, message };
}

export function forbidden(field: string, detail: string): FieldError {
  return { type: 'FieldValueForbidden', field, message: `Forbidden: ${detail}` };
}

export function duplicate(field: string, value: unknown): FieldError {
  return { type: 'FieldValueDuplicate', field, message: `Duplicate value: ${printed(value)}` };
}

export function notFound(field: string, value: unknown): FieldError {
  return { type: 'FieldValueNotFound', field, message: `Not found: ${printed(value)}` };
}

/** Kubernetes 1.34 prints no value here, only the limit. */
export function tooLong(field: string, maxBytes: number): FieldError {
  const message = `Too long: may not be more than ${maxBytes} bytes`;
  return { type: 'FieldValueTooLong', field, message };
}

/** A fault of the server's own making: what it was given cannot be worked with. */
export function internal(field: string, detail: string): FieldError {
  return { type: 'InternalError', field, message: `Internal error: ${detail}` };
}

export function tooMany(field: string, count: number, maxItems: number): FieldError {
  const items = maxItems === 1 ? 'item' : 'items';
  const message = `Too many: ${count}: must have at most ${maxItems} ${items}`;
  return { type: 'FieldValueTooMany', field, message };
}

/** What is wrong for two reasons with one text is said once. */
export function errorsText(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map((e) => `${e.field}: ${e.message}`))];
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`;
}

/** "Deployment.apps \"web\" is invalid: spec.selector: Required value", 422. */
export function invalidError(
  type: { readonly group: string; readonly kind: string },
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const joined = errorsText(errors);
  const kind = groupResource({ group: type.group, resource: type.kind });
  return statusError('Invalid', `${kind} ${JSON.stringify(name)} is invalid: ${joined}`, {
    ...(name === '' ? {} : { name }),
    ...(type.group === '' ? {} : { group: type.group }),
    ...(type.kind === '' ? {} : { kind: type.kind }),
    causes: errors.map((e) => ({ reason: e.type, message: e.message, field: e.field })),
  });
}
