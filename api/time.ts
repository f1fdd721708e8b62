/**
 * Kubernetes' timestamps without the platform's `Date`, so that this folder stays free of
 * ambient effects. Proleptic Gregorian calendar, UTC (Howard Hinnant's days-from-civil method).
 */
const DAY_MS = 86_400_000;

const floorDiv = (a: number, b: number): number => Math.floor(a / b);

/** Days from 1970-01-01 to the civil date. */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = floorDiv(y, 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = floorDiv(153 * (month + (month > 2 ? -3 : 9)) + 2, 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + floorDiv(yearOfEra, 4) - floorDiv(yearOfEra, 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function civilFromDays(days: number): { year: number; month: number; day: number } {
  const z = days + 719_468;
  const era = floorDiv(z, 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = floorDiv(
    dayOfEra - floorDiv(dayOfEra, 1460) + floorDiv(dayOfEra, 36_524) - floorDiv(dayOfEra, 146_096),
    365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + floorDiv(yearOfEra, 4) - floorDiv(yearOfEra, 100));
  const shifted = floorDiv(5 * dayOfYear + 2, 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const day = dayOfYear - floorDiv(153 * shifted + 2, 5) + 1;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

/** Most times that are written are of the same second. */
let latest = { second: NaN, text: '' };

function format(epochMs: number, fraction: string): string {
  const second = floorDiv(epochMs, 1000);
  if (latest.second !== second) latest = { second, text: secondText(second * 1000) };
  return `${latest.text}${fraction}Z`;
}

/** "2026-11-21T04:08:00" */
function secondText(epochMs: number): string {
  const days = floorDiv(epochMs, DAY_MS);
  const seconds = floorDiv(epochMs - days * DAY_MS, 1000);
  const { year, month, day } = civilFromDays(days);
  const clock = [floorDiv(seconds, 3600), floorDiv(seconds, 60) % 60, seconds % 60];
  const date = `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
  return `${date}T${clock.map((n) => pad(n, 2)).join(':')}`;
}

/** metav1.Time: RFC 3339 with whole seconds, "2026-11-21T04:08:00Z". */
export function formatTime(epochMs: number): string {
  return format(epochMs, '');
}

/** metav1.MicroTime: six digits of fraction, "2026-11-21T04:08:00.123000Z". */
export function formatMicroTime(epochMs: number): string {
  const millis = Math.floor(epochMs) - floorDiv(epochMs, 1000) * 1000;
  return format(epochMs, `.${pad(millis, 3)}000`);
}

/** As logs have it: nine digits of fraction, of which we know three. */
export function formatNanoTime(epochMs: number): string {
  const millis = Math.floor(epochMs) - floorDiv(epochMs, 1000) * 1000;
  return format(epochMs, `.${pad(millis, 3)}000000`);
}

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** The same few texts are read again and again: those of the last seconds. */
const parsed = new Map<string, number>();
const MOST_PARSED = 64;
/** Longer ones are read each time. */
const MOST_CHARACTERS = 32;

/** Milliseconds since the Unix epoch; undefined if the text is no RFC 3339 timestamp. */
export function parseTime(text: string): number | undefined {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const milliseconds = parse(text);
  if (milliseconds === undefined || text.length > MOST_CHARACTERS) return milliseconds;
  if (parsed.size === MOST_PARSED) parsed.clear();
  parsed.set(text, milliseconds);
  return milliseconds;
}

function parse(text: string): number | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const days = daysFromCivil(year, month, day);
  const back = civilFromDays(days);
  const inRange =
    back.month === month && back.day === day && hour < 24 && minute < 60 && second < 61;
  if (!inRange) return undefined;
  const zone = match[8]!;
  const offsetMinutes =
    zone.length === 1
      ? 0
      : (zone[0] === '-' ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4)));
  const millis = match[7] === undefined ? 0 : Math.floor(Number(match[7]) * 1000);
  return (
    days * DAY_MS + hour * 3_600_000 + (minute - offsetMinutes) * 60_000 + second * 1000 + millis
  );
}
