/** When a schedule comes due, in the time zone it is meant for. */
import type { CronSchedule } from '../../api/cron-schedule.ts';
import { formatTime, parseTime } from '../../api/time.ts';

const MINUTE_MS = 60_000;
/** No zone sets its clocks back by more at once. */
const SET_BACK_MS = 3 * 3_600_000;
const DAY_MS = 86_400_000;
/** February 29th on one day of the week comes at least every 40 years; nobody waits longer. */
const MAX_DAYS = 366 * 41;

/** The offset of local time at a moment. UTC: always 0. */
export type OffsetAt = (epochMs: number) => number;

/** Throws RangeError for a zone that is not known. */
export function offsetIn(timeZone: string | undefined): OffsetAt {
  if (timeZone === undefined || timeZone === 'UTC' || timeZone === 'Etc/UTC') return () => 0;
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  return (epochMs) => {
    const at = Object.fromEntries(parts.formatToParts(epochMs).map((p) => [p.type, p.value]));
    const date = `${at['year']?.padStart(4, '0')}-${at['month']}-${at['day']}`;
    const local = parseTime(`${date}T${at['hour']}:${at['minute']}:${at['second']}Z`);
    return (local ?? epochMs) - Math.floor(epochMs / 1000) * 1000;
  };
}

/** The first time after `afterMs`; undefined for a date that never comes, as February 30th. */
export function nextTime(
  schedule: CronSchedule,
  afterMs: number,
  offsetAt: OffsetAt,
): number | undefined {
  if (schedule.type === 'every') {
    return Math.floor(afterMs / 1000) * 1000 + schedule.seconds * 1000;
  }
  const sorted = (values: ReadonlySet<number>) => [...values].sort((a, b) => a - b);
  const hours = sorted(schedule.hour.values);
  const minutes = sorted(schedule.minute.values);
  // A day earlier in local time: where clocks were set back an hour comes twice.
  const localMs = afterMs + offsetAt(afterMs);
  let day = Math.floor(localMs / DAY_MS) - 1;
  for (const last = day + MAX_DAYS; day <= last; day++) {
    if (!matchesDay(schedule, day)) continue;
    for (const hour of hours) {
      for (const minute of minutes) {
        const local = day * DAY_MS + (hour * 60 + minute) * MINUTE_MS;
        if (local < localMs - SET_BACK_MS) continue;
        const time = toUtc(local, offsetAt);
        if (time !== undefined && time > afterMs) return time;
      }
    }
  }
  return undefined;
}

type Calendar = Extract<CronSchedule, { type: 'calendar' }>;

/** Where both are restricted, the day of the month or that of the week is enough. */
function matchesDay({ month, dayOfMonth, dayOfWeek }: Calendar, day: number): boolean {
  const date = formatTime(day * DAY_MS);
  if (!month.values.has(Number(date.slice(5, 7)))) return false;
  const ofMonth = dayOfMonth.values.has(Number(date.slice(8, 10)));
  const ofWeek = dayOfWeek.values.has((((day + 4) % 7) + 7) % 7);
  return dayOfMonth.any || dayOfWeek.any ? ofMonth && ofWeek : ofMonth || ofWeek;
}

/** Undefined for a local time that the clocks jump over; the first of one that comes twice. */
function toUtc(local: number, offsetAt: OffsetAt): number | undefined {
  const candidates = [local - offsetAt(local - DAY_MS), local - offsetAt(local + DAY_MS)];
  const real = candidates.filter((time) => time + offsetAt(time) === local);
  return real.length === 0 ? undefined : Math.min(...real);
}
