import { type Clock, sleep } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';

/** Events still written once their process is to end: nobody waits long for that. */
const LAST_EVENTS = 100;

/** The process ends: this event is not written any more. */
export class EventsEndedError extends Error {
  override readonly name = 'EventsEndedError';
}

/**
 * Events are never urgent, and a rollout makes more of them than of anything else. Recorders that
 * share a pace write one at a time, and after each write they rest for as long as it took: on an
 * idle server that is hundreds a second, on a busy one they leave it to those who do the work.
 */
export class EventPace {
  readonly #clock: Clock;
  #last: Promise<void> = Promise.resolve();
  /** How many more may be written; undefined while there is no end in sight. */
  #left: number | undefined;
  #dropped = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Whoever shares this pace is to stop: nobody rests any more, the next few events are written,
   * others end in {@link EventsEndedError}. A thousand nodes together write no more than one.
   */
  end(): void {
    this.#left ??= LAST_EVENTS;
  }

  get ended(): boolean {
    return this.#left !== undefined;
  }

  /** So many events will not be written, for their recorder has heard of the end. */
  drop(count: number): void {
    this.#dropped += count;
  }

  /** Tells once how many that were, of all recorders: for whoever has ended this pace. */
  tellDropped(logger: Logger): void {
    const dropped = this.#dropped;
    this.#dropped = 0;
    if (dropped > 0) logger.warn({ dropped }, 'events dropped: too many at the end');
  }

  /** Runs `write` when it is its turn; once `stopping` aborts, nobody rests any more. */
  run<T>(write: () => Promise<T>, stopping: AbortSignal): Promise<T> {
    let tookMs = 0;
    const timed = async (): Promise<T> => {
      if (this.#left !== undefined && this.#left-- <= 0) throw new EventsEndedError();
      const began = this.#clock.monotonic();
      try {
        return await write();
      } finally {
        tookMs = this.#clock.monotonic() - began;
      }
    };
    const turn = this.#last.then(timed);
    const rest = async (): Promise<void> => {
      if (tookMs > 0 && !this.ended) await sleep(this.#clock, tookMs, stopping);
    };
    this.#last = turn.then(rest, rest);
    return turn;
  }
}
