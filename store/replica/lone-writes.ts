/**
 * When a durable write may hold up the thread that everything runs on. To hand a write to another
 * thread and to hear of its end wakes two threads, which is a third of a fast disk's time again;
 * but what comes meanwhile waits, too. So only while one client at a time is at work.
 */
import type { Clock } from '../../platform/clock.ts';
import type { Turns } from '../../platform/turns.ts';

/** So many writes in a row met no call before one may block. */
const CALM_WRITES = 8;
/** After one of so many that blocked it is looked whether somebody came meanwhile. */
const LOOK_EVERY = 8;
/** A disk that took longer does not hold up the thread again… */
const SLOW_MS = 10;
/** …before so many times as long have gone by: the thread loses at most a hundredth to it. */
const REST_TIMES = 100;

interface LoneWritesOptions {
  readonly clock: Clock;
  /** Absent: no write may block. */
  readonly nextTurn?: Turns['nextTurn'];
  /** Apart from calls. */
  readonly mayBlock: () => boolean;
}

export class LoneWrites {
  readonly #options: LoneWritesOptions;
  #calls = 0;
  /** Writes in a row that met no call. */
  #calm = 0;
  /** Until then none may block, monotonic. */
  #restsUntil = 0;

  constructor(options: LoneWritesOptions) {
    this.#options = options;
  }

  /** A client asks for something. */
  called(): void {
    this.#calls++;
  }

  /** Resolves when `write` has, or a turn later. */
  async run(write: (mayBlock: boolean) => Promise<void>): Promise<void> {
    const { clock, nextTurn, mayBlock } = this.#options;
    const calls = this.#calls;
    const began = clock.monotonic();
    const isCalm = this.#calm >= CALM_WRITES && began >= this.#restsUntil;
    const blocks = nextTurn !== undefined && isCalm && mayBlock();
    await write(blocks);
    const ended = clock.monotonic();
    if (ended - began > SLOW_MS) this.#restsUntil = ended + REST_TIMES * (ended - began);
    if (blocks && this.#calm % LOOK_EVERY === 0) await twoTurns(nextTurn);
    this.#calm = calls !== this.#calls ? 0 : this.#calm + 1;
  }
}

/** The first may begin before what came is read. */
function twoTurns(nextTurn: Turns['nextTurn']): Promise<void> {
  return new Promise((resolve) => nextTurn(() => nextTurn(resolve)));
}
