import type { Clock, Timer } from '../../platform/clock.ts';

/** A sign of life leaves so often. */
const EVERY_MS = 1000;
/** Who has been silent so long is taken for gone (etcd's ConnReadTimeout). */
const SILENCE_MS = 5000;

export interface Watched {
  /** Sends a sign of life, or asks for one. */
  signal(): void;
  /** Nothing was heard for too long. Called once. */
  lost(): void;
}

/**
 * Watches over one connection. A machine that loses its power or its network sends no word of it,
 * and TCP goes on waiting for it for a quarter of an hour.
 */
export class Vigil {
  readonly #clock: Clock;
  readonly #watched: Watched;
  #silentFor = 0;
  #timer: Timer;

  constructor(clock: Clock, watched: Watched) {
    this.#clock = clock;
    this.#watched = watched;
    this.#timer = this.#next();
  }

  /** Something came from the other end. */
  heard(): void {
    this.#silentFor = 0;
  }

  /** Counted in looks: a process that was itself asleep blames nobody else for the silence. */
  #next(): Timer {
    return this.#clock.after(EVERY_MS, () => {
      this.#silentFor += EVERY_MS;
      if (this.#silentFor > SILENCE_MS) {
        this.#watched.lost();
        return;
      }
      this.#timer = this.#next();
      this.#watched.signal();
    });
  }

  end(): void {
    this.#timer.cancel();
  }
}
