/**
 * The five fields of a CronJob's schedule, and the names for common ones ("@daily", "@every 1h"),
 * with the grammar and the error texts of the parser that Kubernetes uses (robfig/cron v3).
 */

/** Why a text is no schedule. */
export class CronScheduleError extends Error {
  override readonly name = 'CronScheduleError';
}

/** Values of one field that match; `any` if the field was written as "*". */
export interface CronField {
  readonly values: ReadonlySet<number>;
  readonly any: boolean;
}

export type CronSchedule =
  | {
      readonly type: 'calendar';
      readonly minute: CronField;
      readonly hour: CronField;
      readonly dayOfMonth: CronField;
      readonly month: CronField;
      /** 0 is Sunday. */
      readonly dayOfWeek: CronField;
    }
  | { readonly type: 'every'; readonly seconds: number };

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun'].concat([
  'jul',
  'aug',
  'sep',
  'oct',
  'nov',
  'dec',
]);
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const fields = {
  minute: { min: 0, max: 59 },
  hour: { min: 0, max: 23 },
  dayOfMonth: { min: 1, max: 31 },
  month: { min: 1, max: 12, names: months },
  dayOfWeek: { min: 0, max: 6, names: days },
} as const satisfies Record<string, Bounds>;

const descriptors: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** Throws {@link CronScheduleError}. A leading "TZ=…" is read over: the caller judges it. */
export function parseCronSchedule(text: string): CronSchedule {
  if (text === '') throw new CronScheduleError('empty spec string');
  const spec = /^(CRON_)?TZ=/.test(text) ? text.replace(/^\S*\s*/, '') : text;
  if (spec.startsWith('@')) return parseDescriptor(spec);
  const parts = spec.split(/\s+/).filter((part) => part !== '');
  const count = Object.keys(fields).length;
  if (parts.length !== count) {
    throw new CronScheduleError(
      `expected exactly ${count} fields, found ${parts.length}: [${parts.join(' ')}]`,
    );
  }
  return {
    type: 'calendar',
    minute: parseField(parts[0]!, fields.minute),
    hour: parseField(parts[1]!, fields.hour),
    dayOfMonth: parseField(parts[2]!, fields.dayOfMonth),
    month: parseField(parts[3]!, fields.month),
    dayOfWeek: parseField(parts[4]!, fields.dayOfWeek),
  };
}

const EVERY = '@every ';

function parseDescriptor(spec: string): CronSchedule {
  const known = Object.hasOwn(descriptors, spec) ? descriptors[spec] : undefined;
  if (known !== undefined) return parseCronSchedule(known);
  if (!spec.startsWith(EVERY)) throw new CronScheduleError(`unrecognized descriptor: ${spec}`);
  const duration = spec.slice(EVERY.length);
  const seconds = parseSeconds(duration);
  if (seconds === undefined) {
    const reason = `time: invalid duration ${JSON.stringify(duration)}`;
    throw new CronScheduleError(`failed to parse duration ${spec}: ${reason}`);
  }
  return { type: 'every', seconds: Math.max(1, Math.floor(seconds)) };
}

const unitSeconds: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

/** Go's durations: "1h30m", "1.5h". */
function parseSeconds(text: string): number | undefined {
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+|0)$/.exec(text);
  if (match === null) return undefined;
  let seconds = 0;
  for (const [, value, unit] of match[2]!.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) {
    seconds += Number(value) * unitSeconds[unit!]!;
  }
  return match[1] === '-' ? -seconds : seconds;
}

function parseField(text: string, bounds: Bounds): CronField {
  const values = new Set<number>();
  let any = false;
  for (const part of text.split(',').filter((each) => each !== '')) {
    if (addRange(part, bounds, values)) any = true;
  }
  return { values, any };
}

/** "*", "5", "1-5", each with "/step". True if the range is every value there is. */
function addRange(text: string, bounds: Bounds, values: Set<number>): boolean {
  const [range = '', stepText, ...moreSteps] = text.split('/');
  const [low = '', high, ...moreLimits] = range.split('-');
  const star = low === '*' || low === '?';
  let start = bounds.min;
  let end = bounds.max;
  if (!star) {
    start = parseValue(low, bounds);
    end = high === undefined ? start : parseValue(high, bounds);
    if (moreLimits.length > 0) throw new CronScheduleError(`too many hyphens: ${text}`);
  }
  let step = 1;
  if (moreSteps.length > 0) throw new CronScheduleError(`too many slashes: ${text}`);
  if (stepText !== undefined) {
    step = parseNumber(stepText);
    if (high === undefined) end = bounds.max;
  }
  checkRange({ start, end, step, text }, bounds);
  for (let value = start; value <= end; value += step) values.add(value);
  return star && step === 1;
}

function checkRange(
  range: { readonly start: number; readonly end: number; step: number; text: string },
  { min, max }: Bounds,
): void {
  const { start, end, step, text } = range;
  const fail = (what: string): never => {
    throw new CronScheduleError(`${what}: ${text}`);
  };
  if (start < min) fail(`beginning of range (${start}) below minimum (${min})`);
  if (end > max) fail(`end of range (${end}) above maximum (${max})`);
  if (start > end) fail(`beginning of range (${start}) beyond end of range (${end})`);
  if (step === 0) fail('step of range should be a positive number');
}

/** Names count from the field's first value. */
function parseValue(text: string, { names, min }: Bounds): number {
  const index = names?.indexOf(text.toLowerCase()) ?? -1;
  return index < 0 ? parseNumber(text) : index + min;
}

function parseNumber(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) {
    const reason = `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
    throw new CronScheduleError(`failed to parse int from ${text}: ${reason}`);
  }
  const value = Number(text);
  if (value >= 0) return value;
  throw new CronScheduleError(`negative number (${value}) not allowed: ${text}`);
}
