import type { Clock } from '../../platform/clock.ts';
import { ContainerStreamError } from '../container-streams.ts';

/** Who may wait for the end of one container at a time. */
const MAX_WAITING = 100;

export interface Awaited {
  /** Wall-clock milliseconds; undefined: whenever the container ends. */
  readonly atMs?: number | undefined;
  /** The next line is waited for, too. */
  readonly isReading?: boolean;
}

/** Those who wait for what becomes of one simulated container. */
export class HollowWaiters {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  readonly #reading = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The container has written a line. */
  line(): void {
    for (const wake of [...this.#reading]) wake();
  }

  /** It has ended. */
  end(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves at that time, when the container has ended, or when the signal aborts. */
  wait({ atMs, isReading = false }: Awaited, signal: AbortSignal): Promise<void> {
    if (this.#waiting.size >= MAX_WAITING)
      return Promise.reject(new ContainerStreamError('too many follow this container'));
    return new Promise((resolve) => {
      const done = (): void => {
        timer?.cancel();
        this.#waiting.delete(done);
        this.#reading.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer =
        atMs === undefined
          ? undefined
          : this.#clock.after(Math.max(0, atMs - this.#clock.now()), done);
      this.#waiting.add(done);
      if (isReading) this.#reading.add(done);
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    });
  }
}
