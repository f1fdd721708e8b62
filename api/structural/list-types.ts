import { jsonText } from '../../platform/json-text.ts';
import { isObject } from '../deep.ts';
import { duplicate, type FieldError, invalid } from '../field-errors.ts';
import type { SchemaNode } from './schema.ts';

/** Elements given twice in lists of type set and map (x-kubernetes-list-type). */
export function validateListTypes(schema: SchemaNode, value: unknown): FieldError[] {
  const errors: FieldError[] = [];
  visit(schema, { value, path: '' }, errors);
  return errors;
}

interface Place {
  readonly value: unknown;
  readonly path: string;
}

function visit(schema: SchemaNode, { value, path }: Place, errors: FieldError[]): void {
  if (Array.isArray(value)) {
    if (schema.listType === 'set')
      repeated(value, { path, shown: (i): unknown => value[i] }, errors);
    if (schema.listType === 'map') keyed(schema, { value, path }, errors);
    const { items } = schema;
    if (items === undefined) return;
    for (let i = 0; i < value.length; i++)
      if (typeof value[i] === 'object')
        visit(items, { value: value[i], path: `${path}[${i}]` }, errors);
    return;
  }
  if (!isObject(value)) return;
  for (const key in value) {
    if (typeof value[key] !== 'object') continue;
    const property = schema.properties.get(key);
    const child = property ?? schema.child(key);
    if (child === undefined) continue;
    const below = property === undefined ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    visit(child, { value: value[key], path: below }, errors);
  }
}

function repeated(
  values: readonly unknown[],
  { path, shown }: { readonly path: string; readonly shown: (index: number) => unknown },
  errors: FieldError[],
): void {
  const seen = new Map<string, number>();
  for (const [i, value] of values.entries()) {
    const key = jsonText(value) ?? 'undefined';
    const times = seen.get(key) ?? 0;
    seen.set(key, times + 1);
    if (times === 1) errors.push(duplicate(`${path}[${i}]`, shown(i)));
  }
}

function keyed(schema: SchemaNode, place: Place, errors: FieldError[]): void {
  const values = place.value as readonly unknown[];
  const { path } = place;
  const wrong = values.findIndex((value) => value !== null && !isObject(value));
  if (wrong >= 0) {
    const detail = 'must be an object for an array of list-type map';
    errors.push(invalid(`${path}[${wrong}]`, values[wrong], detail));
    return;
  }
  const keys = values.map((value) => {
    const present: Record<string, unknown> = {};
    if (isObject(value))
      for (const key of schema.mapKeys) if (Object.hasOwn(value, key)) present[key] = value[key];
    return present;
  });
  repeated(keys, { path, shown: (i) => keys[i] }, errors);
}
