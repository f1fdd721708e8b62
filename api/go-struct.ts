/**
 * Where a field error shows a whole struct, kube-apiserver prints one of its internal types, which
 * carry no JSON names: every field by its Go name, in the order of its declaration, set or not.
 */

import { jsonText } from '../platform/json-text.ts';

/** By the JSON names, what an absent field is printed as; a shape is a pointer to a struct. */
export interface GoShape {
  readonly [field: string]: null | '' | 0 | GoShape;
}

type Fields = Readonly<Record<string, unknown>>;

export function goStruct(value: object | undefined, shape: GoShape): unknown {
  if (value === undefined) return null;
  const fields = value as Fields;
  return Object.fromEntries(
    Object.entries(shape).map(([name, absent]) => [goName(name), printed(fields[name], absent)]),
  );
}

function printed(value: unknown, absent: GoShape[string]): unknown {
  if (absent !== null && typeof absent === 'object') {
    return goStruct(value as object | undefined, absent);
  }
  return value ?? absent;
}

const abbreviations = new Map([['seLinuxOptions', 'SELinuxOptions']]);

const goName = (name: string): string =>
  abbreviations.get(name) ?? name.slice(0, 1).toUpperCase() + name.slice(1);

/** A JSON value as Go prints one of maps and slices with %v. */
export function goValue(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') return jsonText(value);
  const fields = Object.entries(value as Fields).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${fields.map(([name, inner]) => `${name}:${goValue(inner)}`).join(' ')}]`;
}

/** The type of a JSON value as Go prints it with %T. */
export function goTypeOf(value: unknown): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'object') return 'map[string]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  if (typeof value === 'bigint') return 'int64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}
