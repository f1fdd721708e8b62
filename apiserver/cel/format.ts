/** "…%s…".format([…]) */
import { stringOf } from './text.ts';
import { typeNameOf } from './type-name.ts';
import {
  CelError,
  type CelValue,
  isList,
  isMap,
  type List,
  Opaque,
  Optional,
  Struct,
  TypeValue,
  Uint,
} from './values.ts';

const CLAUSE = /%(?:%|(?:\.(\d+))?(.))/gs;
const MAX_PRECISION = 1_000;

export function formatted(text: string, args: List): string {
  let next = 0;
  return text.replace(CLAUSE, (whole, precision: string | undefined, verb: string) => {
    if (whole === '%%') return '%';
    if (next >= args.size)
      throw new CelError(`error during formatting: index ${next} out of range`);
    const digits = precision === undefined ? 6 : Number(precision);
    if (digits > MAX_PRECISION) throw new CelError('error during formatting: precision too large');
    return clause(verb, args.at(next++), digits);
  });
}

function wrong(verb: string, value: CelValue, expected: string): CelError {
  const is = `was given ${typeNameOf(value)}`;
  return new CelError(
    `error during formatting: ${verb} clause can only be used on ${expected}, ${is}`,
  );
}

function clause(verb: string, value: CelValue, precision: number): string {
  switch (verb) {
    case 's':
      return shown(value);
    case 'd':
      if (typeof value === 'bigint') return String(value);
      if (value instanceof Uint) return String(value.value);
      throw wrong('decimal', value, 'integers');
    case 'f':
      if (typeof value === 'number') return value.toFixed(Math.min(precision, 100));
      throw wrong('fixed-point', value, 'doubles');
    case 'e':
      if (typeof value === 'number') return exponent(value, precision);
      throw wrong('scientific', value, 'doubles');
    case 'b':
      if (typeof value === 'boolean') return value ? '1' : '0';
      if (typeof value === 'bigint') return value.toString(2);
      if (value instanceof Uint) return value.value.toString(2);
      throw wrong('binary', value, 'integers and bools');
    case 'x':
    case 'X':
      return verb === 'x' ? hex(value) : hex(value).toUpperCase();
    case 'o':
      if (typeof value === 'bigint') return value.toString(8);
      if (value instanceof Uint) return value.value.toString(8);
      throw wrong('octal', value, 'integers');
    default:
      throw new CelError(`error during formatting: unrecognized formatting clause "${verb}"`);
  }
}

function exponent(value: number, precision: number): string {
  return value.toExponential(Math.min(precision, 100)).replace(/e([+-])(\d)$/, 'e$10$2');
}

function hex(value: CelValue): string {
  if (typeof value === 'bigint') return value.toString(16);
  if (value instanceof Uint) return value.value.toString(16);
  if (typeof value === 'string') return Buffer.from(value).toString('hex');
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  throw wrong('hex', value, 'integers, byte buffers, and strings');
}

function shown(value: CelValue): string {
  if (value === null) return 'null';
  if (value instanceof TypeValue) return value.name;
  if (isList(value)) return `[${[...value].map(shown).join(', ')}]`;
  if (isMap(value)) {
    const entries = [...value.keys()].map((key) => [shown(key), shown(value.get(key)!)] as const);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, each]) => `${key}: ${each}`).join(', ')}}`;
  }
  if (value instanceof Opaque || value instanceof Optional || value instanceof Struct)
    throw wrong(
      'string',
      value,
      'strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
    );
  return stringOf(value);
}
