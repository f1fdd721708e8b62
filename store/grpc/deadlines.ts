import type { Clock, Timer } from '../../platform/clock.ts';

/** How late a deadline may be noticed: clients watch over theirs themselves. */
const LOOK_EVERY_MS = 50;

const unitsMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** The milliseconds of a `grpc-timeout`, or undefined if it is none. */
export function timeoutMs(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * unitsMs[unit!]!;
}

interface Expiring {
  readonly ended: boolean;
  expire(): void;
}

/** One timer for the deadlines of all calls. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #calls = new Map<Expiring, number>();
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(call: Expiring, afterMs: number): void {
    this.#calls.set(call, this.#clock.monotonic() + afterMs);
    this.#arm();
  }

  #arm(): void {
    if (this.#calls.size > 0)
      this.#timer ??= this.#clock.after(LOOK_EVERY_MS, () => {
        this.#timer = undefined;
        this.#look();
      });
  }

  #look(): void {
    const now = this.#clock.monotonic();
    for (const [call, deadline] of this.#calls) {
      if (call.ended) this.#calls.delete(call);
      else if (deadline <= now) {
        this.#calls.delete(call);
        call.expire();
      }
    }
    this.#arm();
  }

  delete(call: Expiring): void {
    this.#calls.delete(call);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#calls.clear();
  }
}
