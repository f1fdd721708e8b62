import { integerOf } from '../long-integer.ts';
import { stringOf } from './text.ts';
import {
  CelError,
  type CelValue,
  Duration,
  isList,
  isMap,
  JsonList,
  JsonMap,
  Struct,
  Timestamp,
  Uint,
} from './values.ts';

/** Nothing deeper comes out of an object of JSON that was let in. */
const MAX_DEPTH = 1_000;

/** A value as JSON; what was JSON before is handed out as it is. */
export function jsonOf(value: CelValue, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new CelError('value is nested too deeply');
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return integerOf(value);
  if (value instanceof Uint) return integerOf(value.value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Timestamp || value instanceof Duration) return stringOf(value);
  if (value instanceof JsonList || value instanceof JsonMap) return value.raw;
  if (isList(value))
    return Array.from(value as Iterable<CelValue>, (each) => jsonOf(each, depth + 1));
  if (value instanceof Struct) return objectOf(value.fields.entries(), depth);
  if (isMap(value)) {
    const map = value;
    const entries = [...map.keys()].map((key) => [textKey(key), map.get(key)!] as const);
    return objectOf(entries, depth);
  }
  throw new CelError('value has no JSON form');
}

function textKey(key: CelValue): string {
  if (typeof key === 'string') return key;
  throw new CelError('keys of JSON objects are strings');
}

function objectOf(entries: Iterable<readonly [string, CelValue]>, depth: number): object {
  const object: Record<string, unknown> = {};
  for (const [name, value] of entries) object[name] = jsonOf(value, depth + 1);
  return object;
}
