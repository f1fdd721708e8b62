/**
 * One step of a path, as FieldsV1 writes it: "f:name" for a field or key of a map, `k:{…}` for an
 * element of a list by its keys, `v:…` for an element of a set by its value. Keys stand in the
 * order of their names and without spaces, so that equal elements are equal texts.
 */
import { jsonText } from '../../platform/json-text.ts';
import { isObject } from '../deep.ts';
import { parseJson } from '../json.ts';

export function fieldElement(name: string): string {
  return `f:${name}`;
}

export function valueElement(value: unknown): string {
  return `v:${jsonText(value)}`;
}

/** `keys` are sorted by name. */
export function keyElement(keys: readonly (readonly [string, unknown])[]): string {
  const texts = keys.map(([name, value]) => `${JSON.stringify(name)}:${jsonText(value)}`);
  return `k:{${texts.join(',')}}`;
}

/** As messages print it: `.name`, `[name="web"]`, `[="x"]`. */
export function printElement(element: string): string {
  const text = element.slice(2);
  switch (element[0]) {
    case 'k': {
      const keys = parseJson(text).value as Record<string, unknown>;
      const parts = Object.entries(keys).map(([name, value]) => `${name}=${jsonText(value)}`);
      return `[${parts.join(',')}]`;
    }
    case 'v':
      return `[=${text}]`;
    case 'i':
      return `[${text}]`;
    default:
      return `.${text}`;
  }
}

export function printPath(path: readonly string[]): string {
  return path.map(printElement).join('');
}

/** "." first, then fields, list elements by their keys, by their values, by their index. */
export function byElement(a: string, b: string): number {
  const kinds = ELEMENT_KINDS.indexOf(a[0]!) - ELEMENT_KINDS.indexOf(b[0]!);
  if (kinds !== 0) return kinds;
  if (a[0] === 'f' || (IS_TEXT.test(a) && IS_TEXT.test(b))) return a < b ? -1 : a > b ? 1 : 0;
  return byValue(parseJson(a.slice(2)).value, parseJson(b.slice(2)).value);
}

const ELEMENT_KINDS = '.fkvi';
/** One key whose value is a text, or a text: these are in the order of what is written here. */
const IS_TEXT = /^(k:\{"[^"\\]*":"[^"\\]*"\}|v:"[^"\\]*")$/;

/** Of values of one type: numbers by size, keys one after the other, all else as text. */
function byValue(a: unknown, b: unknown): number {
  if (isObject(a) && isObject(b)) {
    const theirs = Object.entries(b);
    for (const [i, [name, value]] of Object.entries(a).entries()) {
      const other = theirs[i];
      if (other === undefined) return 1;
      const order = byValue(name, other[0]) || byValue(value, other[1]);
      if (order !== 0) return order;
    }
    return Object.keys(a).length - theirs.length;
  }
  const isNumeric = [a, b].every((each) => typeof each === 'number' || typeof each === 'bigint');
  const [left, right] = isNumeric ? [a as number, b as number] : [jsonText(a), jsonText(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The one way to write an element that a client wrote; undefined if it is none. */
export function canonicalElement(text: string): string | undefined {
  if (text === '.') return text;
  try {
    switch (text.slice(0, 2)) {
      case 'f:':
        return text;
      case 'v:':
        return valueElement(parseJson(text.slice(2)).value);
      case 'i:':
        return /^i:-?\d+$/.test(text) ? text : undefined;
      case 'k:': {
        const keys = parseJson(text.slice(2)).value;
        if (typeof keys !== 'object' || keys === null || Array.isArray(keys)) return undefined;
        const sorted = Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1));
        return keyElement(sorted);
      }
      default:
        return undefined;
    }
  } catch {
    return undefined;
  }
}
