/** What the versions of a CustomResourceDefinition say besides their schemas. */
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  required,
  tooMany,
} from '../../../../api/field-errors.ts';
import type {
  CustomResourceColumnDefinition as Column,
  CustomResourceConversion,
  CustomResourceDefinition,
  CustomResourceSubresources,
  SelectableField,
} from '../../../../api/types/apiextensions-v1.ts';
import { dns1035Label } from '../../../../api/validation/names.ts';
import { authorityFault } from './authority.ts';
import { isTrue } from './conditions.ts';
import { validateClient } from '../admission/webhook-validation.ts';
import { check, oneOf } from '../checks.ts';
import { fieldAt } from '../../../rules/field-path.ts';
import { type Schema, textOf } from './schema-parts.ts';

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = [
  ...['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'],
];
const MAX_SELECTABLE = 8;

export function deprecationErrors(
  deprecated: boolean,
  warning: string | undefined,
  field: string,
): FieldError[] {
  if (warning === undefined) return [];
  const problems: string[] = [];
  if (!deprecated) problems.push('can only be set for deprecated versions');
  else {
    if (Buffer.byteLength(warning) > 256) problems.push('must be <= 256 characters long');
    if (warning === '') problems.push('must not be an empty string');
    const at = [...warning].findIndex((char) => !/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char));
    if (at >= 0)
      problems.push(
        `must only contain printable UTF-8 characters; non-printable character found at index ${at}`,
      );
  }
  return problems.map((problem) => invalid(field, warning, problem));
}

function simplePath(path: string, field: string): FieldError[] {
  return path.startsWith('.')
    ? []
    : [invalid(field, path, 'must be a simple json path starting with .')];
}

export function columnErrors(columns: readonly Column[], field: string): FieldError[] {
  return columns.flatMap((column, i) => {
    const at = `${field}[${i}]`;
    const errors: FieldError[] = [];
    const types = `must be one of ${COLUMN_TYPES.join(',')}`;
    if (!column.name) errors.push(required(`${at}.name`));
    if (!column.type) errors.push(required(`${at}.type`, types));
    else if (!COLUMN_TYPES.includes(column.type))
      errors.push(invalid(`${at}.type`, column.type, types));
    if (column.format && !COLUMN_FORMATS.includes(column.format)) {
      const formats = `must be one of ${COLUMN_FORMATS.join(',')}`;
      errors.push(invalid(`${at}.format`, column.format, formats));
    }
    if (!column.jsonPath) errors.push(required(`${at}.JSONPath`));
    else errors.push(...simplePath(column.jsonPath, `${at}.JSONPath`));
    return errors;
  });
}

function pathBelow(
  path: string | undefined,
  of: { readonly field: string; readonly roots: readonly string[]; readonly says: string },
): FieldError[] {
  const { field, roots, says } = of;
  if (!path) return [required(field)];
  const errors = simplePath(path, field);
  if (errors.length > 0 || roots.some((root) => path.startsWith(root))) return errors;
  return [invalid(field, path, `should be a json path under ${says}`)];
}

export function subresourceErrors(
  subresources: CustomResourceSubresources | undefined,
  field: string,
): FieldError[] {
  const scale = subresources?.scale;
  if (scale === undefined) return [];
  const at = `${field}.scale`;
  const spec = { field: `${at}.specReplicasPath`, roots: ['.spec.'], says: '.spec' };
  const status = { field: `${at}.statusReplicasPath`, roots: ['.status.'], says: '.status' };
  const selector = {
    field: `${at}.labelSelectorPath`,
    roots: ['.spec.', '.status.'],
    says: 'either .spec or .status',
  };
  return [
    ...pathBelow(scale.specReplicasPath, spec),
    ...pathBelow(scale.statusReplicasPath, status),
    ...(scale.labelSelectorPath ? pathBelow(scale.labelSelectorPath, selector) : []),
  ];
}

export function selectableFieldErrors(
  fields: readonly SelectableField[],
  schema: Schema,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, { jsonPath }] of fields.entries()) {
    const at = `${field}[${i}].jsonPath`;
    if (!jsonPath) {
      errors.push(required(at));
      continue;
    }
    const found = fieldAt(jsonPath, schema, false);
    if ('fault' in found) {
      errors.push(invalid(at, jsonPath, `is an invalid path: ${found.fault}`));
      continue;
    }
    if (/^\.metadata(\.|$)/.test(jsonPath))
      errors.push(invalid(at, jsonPath, 'must not point to fields in metadata'));
    if (!['string', 'boolean', 'integer'].includes(textOf(found.schema['type']))) {
      const detail =
        'must point to a field of type string, boolean or integer. ' +
        'Enum string fields and strings with formats are allowed.';
      errors.push(invalid(at, jsonPath, detail));
    }
    if (seen.has(jsonPath)) errors.push(duplicate(at, jsonPath));
    seen.add(jsonPath);
  }
  if (seen.size > MAX_SELECTABLE) errors.push(tooMany(field, seen.size, MAX_SELECTABLE));
  return errors;
}

const KNOWN_REVIEWS = ['v1', 'v1beta1'];
const isKnown = (version: string): boolean => KNOWN_REVIEWS.includes(version);

/** What was let through before may stay; a certificate may be wrong until objects are served. */
export function conversionErrors(
  conversion: CustomResourceConversion | undefined,
  old?: CustomResourceDefinition,
): FieldError[] {
  if (conversion === undefined) return [];
  const { strategy, webhook } = conversion;
  const field = 'spec.conversion';
  const client = `${field}.webhookClientConfig`;
  const errors = oneOf(strategy, ['None', 'Webhook'], { field: `${field}.strategy` });
  if (strategy !== 'Webhook') {
    const detail = 'should not be set when strategy is not set to Webhook';
    if (webhook?.clientConfig !== undefined) errors.push(forbidden(client, detail));
    if ((webhook?.conversionReviewVersions.length ?? 0) > 0)
      errors.push(forbidden(`${field}.conversionReviewVersions`, detail));
    return errors;
  }
  if (webhook?.clientConfig === undefined)
    errors.push(required(client, 'required when strategy is set to Webhook'));
  else {
    errors.push(...validateClient(webhook.clientConfig, client));
    const { caBundle = '' } = webhook.clientConfig;
    const fault = authorityFault(caBundle);
    const before = old?.spec.conversion?.webhook?.clientConfig?.caBundle ?? '';
    if (fault !== undefined && old !== undefined && isTrue(old, 'Established'))
      if (authorityFault(before) === undefined)
        errors.push(invalid(`${client}.caBundle`, caBundle, fault));
  }
  const before = old?.spec.conversion?.webhook?.conversionReviewVersions ?? [];
  const strict = before.length === 0 || before.some(isKnown);
  const versions = webhook?.conversionReviewVersions ?? [];
  errors.push(...reviewVersionErrors(versions, `${field}.conversionReviewVersions`, strict));
  return errors;
}

function reviewVersionErrors(
  versions: readonly string[],
  field: string,
  strict: boolean,
): FieldError[] {
  if (versions.length === 0) return [required(field)];
  const errors = versions.flatMap((version, i) =>
    versions.indexOf(version) < i
      ? [invalid(`${field}[${i}]`, version, 'duplicate version')]
      : check(dns1035Label, version, `${field}[${i}]`),
  );
  if (!strict || versions.some(isKnown)) return errors;
  const detail = `must include at least one of ${KNOWN_REVIEWS.join(', ')}`;
  return [...errors, invalid(field, versions, detail)];
}
