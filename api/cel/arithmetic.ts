/** int and uint have 64 bits, and say so when they do not suffice. */
import { identityOf } from './equality.ts';
import {
  ArrayList,
  CelError,
  type CelValue,
  ConcatList,
  Duration,
  isList,
  JsonList,
  type List,
  MAX_INT,
  MAX_UINT,
  MIN_INT,
  noSuchOverload,
  Timestamp,
  Uint,
} from './values.ts';

export function int(value: bigint): bigint {
  if (value > MAX_INT || value < MIN_INT) throw new CelError('integer overflow');
  return value;
}

export function uint(value: bigint): Uint {
  if (value > MAX_UINT || value < 0n) throw new CelError('unsigned integer overflow');
  return new Uint(value);
}

/** 0001-01-01 to 9999-12-31. */
const MIN_TIME = -62_135_596_800_000_000_000n;
const MAX_TIME = 253_402_300_799_999_999_999n;

export function timestamp(nanos: bigint): Timestamp {
  if (nanos < MIN_TIME || nanos > MAX_TIME) throw new CelError('timestamp overflow');
  return new Timestamp(nanos);
}

export function duration(nanos: bigint): Duration {
  if (nanos > MAX_INT || nanos < MIN_INT) throw new CelError('duration overflow');
  return new Duration(nanos);
}

/** Lists are joined without a copy, but not without end: finding an item takes as many steps. */
const MAX_CONCATENATIONS = 1_000;

export function add(a: CelValue, b: CelValue): CelValue {
  if (typeof a === 'bigint' && typeof b === 'bigint') return int(a + b);
  if (typeof a === 'string' && typeof b === 'string') return a + b;
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (a instanceof Uint && b instanceof Uint) return uint(a.value + b.value);
  if (a instanceof JsonList && a.type.keys !== undefined && isList(b))
    return merged(a, b, a.type.keys);
  if (isList(a) && isList(b)) {
    const list = new ConcatList(a, b);
    if (list.depth > MAX_CONCATENATIONS) throw new CelError('too many list concatenations');
    return list;
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array)
    return new Uint8Array(Buffer.concat([a, b]));
  if (a instanceof Duration && b instanceof Duration) return duration(a.nanos + b.nanos);
  if (a instanceof Timestamp && b instanceof Duration) return timestamp(a.nanos + b.nanos);
  if (a instanceof Duration && b instanceof Timestamp) return timestamp(a.nanos + b.nanos);
  throw noSuchOverload();
}

/**
 * Kubernetes joins sets and lists with keys (x-kubernetes-list-type) by their items: what is there
 * already is replaced in its place, what is new comes after it.
 */
function merged(a: JsonList, b: List, keys: 'set' | readonly string[]): List {
  const items = new Map<string, CelValue>();
  for (const each of a) items.set(identityOf(each, keys), each);
  for (const each of b) items.set(identityOf(each, keys), each);
  return new ArrayList([...items.values()]);
}

export function subtract(a: CelValue, b: CelValue): CelValue {
  if (typeof a === 'bigint' && typeof b === 'bigint') return int(a - b);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (a instanceof Uint && b instanceof Uint) return uint(a.value - b.value);
  if (a instanceof Duration && b instanceof Duration) return duration(a.nanos - b.nanos);
  if (a instanceof Timestamp && b instanceof Duration) return timestamp(a.nanos - b.nanos);
  if (a instanceof Timestamp && b instanceof Timestamp) return duration(a.nanos - b.nanos);
  throw noSuchOverload();
}

export function multiply(a: CelValue, b: CelValue): CelValue {
  if (typeof a === 'bigint' && typeof b === 'bigint') return int(a * b);
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  if (a instanceof Uint && b instanceof Uint) return uint(a.value * b.value);
  throw noSuchOverload();
}

export function divide(a: CelValue, b: CelValue): CelValue {
  if (typeof a === 'number' && typeof b === 'number') return a / b;
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    if (b === 0n) throw new CelError('division by zero');
    return int(a / b);
  }
  if (a instanceof Uint && b instanceof Uint) {
    if (b.value === 0n) throw new CelError('division by zero');
    return new Uint(a.value / b.value);
  }
  throw noSuchOverload();
}

export function modulo(a: CelValue, b: CelValue): CelValue {
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    if (b === 0n) throw new CelError('modulus by zero');
    return a % b;
  }
  if (a instanceof Uint && b instanceof Uint) {
    if (b.value === 0n) throw new CelError('modulus by zero');
    return new Uint(a.value % b.value);
  }
  throw noSuchOverload();
}

export function negate(a: CelValue): CelValue {
  if (typeof a === 'bigint') return int(-a);
  if (typeof a === 'number') return -a;
  throw noSuchOverload();
}
