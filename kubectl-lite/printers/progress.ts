import type { Session } from '../session.ts';

/**
 * One line on a terminal that says how far a long wait is, and goes when it is over. In a pipe
 * nothing is written.
 */
export class Progress {
  readonly #session: Session;
  #shown = false;

  constructor(session: Session) {
    this.#session = session;
  }

  show(text: string): void {
    if (!this.#session.environment.interactive) return;
    this.#session.output.err(`\r\u001b[K${text}`);
    this.#shown = true;
  }

  /** To be called before anything else is printed, and at the end. */
  clear(): void {
    if (!this.#shown) return;
    this.#session.output.err('\r\u001b[K');
    this.#shown = false;
  }
}
