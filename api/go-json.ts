/** JSON as Go's encoder writes it: keys in order, `<`, `>` and `&` escaped. */

import { jsonText } from '../platform/json-text.ts';

const escaped: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

export function goJson(value: unknown, indent?: string): string {
  return goJsonAsIs(sortKeys(value), indent);
}

/** As {@link goJson}, keys in the order they have. */
export function goJsonAsIs(value: unknown, indent?: string): string {
  const text = jsonText(value, indent);
  return text.replaceAll(/[<>&\u2028\u2029]/g, (c) => escaped[c]!);
}

/** Keys in order at every level, as Go encodes maps. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}
