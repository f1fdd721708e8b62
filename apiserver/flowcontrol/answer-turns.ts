/**
 * What the store makes durable together is answered together: twenty answers of one user in a row,
 * and then their next requests, for all of which everybody else waits. So a user whose requests
 * wait in line has one answer written, and then the server looks who else has come.
 */
export class AnswerTurns {
  readonly #nextTurn: (fn: () => void) => void;
  /** Of flows that had their answer in this turn: further ones that are ready. */
  readonly #lines = new Map<string, (() => void)[]>();

  constructor(nextTurn: (fn: () => void) => void) {
    this.#nextTurn = nextTurn;
  }

  /** Undefined: now. */
  next(flow: string): Promise<void> | undefined {
    const line = this.#lines.get(flow);
    if (line !== undefined) return new Promise((resolve) => line.push(resolve));
    if (this.#lines.size === 0) this.#nextTurn(() => this.#turn());
    this.#lines.set(flow, []);
    return undefined;
  }

  #turn(): void {
    for (const [flow, line] of this.#lines) {
      const first = line.shift();
      if (first === undefined) this.#lines.delete(flow);
      else first();
    }
    if (this.#lines.size > 0) this.#nextTurn(() => this.#turn());
  }
}
