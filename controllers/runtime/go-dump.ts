/**
 * Values as Go prints them. Kubernetes makes names and labels from hashes of the text that
 * `k8s.io/apimachinery/pkg/util/dump.ForHash` gives for a struct: every field in the order of the
 * source, absent ones too, each with its type. The structs are in go-structs.json, as reflection
 * over k8s.io/api 0.34.1 tells them: a list of "Name json-name type" ("." for what is embedded),
 * or what a named type is.
 */
import { canonicalQuantity } from '../../api/quantity.ts';
import { assert } from '../../platform/assert.ts';
import goStructs from './go-structs.json' with { type: 'json' };

const types: Readonly<Record<string, string | readonly string[] | undefined>> = goStructs;

const INT64_MAX = (1n << 63n) - 1n;
/** Digits that an int64 holds whatever they are; more are computed with big numbers. */
const SAFE_DIGITS = 18;
const NANO_DIGITS = 9n;

/** With its type before it, as of a field. `value`: as in JSON; undefined is Go's zero value. */
export function goDump(type: string, value: unknown): string {
  if (type.startsWith('*') && value === undefined) return `(${type})<nil>`;
  return `(${type})${bare(type.replace(/^\*/, ''), value)}`;
}

/** As elements, keys and values of lists and maps are. */
function bare(type: string, value: unknown): string {
  const special = specials[type];
  if (special !== undefined) return special(value as Scalar | undefined);
  if (type.startsWith('[]')) return list(type.slice(2), value as readonly unknown[] | undefined);
  const map = /^map\[(.*?)\](.*)$/.exec(type);
  if (map !== null) return mapping(map[2]!, value as Readonly<Record<string, unknown>> | undefined);
  const known = types[type];
  assert(known !== undefined, `Go's type ${type} is not known`);
  if (typeof known === 'string') return bare(known, value);
  const object = (value ?? {}) as Readonly<Record<string, unknown>>;
  const fields = known.map((field) => {
    const [name, key, fieldType] = field.split(' ') as [string, string, string];
    return `${name}:${goDump(fieldType, key === '.' ? object : (object[key] ?? undefined))}`;
  });
  return `{${fields.join(' ')}}`;
}

/** Empty ones are nil: they do not survive protobuf, which controllers read. */
function list(element: string, values: readonly unknown[] = []): string {
  if (values.length === 0) return '<nil>';
  return `[${values.map((value) => bare(element, value)).join(' ')}]`;
}

function mapping(element: string, values: Readonly<Record<string, unknown>> = {}): string {
  const keys = Object.keys(values).sort();
  if (keys.length === 0) return '<nil>';
  return `map[${keys.map((key) => `${key}:${bare(element, values[key])}`).join(' ')}]`;
}

/** As `api/json.ts` reads them. */
type Scalar = string | number | boolean | bigint;

const whole = (value: Scalar = 0): string => String(value);

const specials: Readonly<Record<string, ((value?: Scalar) => string) | undefined>> = {
  string: (value = '') => String(value),
  bool: (value = false) => String(value),
  int32: whole,
  int64: whole,
  'intstr.IntOrString': (value) => {
    const [type, number, text] = typeof value === 'string' ? [1, 0, value] : [0, value ?? 0, ''];
    return `{Type:(intstr.Type)${type} IntVal:(int32)${whole(number)} StrVal:(string)${text}}`;
  },
  'resource.Quantity': (value) => quantity(value as string | number | undefined),
  // Of templates, which nobody created.
  'v1.Time': () => '{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}',
};

const binarySuffixes = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const decimalSuffixes: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};

interface Amount {
  readonly value: bigint;
  readonly scale: number;
  /** The text, if Go kept it. */
  readonly kept: string;
  readonly format: string;
}

function quantity(value: string | number | undefined): string {
  // Protobuf has canonical ones only, and none that are absent: a whole number and its suffix.
  const text = canonicalQuantity(value ?? 0);
  const [, sign = '', digits = '0', suffix = ''] = /^(-?)(\d+)(.*)$/.exec(text) ?? [];
  if (text === '0') return amountText({ value: 0n, scale: 0, kept: text, format: 'DecimalSI' });
  const number = BigInt(sign + digits);
  const power = binarySuffixes.indexOf(suffix) + 1;
  if (power > 0) {
    const value = number << BigInt(10 * power);
    const room = 15 - digits.length - 3 * power - 1;
    if (room < 0 || value > INT64_MAX) return largeText(value * 10n ** NANO_DIGITS, 'BinarySI');
    const kept = (number & 7n) !== 0n ? text : '';
    return amountText({ value, scale: 0, kept, format: 'BinarySI' });
  }
  const exponent = /^[eE]([+-]?\d+)$/.exec(suffix)?.[1];
  const format = exponent === undefined ? 'DecimalSI' : 'DecimalExponent';
  const scale = exponent === undefined ? decimalSuffixes[suffix]! : Number(exponent);
  if (digits.length > SAFE_DIGITS)
    return largeText(number * 10n ** (BigInt(scale) + NANO_DIGITS), format);
  const kept = scale % 3 === 0 && !digits.endsWith('000') ? text : '';
  return amountText({ value: number, scale, kept, format });
}

const NO_DECIMAL = 'd:(resource.infDecAmount){Dec:(*inf.Dec)<nil>}';

function amountText({ value, scale, kept, format }: Amount): string {
  const amount = `{value:(int64)${value} scale:(resource.Scale)${scale}}`;
  return `{i:(resource.int64Amount)${amount} ${NO_DECIMAL} ${formatText(kept, format)}}`;
}

const formatText = (kept: string, format: string): string =>
  `s:(string)${kept} Format:(resource.Format)${format}`;

/** Beyond what Go computes with an int64: in words of 64 bits, the least first. */
function largeText(nanos: bigint, format: string): string {
  const words: bigint[] = [];
  for (let rest = nanos < 0n ? -nanos : nanos; rest > 0n; rest >>= 64n)
    words.push(BigInt.asUintN(64, rest));
  const unscaled = `{neg:(bool)${nanos < 0n} abs:(big.nat)[${words.join(' ')}]}`;
  const decimal = `{unscaled:(big.Int)${unscaled} scale:(inf.Scale)${NANO_DIGITS}}`;
  const large = `d:(resource.infDecAmount){Dec:(*inf.Dec)${decimal}}`;
  const none = 'i:(resource.int64Amount){value:(int64)0 scale:(resource.Scale)0}';
  return `{${none} ${large} ${formatText('', format)}}`;
}
