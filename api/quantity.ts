/**
 * Resource quantities ("100m", "1.5Gi", "2e3") as Kubernetes reads and writes them: fixed point,
 * exact, never a float. The smallest unit is 10^-9; what is finer rounds away from zero. A
 * quantity remembers the family of its suffix and is written in canonical form: no fraction, the
 * largest suffix that loses nothing ("1.5Gi" → "1536Mi", "1000m" → "1").
 */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

export interface Quantity {
  /** The value in units of 10^-9. */
  readonly nano: bigint;
  readonly format: QuantityFormat;
}

/** A text that is no quantity; the messages are Kubernetes'. */
export class QuantityError extends Error {
  override readonly name = 'QuantityError';
}

const FORMAT_WRONG =
  'quantities must match the regular expression ' +
  "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_WRONG = "unable to parse quantity's suffix";
const NUMBER_WRONG = 'unable to parse numeric part of quantity';

/** Far beyond any resource; keeps the arithmetic on what a client sends cheap. */
const MAX_EXPONENT = 1000;
const MAX_TEXT_LENGTH = 1024;

const NANO_EXPONENT = 9;
const MAX_BINARY_NANO = (2n ** 63n - 1n) * 10n ** 9n;

const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

interface Suffix {
  readonly format: QuantityFormat;
  /** A power of ten, or of two for BinarySI. */
  readonly exponent: number;
}

const suffixes = new Map<string, Suffix>([
  ...decimalSuffixes.map((s, i): [string, Suffix] => [
    s,
    { format: 'DecimalSI', exponent: (i - 3) * 3 },
  ]),
  ...binarySuffixes
    .slice(1)
    .map((s, i): [string, Suffix] => [s, { format: 'BinarySI', exponent: (i + 1) * 10 }]),
]);

function parseSuffix(text: string): Suffix {
  const known = suffixes.get(text);
  if (known !== undefined) return known;
  if (!/^[eE][-+]?\d+$/.test(text)) throw new QuantityError(SUFFIX_WRONG);
  const exponent = Number(text.slice(1));
  if (Math.abs(exponent) > MAX_EXPONENT) throw new QuantityError(SUFFIX_WRONG);
  return { format: 'DecimalExponent', exponent };
}

