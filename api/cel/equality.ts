/** Equality and order of values. Numbers of different types are equal if they are the same. */
import {
  type CelMap,
  type CelValue,
  Duration,
  isList,
  isMap,
  JsonList,
  JsonMap,
  type List,
  noSuchOverload,
  Opaque,
  Optional,
  Struct,
  Timestamp,
  TypeValue,
  Uint,
} from './values.ts';
import { deepEqual } from '../deep.ts';

type Numeric = bigint | number | Uint;

function isNumeric(value: CelValue): value is Numeric {
  return typeof value === 'bigint' || typeof value === 'number' || value instanceof Uint;
}

const plain = (value: Numeric): bigint | number => (value instanceof Uint ? value.value : value);

export function equal(a: CelValue, b: CelValue): boolean {
  if (a === b) return true;
  if (isNumeric(a)) return isNumeric(b) && compareNumbers(plain(a), plain(b)) === 0;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (isList(a)) return isList(b) && equalLists(a, b);
  if (isMap(a)) return isMap(b) && equalMaps(a, b);
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos;
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (a instanceof Optional) return b instanceof Optional && equalOptionals(a, b);
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name;
  if (a instanceof Opaque) return a.equals(b);
  if (a instanceof Struct) return b instanceof Struct && equalStructs(a, b);
  return false;
}

function equalLists(a: List, b: List): boolean {
  if (a.size !== b.size) return false;
  const keys = a instanceof JsonList ? a.type.keys : undefined;
  if (keys !== undefined) return sameItems(a, b, keys);
  // What came from JSON compares as JSON: its numbers are equal whatever their types.
  if (a instanceof JsonList && b instanceof JsonList) return deepEqual(a.raw, b.raw);
  for (let i = 0; i < a.size; i++) if (!equal(a.at(i), b.at(i))) return false;
  return true;
}

/** Sets and lists with keys are equal in any order. */
function sameItems(a: List, b: List, keys: 'set' | readonly string[]): boolean {
  const byIdentity = new Map<string, CelValue>();
  for (const item of a) byIdentity.set(identityOf(item, keys), item);
  for (const item of b) {
    const own = byIdentity.get(identityOf(item, keys));
    if (own === undefined || !equal(own, item)) return false;
  }
  return true;
}

/** What tells an item of such a list from the others. */
export function identityOf(item: CelValue, keys: 'set' | readonly string[]): string {
  const parts = keys === 'set' ? [item] : keys.map((key) => isMap(item) && item.get(key));
  return JSON.stringify(parts, (_name, value: unknown) => {
    if (value instanceof Uint || typeof value === 'bigint') return `n${String(plain(value))}`;
    if (value instanceof JsonList || value instanceof JsonMap) return value.raw;
    return typeof value === 'string' ? `s${value}` : value;
  });
}

function equalMaps(a: CelMap, b: CelMap): boolean {
  if (a.size !== b.size) return false;
  if (a instanceof JsonMap && b instanceof JsonMap) return deepEqual(a.raw, b.raw);
  for (const key of a.keys()) {
    const other = b.get(key);
    if (other === undefined || !equal(a.get(key)!, other)) return false;
  }
  return true;
}

function equalOptionals(a: Optional, b: Optional): boolean {
  if (a.value === undefined || b.value === undefined) return a.value === b.value;
  return equal(a.value, b.value);
}

function equalStructs(a: Struct, b: Struct): boolean {
  if (a.typeName !== b.typeName || a.fields.size !== b.fields.size) return false;
  for (const [name, value] of a.fields) {
    const other = b.fields.get(name);
    if (other === undefined || !equal(value, other)) return false;
  }
  return true;
}

/** Undefined for NaN. */
export function compare(a: CelValue, b: CelValue): number | undefined {
  if (isNumeric(a) && isNumeric(b)) return compareNumbers(plain(a), plain(b));
  if (typeof a === 'string' && typeof b === 'string') return orderTexts(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (a instanceof Timestamp && b instanceof Timestamp) return compareNumbers(a.nanos, b.nanos);
  if (a instanceof Duration && b instanceof Duration) return compareNumbers(a.nanos, b.nanos);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  throw noSuchOverload();
}

/** JavaScript orders bigints and numbers by value, whatever their types. */
function compareNumbers(a: bigint | number, b: bigint | number): number | undefined {
  if (a < b) return -1;
  if (a > b) return 1;
  return a <= b ? 0 : undefined;
}

const SURROGATE = /[\ud800-\udfff]/;

/** By code points, as Go compares bytes of UTF-8. */
function orderTexts(a: string, b: string): number {
  if (a === b) return 0;
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}

export function memberOf(value: CelValue, list: List): boolean {
  for (const each of list) if (equal(value, each)) return true;
  return false;
}
