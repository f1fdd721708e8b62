/** A clock that tests move by hand. */
import type { Clock, Timer } from '../../platform/clock.ts';

interface Pending {
  readonly at: number;
  readonly fn: () => void;
}

/** Lets every promise that can settle without time passing settle. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export class FakeClock implements Clock {
  readonly #epochMs: number;
  #elapsedMs = 0;
  #timers: Pending[] = [];

  constructor(epochMs = 1_700_000_000_000) {
    this.#epochMs = epochMs;
  }

  now(): number {
    return this.#epochMs + this.#elapsedMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  after(delayMs: number, fn: () => void): Timer {
    const pending = { at: this.#elapsedMs + Math.max(0, delayMs), fn };
    this.#timers.push(pending);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((timer) => timer !== pending);
      },
    };
  }

  get timers(): number {
    return this.#timers.length;
  }

  /** Moves time forward, firing timers in order and letting promises settle after each. */
  async advance(ms: number): Promise<void> {
    const until = this.#elapsedMs + ms;
    await settle();
    for (;;) {
      const due = this.#timers.filter((t) => t.at <= until).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#elapsedMs = Math.max(this.#elapsedMs, due.at);
      due.fn();
      await settle();
    }
    this.#elapsedMs = until;
    await settle();
  }
}
