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

/** About as long as a small request takes. */
const SLICE_MS = 0.5;

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
