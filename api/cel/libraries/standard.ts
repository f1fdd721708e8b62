/** The standard operators and functions of CEL (google/cel-spec, "Standard definitions"). */
import {
  add,
  divide,
  duration,
  int,
  modulo,
  multiply,
  negate,
  subtract,
  timestamp,
  uint,
} from '../arithmetic.ts';
import { compare, equal, memberOf } from '../equality.ts';
import { readDuration, readTimestamp } from './time.ts';
import {
  bothSizes,
  type Overload,
  overload,
  type Pricing,
  searching,
  shorter,
  traversal,
  traverse,
  traverseBoth,
} from '../overloads.ts';
import { matches } from './regex.ts';
import { characters } from '../characters.ts';
import { bytesOf, stringOf } from '../text.ts';
import type { Uint } from '../values.ts';
import {
  CelError,
  type CelMap,
  type CelValue,
  Duration,
  isMap,
  type List,
  MAX_INT,
  MAX_UINT,
  MIN_INT,
  noSuchOverload,
  Optional,
  noSuchKey,
  TypeValue,
  type Timestamp,
} from '../values.ts';
import { typeNameOf } from '../type-name.ts';

const ordered = 'bool int uint double string bytes timestamp duration'.split(' ');
const numbers = ['int', 'uint', 'double'];

type Test = (order: number) => boolean;

function comparison(operator: string, test: Test): Overload[] {
  const call = (a: CelValue, b: CelValue): boolean => {
    const order = compare(a, b);
    return order !== undefined && test(order);
  };
  const pairs = [
    ...ordered.map((type) => [type, type] as const),
    ...numbers.flatMap((a) => numbers.filter((b) => a !== b).map((b) => [a, b] as const)),
  ];
  return pairs.map(([a, b]) => {
    const cost = a === 'string' || a === 'bytes' ? shorter : undefined;
    return overload(`${operator}(${a}, ${b}): bool`, call, cost && { cost });
  });
}

function arithmetic(
  operator: string,
  call: (a: CelValue, b: CelValue) => CelValue,
  types: readonly string[],
): Overload[] {
  return types.map((type) => {
    const [a, b = a, result = a] = type.split(' ');
    const long = a === 'string' || a === 'bytes';
    const pricing = {
      ...(long && { cost: traverseBoth }),
      ...((long || a === 'list(T)') && { size: bothSizes }),
    };
    return overload(`${operator}(${a}, ${b}): ${result}`, call, pricing);
  });
}

const operators: readonly Overload[] = [
  ...arithmetic('_+_', add, [
    ...['int', 'uint', 'double', 'string', 'bytes', 'list(T)'],
    ...['duration', 'timestamp duration timestamp', 'duration timestamp timestamp'],
  ]),
  ...arithmetic('_-_', subtract, [
    ...['int', 'uint', 'double', 'duration'],
    ...['timestamp duration timestamp', 'timestamp timestamp duration'],
  ]),
  ...arithmetic('_*_', multiply, numbers),
  ...arithmetic('_/_', divide, numbers),
  ...arithmetic('_%_', modulo, ['int', 'uint']),
  overload('-_(int): int', negate),
  overload('-_(double): double', negate),
  overload('!_(bool): bool', (a: CelValue) => {
    if (typeof a !== 'boolean') throw noSuchOverload();
    return !a;
  }),
  overload('_==_(T, T): bool', equal, { cost: shorter, walks: true }),
  overload('_!=_(T, T): bool', (a: CelValue, b: CelValue) => !equal(a, b), {
    cost: shorter,
    walks: true,
  }),
  ...comparison('_<_', (order) => order < 0),
  ...comparison('_<=_', (order) => order <= 0),
  ...comparison('_>_', (order) => order > 0),
  ...comparison('_>=_', (order) => order >= 0),
  overload('@in(T, list(T)): bool', (value: CelValue, list: List) => memberOf(value, list), {
    cost: ([, size = 0]) => size,
    walks: true,
  }),
  overload(
    '@in(K, map(K, V)): bool',
    (key: CelValue, map: CelMap) => map.has?.(key) ?? map.get(key) !== undefined,
  ),
  overload('_[_](list(T), int): T', element),
  overload('_[_](map(K, V), K): V', (map: CelMap, key: CelValue) => {
    const value = map.get(key);
    if (value === undefined) throw noSuchKey(stringKey(key));
    return value;
  }),
];

function stringKey(key: CelValue): string {
  return typeof key === 'boolean' ? String(key) : stringOf(key);
}

function element(list: List, index: CelValue): CelValue {
  if (typeof index !== 'bigint' && typeof index !== 'number') throw noSuchOverload();
  const at = Number(index);
  if (!Number.isInteger(at) || at < 0 || at >= list.size)
    throw new CelError(`index out of bounds: ${at}`);
  return list.at(at);
}

/** `list[?i]`, `map[?k]`, `.?field`: nothing where there is nothing. */
export function optionalElement(value: CelValue, index: CelValue): Optional {
  if (value instanceof Optional)
    return value.value === undefined ? value : optionalElement(value.value, index);
  if (isMap(value)) {
    const found = value.get(index);
    return found === undefined ? Optional.none : Optional.of(found);
  }
  const list = value as List;
  const at = Number(index);
  if (!Number.isInteger(at) || at < 0 || at >= list.size) return Optional.none;
  return Optional.of(list.at(at));
}

const fromDouble = (value: number): bigint => {
  if (!Number.isFinite(value)) throw new CelError('integer overflow');
  return BigInt(Math.trunc(value));
};