const SHAPE = /^([+-]?)([0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/;
const NUMBER_SHAPE = /^(?:(\d+)(?:\.(\d*))?|\.(\d+))$/;

/** Throws {@link QuantityError}. A JSON number counts as its decimal text. */
export function parseQuantity(value: string | number): Quantity {
  const text = String(value);
  if (text.length > MAX_TEXT_LENGTH) throw new QuantityError(NUMBER_WRONG);
  const parts = SHAPE.exec(text);
  if (parts === null) throw new QuantityError(FORMAT_WRONG);
  const number = NUMBER_SHAPE.exec(parts[2]!);
  if (number === null) throw new QuantityError(FORMAT_WRONG);
  const { format, exponent } = parseSuffix(parts[3]!);
  const fraction = number[2] ?? number[3] ?? '';
  const digits = BigInt((number[1] ?? '') + fraction);
  let nano: bigint;
  if (format === 'BinarySI') {
    nano = scaled(digits << BigInt(exponent), NANO_EXPONENT - fraction.length);
    if (nano > MAX_BINARY_NANO) nano = MAX_BINARY_NANO;
  } else {
    nano = scaled(digits, NANO_EXPONENT + exponent - fraction.length);
  }
  return { nano: parts[1] === '-' ? -nano : nano, format };
}

/** `value` (not negative) times 10^exponent, rounded up. */
function scaled(value: bigint, exponent: number): bigint {
  if (exponent >= 0) return value * 10n ** BigInt(exponent);
  return divideRoundingUp(value, 10n ** BigInt(-exponent));
}

/** Away from zero. */
function divideRoundingUp(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  if (quotient * by === value) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}

/** Canonical text. */
export function formatQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return '0';
  const sign = nano < 0n ? '-' : '';
  const magnitude = nano < 0n ? -nano : nano;
  const unit = 10n ** 9n;
  if (format === 'BinarySI' && magnitude >= 1024n * unit && magnitude % unit === 0n) {
    return sign + binaryText(magnitude / unit);
  }
  return sign + decimalText(magnitude, format);
}

function binaryText(value: bigint): string {
  let power = 0;
  while (power < binarySuffixes.length - 1 && value % 1024n === 0n) {
    value /= 1024n;
    power++;
  }
  return `${value}${binarySuffixes[power]}`;
}

function decimalText(nano: bigint, format: QuantityFormat): string {
  let exponent = -NANO_EXPONENT;
  while (nano % 1000n === 0n) {
    nano /= 1000n;
    exponent += 3;
  }
  const suffix = format === 'DecimalExponent' ? undefined : decimalSuffixes[exponent / 3 + 3];
  if (suffix !== undefined) return `${nano}${suffix}`;
  return exponent === 0 ? `${nano}` : `${nano}e${exponent}`;
}

/** The canonical text of a quantity as a client wrote it. Throws {@link QuantityError}. */
export function canonicalQuantity(value: string | number): string {
  return typeof value === 'string' && isCanonicalQuantity(value)
    ? value
    : formatQuantity(parseQuantity(value));
}

/** Nine digits and these suffixes stay below the cap of 2^63 - 1. */
const PLAIN = /^[1-9]\d{0,8}(m|k|M|G|T|P|E|Ki|Mi|Gi)?$/;

/** True for the usual canonical texts. False means only that it takes parsing to know. */
export function isCanonicalQuantity(text: string): boolean {
  const match = PLAIN.exec(text);
  if (match === null) return text === '0';
  const suffix = match[1];
  const number = parseInt(text, 10);
  return suffix?.length === 2 ? number % 1024 !== 0 : number % 1000 !== 0;
}

const FINER_THAN_MILLI = /[nu]$|e-[69]$/;
const MILLI_NANO = 10n ** 6n;

/** Amounts, in canonical form, finer than a thousandth are rounded up, as Kubernetes' API does. */
export function roundAmounts(amounts: Record<string, string | number> | undefined): void {
  for (const [name, value] of Object.entries(amounts ?? {})) {
    if (!FINER_THAN_MILLI.test(String(value))) continue;
    const { nano, format } = parseQuantity(value);
    const rounded = divideRoundingUp(nano, MILLI_NANO) * MILLI_NANO;
    amounts![name] = formatQuantity({ nano: rounded, format });
  }
}

/** Negative, zero or positive, as `a` is less than, equal to or greater than `b`. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  return a.nano === b.nano ? 0 : a.nano < b.nano ? -1 : 1;
}

/** The sum keeps the first operand's format, unless that is zero. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano + b.nano, format: a.nano === 0n ? b.format : a.format };
}

export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano - b.nano, format: a.nano === 0n ? b.format : a.format };
}

const INT_64_MAX = 2n ** 63n - 1n;

function clamped(value: bigint): number {
  if (value > INT_64_MAX) return Number(INT_64_MAX);
  return value < -INT_64_MAX ? Number(-INT_64_MAX) : Number(value);
}

interface PlainNumbers {
  readonly whole: number;
  readonly milli: number;
}

/** Schedulers ask for the same few texts over and over. */
const MAX_REMEMBERED = 4096;
const remembered = new Map<string | number, PlainNumbers>();

function plainNumbers(value: string | number): PlainNumbers {
  const known = remembered.get(value);
  if (known !== undefined) return known;
  const { nano } = parseQuantity(value);
  const numbers = {
    whole: clamped(divideRoundingUp(nano, 10n ** 9n)),
    milli: clamped(divideRoundingUp(nano, 10n ** 6n)),
  };
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(value, numbers);
  return numbers;
}

/** The value as a whole number, fractions rounded up: bytes of memory, number of pods. */
export function wholeValue(value: string | number): number {
  return plainNumbers(value).whole;
}

/** The value in thousandths, rounded up: millicores. */
export function milliValue(value: string | number): number {
  return plainNumbers(value).milli;
}
