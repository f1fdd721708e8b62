import type { Clock, Timer } from '../../platform/clock.ts';

/** A clock whose first waits are shorter, by so much in all: that time has passed already. */
export class AdvancedClock implements Clock {
  readonly #clock: Clock;
  #leftMs: number;

  constructor(clock: Clock, passedMs: number) {
    this.#clock = clock;
    this.#leftMs = passedMs;
  }

  now(): number {
    return this.#clock.now() - this.#leftMs;
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  after(ms: number, callback: () => void): Timer {
    const skipped = Math.min(ms, this.#leftMs);
    this.#leftMs -= skipped;
    return this.#clock.after(ms - skipped, callback);
  }
}
