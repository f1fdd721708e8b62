/** Timestamps and durations as text (RFC 3339; Go's durations), with nanoseconds. */
import { formatTime, parseTime } from '../../time.ts';
import { duration, timestamp } from '../arithmetic.ts';
import { type Carry, type Overload, overload } from '../overloads.ts';
import { CelError, type Duration, Timestamp } from '../values.ts';

const NANOS = 1_000_000_000n;

const FRACTION = /\.(\d{1,9})\d*(?=[Zz+-])/;

/** RFC 3339 in capital letters. Undefined if it is none. */
export function readTimestamp(text: string): Timestamp | undefined {
  if (/[tz]/.test(text)) return undefined;
  const fraction = FRACTION.exec(text)?.[1] ?? '';
  const ms = parseTime(text.replace(FRACTION, ''));
  if (ms === undefined) return undefined;
  return timestamp(BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0')));
}

export function parseTimestamp(text: string): Timestamp {
  const time = readTimestamp(text);
  if (time === undefined) throw new CelError(`invalid timestamp: ${JSON.stringify(text)}`);
  return time;
}

export function formatTimestamp({ nanos }: Timestamp): string {
  const within = ((nanos % NANOS) + NANOS) % NANOS;
  const text = formatTime(Number((nanos - within) / 1_000_000n));
  if (within === 0n) return text;
  const fraction = String(within).padStart(9, '0').replace(/0+$/, '');
  return text.replace('Z', `.${fraction}Z`);
}

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: NANOS,
  m: 60n * NANOS,
  h: 3_600n * NANOS,
};

const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;
const MAX_DURATION_TEXT = 100;

/** Go's time.ParseDuration. Undefined if it is none. */
export function readDuration(text: string): bigint | undefined {
  const negative = text.startsWith('-');
  const body = text.replace(/^[+-]/, '');
  if (body === '0') return 0n;
  if (body === '' || body.length > MAX_DURATION_TEXT) return undefined;
  let total = 0n;
  for (let at = 0; at < body.length; at = PART.lastIndex) {
    PART.lastIndex = at;
    const found = PART.exec(body);
    if (found === null) return undefined;
    const [whole = '', fraction = ''] = found[1]!.split('.');
    const unit = units[found[2]!]!;
    total += BigInt(whole || '0') * unit;
    if (fraction !== '') total += (BigInt(fraction) * unit) / 10n ** BigInt(fraction.length);
  }
  return negative ? -total : total;
}

export function parseDuration(text: string): Duration {
  const nanos = readDuration(text);
  if (nanos === undefined) throw new CelError(`time: invalid duration ${JSON.stringify(text)}`);
  return duration(nanos);
}

/** As string(duration) answers it: seconds. */
export function formatDuration({ nanos }: Duration): string {
  const sign = nanos < 0n ? '-' : '';
  const size = nanos < 0n ? -nanos : nanos;
  const fraction = String(size % NANOS)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${sign}${size / NANOS}${fraction === '' ? '' : `.${fraction}`}s`;
}

const OFFSET = /^([+-]?)(\d\d):(\d\d)$/;

/** The wall clock's nanoseconds in a zone: "+02:00", or a name of the IANA database. */
function inZone({ nanos }: Timestamp, zone: string, carry: Carry): bigint {
  if (zone === 'UTC' || zone === '') return nanos;
  const found = OFFSET.exec(zone);
  if (found !== null) {
    const minutes = BigInt(found[2]!) * 60n + BigInt(found[3]!);
    return nanos + (found[1] === '-' ? -minutes : minutes) * units['m']!;
  }
  return nanos + knownOffset(zone, Number(nanos / 1_000_000n), carry) * 1_000_000n;
}

/** What asking for an offset weighs. */
const ASKING = 600;
const MAX_OFFSETS = 1000;
const offsets = new Map<string, bigint>();

/** Loops ask for the same ones again and again. */
function knownOffset(zone: string, epochMs: number, carry: Carry): bigint {
  const key = `${Math.floor(epochMs / 1000)} ${zone}`;
  let offset = offsets.get(key);
  if (offset !== undefined) return offset;
  carry(ASKING);
  offset = zoneOffset(zone, epochMs);
  if (offsets.size >= MAX_OFFSETS) offsets.delete(offsets.keys().next().value!);
  offsets.set(key, offset);
  return offset;
}

/** Making one takes a hundred times as long as asking it. */
const MAX_FORMATS = 100;
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format !== undefined) return format;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  } catch {
    throw new CelError(`unknown time zone ${zone}`);
  }
  if (formats.size >= MAX_FORMATS) formats.delete(formats.keys().next().value!);
  formats.set(zone, format);
  return format;
}

function zoneOffset(zone: string, epochMs: number): bigint {
  const name = formatOf(zone)
    .formatToParts(epochMs)
    .find(({ type }) => type === 'timeZoneName')!.value;
  const found = /^GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(name);
  if (found === null) return 0n;
  const [, sign, hours, minutes, seconds = '0'] = found;
  const size = BigInt(hours!) * 3_600n + BigInt(minutes!) * 60n + BigInt(seconds);
  return (sign === '-' ? -size : size) * 1_000n;
}

interface Civil {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  readonly millis: number;
  readonly days: bigint;
}

const DAY = 86_400n * NANOS;

function civil(nanos: bigint): Civil {
  const text = formatTimestamp(new Timestamp(nanos));
  const [year, month, day, hours, minutes, seconds] = text.split(/[-T:Z.]/).map(Number);
  const within = ((nanos % NANOS) + NANOS) % NANOS;
  const millis = Number(within / 1_000_000n);
  const days = (nanos - (((nanos % DAY) + DAY) % DAY)) / DAY;
  return {
    year: year!,
    month: month!,
    day: day!,
    hours: hours!,
    minutes: minutes!,
    seconds: seconds!,
    millis,
    days,
  };
}

const startOfYear = (year: number): bigint =>
  parseTimestamp(`${String(year).padStart(4, '0')}-01-01T00:00:00Z`).nanos / DAY;

const getters: Readonly<Record<string, (civil: Civil) => number | bigint>> = {
  getFullYear: ({ year }) => year,
  getMonth: ({ month }) => month - 1,
  getDate: ({ day }) => day,
  getDayOfMonth: ({ day }) => day - 1,
  getDayOfWeek: ({ days }) => (((days + 4n) % 7n) + 7n) % 7n,
  getDayOfYear: ({ days, year }) => days - startOfYear(year),
  getHours: ({ hours }) => hours,
  getMinutes: ({ minutes }) => minutes,
  getSeconds: ({ seconds }) => seconds,
  getMilliseconds: ({ millis }) => millis,
};

/** What telling a part of a time weighs, though Kubernetes takes it for one step. */
const TELLING = 50;

export const timeFunctions: readonly Overload[] = Object.entries(getters).flatMap(([name, of]) => [
  overload(
    `timestamp.${name}(): int`,
    (time: Timestamp, carry: Carry) => {
      carry(TELLING);
      return BigInt(of(civil(time.nanos)));
    },
    { carries: true },
  ),
  overload(
    `timestamp.${name}(string): int`,
    (time: Timestamp, zone: string, carry: Carry) => {
      carry(TELLING);
      return BigInt(of(civil(inZone(time, zone, carry))));
    },
    { carries: true },
  ),
]);
