import { isObject } from '../deep.ts';
import { type FieldError, invalid, required } from '../field-errors.ts';
import type { ObjectMeta } from '../types/meta-v1.ts';
import { dns1035Label } from '../validation/names.ts';
import { validateObjectMeta } from '../validation/object-meta.ts';
import type { SchemaNode } from './schema.ts';

/** Type and metadata of embedded resources (x-kubernetes-embedded-resource). */
export function validateEmbedded(schema: SchemaNode, value: unknown, path = ''): FieldError[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return [];
    return value.flatMap((item, i) => validateEmbedded(items, item, `${path}[${i}]`));
  }
  const object = value as Record<string, unknown>;
  const errors = schema.embedded && path !== '' ? validateResource(object, `${path}.`) : [];
  for (const key in object) {
    if (typeof object[key] !== 'object') continue;
    const property = schema.properties.get(key);
    const child = property ?? schema.child(key);
    if (child === undefined) continue;
    const below = property === undefined ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    errors.push(...validateEmbedded(child, object[key], below));
  }
  return errors;
}

/** What every resource has; `prefix` stands before the names of its fields. */
export function validateResource(object: Record<string, unknown>, prefix: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['apiVersion', 'kind'] as const) {
    const value = object[field];
    if (value === undefined) errors.push(required(`${prefix}${field}`));
    else if (typeof value !== 'string')
      errors.push(invalid(`${prefix}${field}`, value, 'must be a string'));
    else if (value === '') errors.push(invalid(`${prefix}${field}`, value, 'must not be empty'));
  }
  const { apiVersion, kind, metadata } = object;
  if (typeof apiVersion === 'string' && apiVersion.split('/').length > 2) {
    const detail = `unexpected GroupVersion string: ${apiVersion}`;
    errors.push(invalid(`${prefix}apiVersion`, apiVersion, detail));
  }
  if (typeof kind === 'string' && kind !== '') {
    const faults = dns1035Label(kind.toLowerCase());
    if (faults.length > 0) {
      const detail = `may have mixed case, but should otherwise match: ${faults.join(',')}`;
      errors.push(invalid(`${prefix}kind`, kind, detail));
    }
  }
  if (isObject(metadata)) {
    const sent = metadata as ObjectMeta;
    const named = { ...sent, name: sent.name || 'fakename' };
    const rules = { namespaced: Boolean(sent.namespace), nameRule: 'pathSegment' } as const;
    const found = validateObjectMeta(named, { ...rules, anyFinalizer: true });
    errors.push(...found.map((error) => ({ ...error, field: `${prefix}${error.field}` })));
  }
  return errors;
}
