import { describe, expect, test } from 'vitest';
import { CronScheduleError, type CronSchedule, parseCronSchedule } from './cron-schedule.ts';

type Calendar = Extract<CronSchedule, { type: 'calendar' }>;

function values(text: string): number[][] {
  const { minute, hour, dayOfMonth, month, dayOfWeek } = parseCronSchedule(text) as Calendar;
  return [minute, hour, dayOfMonth, month, dayOfWeek].map((field) => [...field.values]);
}

describe('a schedule', () => {
  test('lists, ranges, steps and names', () => {
    const [minute, hour, , month, dayOfWeek] = values('0,30 8-10 * JAN,mar 1-5/2');
    expect(minute).toEqual([0, 30]);
    expect(hour).toEqual([8, 9, 10]);
    expect(month).toEqual([1, 3]);
    expect(dayOfWeek).toEqual([1, 3, 5]);
  });

  test('a step from one value on goes to the end', () => {
    expect(values('50/5 * * * *')[0]).toEqual([50, 55]);
    expect(values('*/20 * * * *')[0]).toEqual([0, 20, 40]);
  });

  test('a star means any value, a stepped star does not', () => {
    const { dayOfMonth, dayOfWeek } = parseCronSchedule('0 0 */2 * *') as Calendar;
    expect(dayOfMonth.any).toBe(false);
    expect(dayOfWeek.any).toBe(true);
  });

  test('names for common ones', () => {
    expect(parseCronSchedule('@weekly')).toEqual(parseCronSchedule('0 0 * * 0'));
    expect(parseCronSchedule('@every 1h30m')).toEqual({ type: 'every', seconds: 5400 });
    expect(parseCronSchedule('@every 500ms')).toEqual({ type: 'every', seconds: 1 });
  });

  test.each([
    ['', 'empty spec string'],
    ['@never', 'unrecognized descriptor: @never'],
    ['@every day', 'failed to parse duration @every day: time: invalid duration "day"'],
    ['* * * * * *', 'expected exactly 5 fields, found 6: [* * * * * *]'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['*/2/3 * * * *', 'too many slashes: */2/3'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['9-5 * * * *', 'beginning of range (9) beyond end of range (5): 9-5'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['*/-1 * * * *', 'negative number (-1) not allowed: -1'],
  ])('%j is none', (text, message) => {
    expect(() => parseCronSchedule(text)).toThrow(new CronScheduleError(message));
  });
});
