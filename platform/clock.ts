/** A pending timer. `cancel` is idempotent and safe after the timer fired. */
export interface Timer {
  cancel(): void;
}

/**
 * Time as an effect. The real twin is `platform/node/clock.ts`; tests and the simulator
 * pass one whose time they move by hand.
 */
export interface Clock {
  /**
   * Wall-clock time, milliseconds since the Unix epoch. May jump; only for timestamps users see.
   */
  now(): number;
  /** Monotonic time in milliseconds with a fraction. For durations and deadlines. */
  monotonic(): number;
  /**
   * Runs `fn` once, no sooner than `delayMs` from now. Timers never keep a process alive by
   * themselves.
   */
  after(delayMs: number, fn: () => void): Timer;
}

/** Resolves after `delayMs`, or as soon as `signal` aborts; it never rejects. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(delayMs, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}
