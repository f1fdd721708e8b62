import type { Clock, Timer } from '../clock.ts';

/** Node fires a timer of more (24.8 days) at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The machine's own time. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, fn) {
    if (delayMs > MAX_TIMER_MS) return afterLong(delayMs, fn);
    const timer = setTimeout(fn, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

function afterLong(delayMs: number, fn: () => void): Timer {
  const rest = delayMs - MAX_TIMER_MS;
  let current = realClock.after(MAX_TIMER_MS, () => (current = realClock.after(rest, fn)));
  return { cancel: () => current.cancel() };
}
