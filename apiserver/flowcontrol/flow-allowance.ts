/**
 * How many seats one user's requests may hold: as many as keep the thread at work, and no more.
 *
 * All requests are served by one thread. Those of one user beyond what keeps it busy make nothing
 * faster; they are only what everybody else's next request has to wait for, since their answers
 * and the requests that follow them come all at once. How many that takes depends on how long a
 * request waits for the store, so it is found out: halved while the thread is busy, doubled while
 * it idles. In: the time that the thread was at work. Out: a number of seats.
 */

/** No more than this of all of the server's seats, however idle it is. */
export const MOST_SEATS = 32;
const LEAST_SEATS = 1;
const MEASURE_MS = 20;
/** Parts of the time at work: below the first, seats are doubled; above the last, halved. */
const IDLE = 0.5;
const READY = 0.8;
const BUSY = 0.9;

export interface ThreadTime {
  /** Monotonic, in milliseconds with a fraction. */
  monotonic(): number;
  /** Milliseconds that the thread was at work so far, not waiting for something to do. */
  busyMs(): number;
}

export class FlowAllowance {
  /** Counts measurements: requests of an earlier period are not what keeps the thread at work. */
  period = 0;
  /** How long to wait before {@link measure} is worth calling again. */
  readonly everyMs = MEASURE_MS;
  readonly #time: ThreadTime;
  #seats = MOST_SEATS;
  #measuredAtMs = -Infinity;
  #busyMs = 0;

  constructor(time: ThreadTime) {
    this.#time = time;
  }

  get seats(): number {
    return this.#seats;
  }

  /** To be called often: looks at the thread if it is time to. */
  measure(): void {
    const nowMs = this.#time.monotonic();
    const sinceMs = nowMs - this.#measuredAtMs;
    if (sinceMs < MEASURE_MS) return;
    const busyMs = this.#time.busyMs();
    // What was measured long ago says nothing about now.
    if (sinceMs <= 10 * MEASURE_MS) this.#adjust((busyMs - this.#busyMs) / sinceMs);
    this.period++;
    this.#measuredAtMs = nowMs;
    this.#busyMs = busyMs;
  }

  #adjust(busy: number): void {
    if (busy < IDLE) this.#seats = Math.min(MOST_SEATS, this.#seats * 2);
    else if (busy < READY) this.#seats = Math.min(MOST_SEATS, this.#seats + 1);
    else if (busy > BUSY) this.#seats = Math.max(LEAST_SEATS, this.#seats >> 1);
  }
}
