import type { Clock } from '../../../platform/clock.ts';

/** Pings too early in a row that are let pass. */
const MAX_STRIKES = 2;
/** Without a call under way a client has no reason to ask. */
const IDLE_MS = 2 * 60 * 60 * 1000;

/**
 * How often a client may ping: etcd's --grpc-keepalive-min-time, counted as the servers of Go's
 * gRPC library count. Whoever was sent anything since the last ping may ask, so that pings which
 * measure the network never count.
 */
export class PingLimit {
  readonly #clock: Clock;
  readonly #minTimeMs: number;
  #strikes = 0;
  #last = -Infinity;
  #framesThen = -1;

  constructor(clock: Clock, minTimeMs: number) {
    this.#clock = clock;
    this.#minTimeMs = minTimeMs;
  }

  /** True if this ping is one too many. `framesSent` counts those of answers. */
  isExceeded(at: { readonly hasCalls: boolean; readonly framesSent: number }): boolean {
    const now = this.#clock.monotonic();
    const since = now - this.#last;
    this.#last = now;
    if (at.framesSent !== this.#framesThen) {
      this.#framesThen = at.framesSent;
      this.#strikes = 0;
      return false;
    }
    if (since < (at.hasCalls ? this.#minTimeMs : IDLE_MS)) this.#strikes++;
    return this.#strikes > MAX_STRIKES;
  }
}
