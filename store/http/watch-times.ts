import type { Clock } from '../../platform/clock.ts';
import { exponential, Histogram } from '../../platform/metrics/histogram.ts';

/** 1 ms, doubling to 4 s. */
const seconds = (): Histogram => new Histogram(exponential(0.001, 2, 13));

/** How long watch streams take to encode and hand over what they have to say. */
export class WatchTimes {
  readonly #clock: Clock;
  readonly events = seconds();
  readonly perEvent = seconds();
  /** What a watcher's creation and its end are told by. */
  readonly control = seconds();
  readonly progress = seconds();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.monotonic();
  }

  sentEvents(began: number, count: number): void {
    const took = this.#since(began);
    this.events.observe(took);
    this.perEvent.observe(took / count);
  }

  sentControl(began: number): void {
    this.control.observe(this.#since(began));
  }

  sentProgress(began: number): void {
    this.progress.observe(this.#since(began));
  }

  #since(began: number): number {
    return (this.now() - began) / 1000;
  }
}
