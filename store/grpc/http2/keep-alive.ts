import type { Clock, Timer } from '../../../platform/clock.ts';
import type { ServerConnection } from './connection.ts';

/** etcd's --grpc-keepalive-interval and --grpc-keepalive-timeout. */
export interface KeepAliveTimes {
  /** After so long a silence a client is asked whether it is there, */
  readonly intervalMs: number;
  /** and has so long to say so. */
  readonly timeoutMs: number;
}

/** Asks a client that has long been silent whether it is there, and drops it if it is not. */
export class KeepAlive {
  readonly #connection: ServerConnection;
  readonly #clock: Clock;
  readonly #times: KeepAliveTimes;
  #timer: Timer | undefined;

  constructor(connection: ServerConnection, clock: Clock, times: KeepAliveTimes) {
    this.#connection = connection;
    this.#clock = clock;
    this.#times = times;
    this.#watch();
  }

  #watch(): void {
    const { framesReceived } = this.#connection;
    this.#timer = this.#clock.after(this.#times.intervalMs, () => {
      if (this.#connection.framesReceived === framesReceived) this.#ask();
      else this.#watch();
    });
  }

  #ask(): void {
    const { framesReceived } = this.#connection;
    this.#connection.ping();
    this.#timer = this.#clock.after(this.#times.timeoutMs, () => {
      if (this.#connection.framesReceived === framesReceived) this.#connection.destroy();
      else this.#watch();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
