import type { Turns } from '../../platform/turns.ts';

/** Consumers woken per turn. The first so many are woken within the call. */
const PER_TURN = 128;

/**
 * Wakes consumers of watches, many of them in later turns: what made the event, a put about to be
 * answered, is not kept behind a thousand watchers. What a consumer has not been woken for waits
 * in its watcher and counts towards that one's bound.
 */
export class Wakes {
  readonly #nextTurn: Turns['nextTurn'] | undefined;
  #waiting: (() => void)[] = [];
  /** In this turn. */
  #woken = 0;

  /** Without turns everybody is woken at once. */
  constructor(nextTurn: Turns['nextTurn'] | undefined) {
    this.#nextTurn = nextTurn;
  }

  /** Calls `wake` now or in a turn to come. */
  call(wake: () => void): void {
    if (this.#nextTurn === undefined) return wake();
    if (this.#woken === PER_TURN) {
      this.#waiting.push(wake);
      return;
    }
    if (this.#woken++ === 0) this.#nextTurn(() => this.#turn());
    wake();
  }

  #turn(): void {
    this.#woken = Math.min(this.#waiting.length, PER_TURN);
    if (this.#woken === 0) return;
    this.#nextTurn!(() => this.#turn());
    const now = this.#waiting.splice(0, PER_TURN);
    for (const wake of now) wake();
  }
}
