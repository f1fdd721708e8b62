/** "…%s…".format([…]), as cel-go has it in the locale "en". */
import { clausesOf, FormatFault, wanted } from './format-clauses.ts';
import { goQuoted } from './quoted.ts';
import { stringOf } from '../text.ts';
import { typeNameOf } from '../type-name.ts';
import {
  CelError,
  type CelMap,
  type CelValue,
  isList,
  isMap,
  type List,
  Opaque,
  Optional,
  Struct,
  TypeValue,
  Uint,
} from '../values.ts';

const MAX_PRECISION = 1_000;
const PRECISION = 6;

export function formatted(text: string, args: List): string {
  try {
    let result = '';
    let next = 0;
    for (const clause of clausesOf(text)) {
      if (clause.type === 'text') {
        result += clause.text;
        continue;
      }
      if (next >= args.size) throw new FormatFault(`index ${next} out of range`);
      const { verb, precision = PRECISION } = clause;
      if (precision > MAX_PRECISION) throw new FormatFault('precision too large');
      result += shownBy(verb, args.at(next++), precision);
    }
    return result;
  } catch (error) {
    if (error instanceof FormatFault) throw new CelError(error.message);
    throw error;
  }
}

function wrong(verb: string, value: CelValue): FormatFault {
  const [clause, types] = wanted[verb.toLowerCase()]!;
  const text = `${clause} clause can only be used on ${types}, was given ${typeNameOf(value)}`;
  return new FormatFault(`error during formatting: ${text}`);
}

function shownBy(verb: string, value: CelValue, precision: number): string {
  switch (verb) {
    case 's':
      return shown(value);
    case 'd':
      return integer(verb, value, 10);
    case 'b':
      return typeof value === 'boolean' ? String(Number(value)) : integer(verb, value, 2);
    case 'o':
      return integer(verb, value, 8);
    case 'x':
      return hex(verb, value);
    case 'X':
      return hex(verb, value).toUpperCase();
    default: {
      if (typeof value !== 'number' && !isNamedNumber(value)) throw wrong(verb, value);
      const number = Number(value);
      if (!Number.isFinite(number)) return special(number);
      return verb === 'f' ? grouped(fixed(number, precision)) : scientific(number);
    }
  }
}

const isNamedNumber = (value: CelValue): value is string =>
  value === 'NaN' || value === 'Infinity' || value === '-Infinity';

function special(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '∞' : '-∞';
}

function integer(verb: string, value: CelValue, base: number): string {
  if (typeof value === 'bigint') return value.toString(base);
  if (value instanceof Uint) return value.value.toString(base);
  throw wrong(verb, value);
}

function hex(verb: string, value: CelValue): string {
  if (typeof value === 'string' || value instanceof Uint8Array)
    return Buffer.from(value as string).toString('hex');
  return integer(verb, value, 16);
}

const MAX_DIGITS = 100;

/** JavaScript rounds ties away from zero; Go to the even digit. */
function fixed(value: number, precision: number): string {
  if (precision >= MAX_DIGITS) return value.toFixed(MAX_DIGITS);
  const exact = Math.abs(value).toFixed(MAX_DIGITS);
  const at = exact.indexOf('.') + 1 + precision;
  const isTie = /^50*$/.test(exact.slice(at));
  if (!isTie || Math.abs(value) >= 1e21) return value.toFixed(precision);
  const kept = exact.slice(0, at).replace(/\.$/, '');
  if (Number(kept.at(-1)) % 2 === 1) return value.toFixed(precision);
  return value < 0 ? `-${kept}` : kept;
}

function grouped(text: string): string {
  const [whole = '', fraction] = text.split('.');
  const groups = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? groups : `${groups}.${fraction}`;
}

const RAISED = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** 1.234500×10⁰³: six digits, whatever was asked for. */
function scientific(value: number): string {
  const [mantissa = '', exponent = ''] = value.toExponential(PRECISION).split('e');
  const digits = exponent.replace(/^[+-]/, '').padStart(2, '0');
  const sign = exponent.startsWith('-') ? '⁻' : '';
  return `${mantissa}×10${sign}${[...digits].map((digit) => RAISED[Number(digit)]).join('')}`;
}

function shown(value: CelValue): string {
  if (value === null) return 'null';
  if (value instanceof TypeValue) return value.name;
  if (isList(value)) return `[${Array.from(value as Iterable<CelValue>, within).join(', ')}]`;
  if (isMap(value)) return shownMap(value);
  if (value instanceof Opaque || value instanceof Optional || value instanceof Struct)
    throw wrong('s', value);
  return stringOf(value);
}

function shownMap(map: CelMap): string {
  const entries = [...map.keys()].map((key) => [within(key), within(map.get(key)!)] as const);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, each]) => `${key}:${each}`).join(', ')}}`;
}

/** Within a list or a map: so that it reads as an expression. */
function within(value: CelValue): string {
  if (typeof value === 'string') return goQuoted(value);
  if (value instanceof Uint8Array) return `b${goQuoted(stringOf(value))}`;
  if (typeof value === 'number')
    return Number.isFinite(value) ? fixed(value, PRECISION) : `"${stringOf(value)}"`;
  if (value instanceof TypeValue) return `type(${value.name})`;
  return shown(value);
}
