/** Long work on the one thread that serves everybody: in slices, between which others come. */
import type { Clock } from './clock.ts';

export interface Turns {
  /** Milliseconds, with a fraction. */
  monotonic(): number;
  /** Runs `fn` once what arrived meanwhile was taken in. */
  readonly nextTurn: (fn: () => void) => void;
  /**
   * The same, in a turn in which nothing else runs that asked for one of its own: what several do
   * in a row is what everybody else would wait for.
   */
  readonly ownTurn: (fn: () => void) => void;
}

/** Work that may be laid aside at each `yield`. */
export type Steps<T> = Generator<void, T, void>;

/** About as long as a small request takes. */
const SLICE_MS = 0.5;

export function turnsBy(
  clock: Clock,
  nextTurn: Turns['nextTurn'] = (fn) => void clock.after(0, fn),
): Turns {
  return { monotonic: () => clock.monotonic(), nextTurn, ownTurn: onePerTurn(nextTurn) };
}

function onePerTurn(nextTurn: Turns['nextTurn']): Turns['ownTurn'] {
  const line: (() => void)[] = [];
  const turn = (): void => {
    const fn = line.shift()!;
    if (line.length > 0) nextTurn(turn);
    fn();
  };
  return (fn) => {
    if (line.push(fn) === 1) nextTurn(turn);
  };
}

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
    await new Promise<void>((resolve) => turns.ownTurn(resolve));
  }
}
