/** Field errors of labels, annotations and label selectors. */
import { type FieldError, forbidden, invalid, required, tooLong } from '../field-errors.ts';
import type { LabelSelector, LabelSelectorRequirement } from '../types/meta-v1.ts';
import { byteLength, labelValue, qualifiedName } from './names.ts';

type Strings = Readonly<Record<string, string>>;

/** Keys and values of all annotations together. */
const MAX_ANNOTATIONS_BYTES = 256 * 1024;

export function validateLabelKey(key: string, field: string): FieldError[] {
  return qualifiedName(key).map((message) => invalid(field, key, message));
}

export function validateLabels(labels: Strings | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(labels ?? {})) {
    errors.push(...validateLabelKey(key, field));
    errors.push(...labelValue(value).map((message) => invalid(field, value, message)));
  }
  return errors;
}

export function validateAnnotations(annotations: Strings | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    // Unlike the keys of labels, those of annotations may have upper case in their prefix.
    errors.push(...qualifiedName(key.toLowerCase()).map((m) => invalid(field, key, m)));
    bytes += byteLength(key) + byteLength(value);
  }
  if (bytes > MAX_ANNOTATIONS_BYTES) errors.push(tooLong(field, MAX_ANNOTATIONS_BYTES));
  return errors;
}

/** An absent selector is valid here; whether one is required is the kind's own question. */
export function validateLabelSelector(
  selector: LabelSelector | undefined,
  field: string,
): FieldError[] {
  if (selector === undefined) return [];
  const errors = validateLabels(selector.matchLabels, `${field}.matchLabels`);
  for (const [i, requirement] of (selector.matchExpressions ?? []).entries()) {
    errors.push(...validateRequirement(requirement, `${field}.matchExpressions[${i}]`));
  }
  return errors;
}

function validateRequirement(requirement: LabelSelectorRequirement, field: string): FieldError[] {
  const { key, values = [] } = requirement;
  return [
    ...validateOperator(requirement, field),
    ...validateLabelKey(key, `${field}.key`),
    ...values.flatMap((value, i) =>
      labelValue(value).map((m) => invalid(`${field}.values[${i}]`, value, m)),
    ),
  ];
}

/** What does not exist, or does not suit the number of values. */
export function validateOperator(
  of: { readonly operator?: string; readonly values?: readonly string[] },
  field: string,
): FieldError[] {
  const { operator = '', values = [] } = of;
  switch (operator) {
    case 'In':
    case 'NotIn': {
      if (values.length > 0) return [];
      const detail = "must be specified when `operator` is 'In' or 'NotIn'";
      return [required(`${field}.values`, detail)];
    }
    case 'Exists':
    case 'DoesNotExist': {
      if (values.length === 0) return [];
      const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      return [forbidden(`${field}.values`, detail)];
    }
    default:
      return [invalid(`${field}.operator`, operator, 'not a valid selector operator')];
  }
}
