import type { Turns } from '../../platform/turns.ts';

/** Consumers woken per turn. */
const PER_TURN = 128;

/**
 * Wakes consumers of watches, once what made the event is done, and many of them in later turns: a
 * put about to be answered is not kept behind a thousand watchers. What a consumer has not been
 * woken for waits in its watcher and counts towards that one's bound.
 */
export class Wakes {
  readonly #nextTurn: Turns['nextTurn'] | undefined;
  #waiting: (() => void)[] = [];
  /** In this turn. */
  #woken = 0;
  #isCalled = false;

  /** Without turns everybody is woken at once. */
  constructor(nextTurn: Turns['nextTurn'] | undefined) {
    this.#nextTurn = nextTurn;
  }

  /** Calls `wake` soon, or in a turn to come. */
  call(wake: () => void): void {
    this.#waiting.push(wake);
    if (this.#isCalled || this.#woken >= PER_TURN) return;
    this.#isCalled = true;
    void Promise.resolve().then(() => {
      this.#isCalled = false;
      this.#wakeSome();
    });
  }

  #wakeSome(): void {
    const nextTurn = this.#nextTurn;
    const most = nextTurn === undefined ? Infinity : PER_TURN - this.#woken;
    const now = this.#waiting.splice(0, most);
    if (nextTurn !== undefined && now.length > 0) {
      if (this.#woken === 0) nextTurn(() => this.#turn());
      this.#woken += now.length;
    }
    for (const wake of now) wake();
  }

  #turn(): void {
    this.#woken = 0;
    this.#wakeSome();
  }
}
