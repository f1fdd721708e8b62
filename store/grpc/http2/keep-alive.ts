import type { Clock, Timer } from '../../../platform/clock.ts';
import type { ServerConnection } from './connection.ts';

/** etcd's --grpc-keepalive-interval and --grpc-keepalive-timeout. */
const PING_AFTER_MS = 2 * 60 * 60 * 1000;
const PING_TIMEOUT_MS = 20_000;

/** Asks a client that has long been silent whether it is there, and drops it if it is not. */
export class KeepAlive {
  readonly #connection: ServerConnection;
  readonly #clock: Clock;
  #timer: Timer | undefined;

  constructor(connection: ServerConnection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
    this.#watch();
  }

  #watch(): void {
    const { framesReceived } = this.#connection;
    this.#timer = this.#clock.after(PING_AFTER_MS, () => {
      if (this.#connection.framesReceived === framesReceived) this.#ask();
      else this.#watch();
    });
  }

  #ask(): void {
    const { framesReceived } = this.#connection;
    this.#connection.ping();
    this.#timer = this.#clock.after(PING_TIMEOUT_MS, () => {
      if (this.#connection.framesReceived === framesReceived) this.#connection.destroy();
      else this.#watch();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