const unreadable = (type: string): CelError =>
  new CelError(`type conversion error from 'string' to '${type}'`);

/** Digits as Go's strconv reads them: a sign, and nothing around. */
function digits(text: string, type: 'int' | 'uint'): bigint {
  if (!(type === 'int' ? /^[+-]?\d+$/ : /^\d+$/).test(text)) throw unreadable(type);
  const value = BigInt(text.replace(/^\+/, ''));
  const fits = type === 'int' ? value <= MAX_INT && value >= MIN_INT : value <= MAX_UINT;
  if (!fits) throw unreadable(type);
  return value;
}

function parseDouble(text: string): number {
  if (/^[+-]?(inf|infinity)$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return NaN;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) throw unreadable('double');
  return Number(text);
}

const booleans = new Map([
  ...['true', 'TRUE', 'True', 't', 'T', '1'].map((text) => [text, true] as const),
  ...['false', 'FALSE', 'False', 'f', 'F', '0'].map((text) => [text, false] as const),
]);

const NANOS = 1_000_000_000n;
const same = (value: CelValue): CelValue => value;

const fromBytes: Pricing = {
  cost: traverse,
  size: ([size]) => ({ min: size!.min / 4, max: size!.max }),
};
const toBytes: Pricing = {
  cost: traverse,
  size: ([size]) => ({ min: size!.min, max: size!.max * 4 }),
};

const conversions: readonly Overload[] = [
  overload('int(int): int', same),
  overload('int(uint): int', (value: Uint) => int(value.value)),
  overload('int(double): int', (value: number) => int(fromDouble(value))),
  overload('int(string): int', (text: string) => digits(text, 'int')),
  overload('int(timestamp): int', ({ nanos }: Timestamp) => floorDivide(nanos, NANOS)),
  overload('int(duration): int', ({ nanos }: Duration) => nanos),
  overload('uint(uint): uint', same),
  overload('uint(int): uint', (value: bigint) => uint(value)),
  overload('uint(double): uint', (value: number) => {
    if (value < 0) throw new CelError('unsigned integer overflow');
    return uint(fromDouble(value));
  }),
  overload('uint(string): uint', (text: string) => uint(digits(text, 'uint'))),
  overload('double(double): double', same),
  overload('double(int): double', (value: bigint) => Number(value)),
  overload('double(uint): double', (value: Uint) => Number(value.value)),
  overload('double(string): double', parseDouble),
  overload('bool(bool): bool', same),
  overload('bool(string): bool', (text: string) => {
    const value = booleans.get(text);
    if (value === undefined) throw unreadable('bool');
    return value;
  }),
  ...['string', 'bool', 'int', 'uint', 'double', 'bytes', 'timestamp', 'duration'].map((type) =>
    overload(`string(${type}): string`, stringOf, type === 'bytes' ? fromBytes : {}),
  ),
  overload('bytes(bytes): bytes', same),
  overload('bytes(string): bytes', bytesOf, toBytes),
  overload('timestamp(timestamp): timestamp', same),
  overload('timestamp(string): timestamp', (text: string) => {
    const time = readTimestamp(text);
    if (time === undefined) throw unreadable('google.protobuf.Timestamp');
    return time;
  }),
  overload('timestamp(int): timestamp', (seconds: bigint) => timestamp(seconds * NANOS)),
  overload('duration(duration): duration', same),
  overload('duration(string): duration', (text: string) => {
    const nanos = readDuration(text);
    if (nanos === undefined) throw unreadable('google.protobuf.Duration');
    return duration(nanos);
  }),
  overload('duration(int): duration', (nanos: bigint) => new Duration(nanos)),
  overload('dyn(T): dyn', same),
  overload('type(T): type(T)', (value: CelValue) => new TypeValue(typeNameOf(value))),
];

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

/** cel-go estimates by the part, and charges for the whole. */
const ends: Pricing = {
  cost: traverse,
  estimate: ([, part]) => traversal(part!.max),
};

const sizes = (type: string, pricing?: Pricing): Overload[] =>
  [`size(${type}): int`, `${type}.size(): int`].map((signature) =>
    overload(signature, (value: List | CelMap) => BigInt(value.size), pricing),
  );

const functions: readonly Overload[] = [
  overload('size(string): int', (text: string) => BigInt(characters(text))),
  overload('string.size(): int', (text: string) => BigInt(characters(text))),
  overload('size(bytes): int', (bytes: Uint8Array) => BigInt(bytes.length)),
  overload('bytes.size(): int', (bytes: Uint8Array) => BigInt(bytes.length)),
  ...sizes('list(T)'),
  ...sizes('map(K, V)', { walks: true }),
  overload('string.contains(string): bool', (a: string, b: string) => a.includes(b), {
    cost: searching,
  }),
  overload('string.startsWith(string): bool', (a: string, b: string) => a.startsWith(b), ends),
  overload('string.endsWith(string): bool', (a: string, b: string) => a.endsWith(b), ends),
  ...matches,
  overload('duration.getHours(): int', ({ nanos }: Duration) => nanos / (3_600n * NANOS)),
  overload('duration.getMinutes(): int', ({ nanos }: Duration) => nanos / (60n * NANOS)),
  overload('duration.getSeconds(): int', ({ nanos }: Duration) => nanos / NANOS),
  overload('duration.getMilliseconds(): int', ({ nanos }: Duration) => nanos / 1_000_000n),
];

export const standard: readonly Overload[] = [...operators, ...conversions, ...functions];
