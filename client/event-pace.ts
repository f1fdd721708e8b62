import { type Clock, sleep } from '../platform/clock.ts';

/**
 * Events are never urgent, and a rollout makes more of them than of anything else. Recorders that
 * share a pace write one at a time, and after each write they rest for as long as it took: on an
 * idle server that is hundreds a second, on a busy one they leave it to those who do the work.
 */
export class EventPace {
  readonly #clock: Clock;
  #last: Promise<void> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs `write` when it is its turn; once `stopping` aborts, nobody rests any more. */
  run<T>(write: () => Promise<T>, stopping: AbortSignal): Promise<T> {
    let tookMs = 0;
    const timed = async (): Promise<T> => {
      const began = this.#clock.monotonic();
      try {
        return await write();
      } finally {
        tookMs = this.#clock.monotonic() - began;
      }
    };
    const turn = this.#last.then(timed);
    const rest = async (): Promise<void> => {
      if (tookMs > 0) await sleep(this.#clock, tookMs, stopping);
    };
    this.#last = turn.then(rest, rest);
    return turn;
  }
}
