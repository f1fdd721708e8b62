/** Long work on the one thread that serves everybody: in slices, between which others come. */
import type { Clock } from './clock.ts';

export interface Turns {
  /** Milliseconds, with a fraction. */
  monotonic(): number;
  /** Runs `fn` once what arrived meanwhile was taken in. */
  readonly nextTurn: (fn: () => void) => void;
}

/** Work that may be laid aside at each `yield`. */
export type Steps<T> = Generator<void, T, void>;

/** About as long as a few small requests take. */
const SLICE_MS = 2;

export const turnsBy = (clock: Clock, nextTurn?: Turns['nextTurn']): Turns => ({
  monotonic: () => clock.monotonic(),
  nextTurn: nextTurn ?? ((fn) => void clock.after(0, fn)),
});

export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The first slice begins within the call. */
export async function inTurns<T>(steps: Steps<T>, turns: Turns): Promise<T> {
  for (;;) {
    const endMs = turns.monotonic() + SLICE_MS;
    do {
      const step = steps.next();
      if (step.done === true) return step.value;
    } while (turns.monotonic() < endMs);
    await new Promise<void>((resolve) => turns.nextTurn(resolve));
  }
}

/**
 * Small pieces of work of many, which often come at the same moment: an event for each of a
 * thousand watchers. What a slice has no time for comes in later turns, in order, so that what
 * began it, the answer to a write, is not kept behind them all. Each has at most one piece here.
 */
export class SharedTurns {
  readonly #turns: Turns;
  readonly #sliceMs: number;
  #waiting: (() => void)[] = [];
  /** Of the slice under way. */
  #endMs: number | undefined;

  constructor(turns: Turns, sliceMs: number) {
    this.#turns = turns;
    this.#sliceMs = sliceMs;
  }

  /** Does `work`, which never throws, within the call if the slice has time, or in its turn. */
  run<T>(work: () => T): T | Promise<T> {
    if (this.#endMs === undefined) this.#begin();
    if (this.#waiting.length === 0 && this.#hasTime()) return work();
    return new Promise((resolve) => this.#waiting.push(() => resolve(work())));
  }

  #hasTime(): boolean {
    return this.#turns.monotonic() < this.#endMs!;
  }

  #begin(): void {
    this.#endMs = this.#turns.monotonic() + this.#sliceMs;
    this.#turns.nextTurn(() => this.#next());
  }

  #next(): void {
    this.#endMs = undefined;
    if (this.#waiting.length === 0) return;
    this.#begin();
    let done = 0;
    while (done < this.#waiting.length && this.#hasTime()) this.#waiting[done++]!();
    this.#waiting = this.#waiting.slice(done);
  }
}
