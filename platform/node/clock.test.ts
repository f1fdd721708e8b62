import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { realClock } from './clock.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const day = 24 * 3600 * 1000;

test.each([1, 24, 25, 365])('a timer of %i days waits that long', (days) => {
  const fired = vi.fn();
  realClock.after(days * day, fired);
  vi.advanceTimersByTime(days * day - 1);
  expect(fired).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(fired).toHaveBeenCalledOnce();
});

test('a long timer can be cancelled at any moment', () => {
  const fired = vi.fn();
  const timers = [1, 2].map(() => realClock.after(60 * day, fired));
  timers[0]!.cancel();
  vi.advanceTimersByTime(30 * day);
  timers[1]!.cancel();
  vi.advanceTimersByTime(60 * day);
  expect(fired).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});
