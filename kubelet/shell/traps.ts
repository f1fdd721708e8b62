/** What a shell does when it is sent a signal, and at its end (POSIX XCU 2.14, trap). */

/** By their names and numbers. Of others a container's first process hears nothing. */
const signals: Readonly<Record<string, string>> = {
  EXIT: 'EXIT',
  HUP: 'HUP',
  INT: 'INT',
  QUIT: 'QUIT',
  TERM: 'TERM',
  '0': 'EXIT',
  '1': 'HUP',
  '2': 'INT',
  '3': 'QUIT',
  '15': 'TERM',
};

export class Traps {
  readonly #actions = new Map<string, string>();
  readonly #sent = new Set<string>();
  #waiting: (() => void)[] = [];

  /** As `trap` is given them; the first operand that is no signal, if there is one. */
  set(operands: readonly string[]): string | undefined {
    const [action = '-', ...rest] = operands;
    const resets = action === '-' || (rest.length === 0 && signalOf(action) !== undefined);
    for (const name of resets && action !== '-' ? operands : rest) {
      const signal = signalOf(name);
      if (signal === undefined) return name;
      if (resets) this.#actions.delete(signal);
      else this.#actions.set(signal, action);
    }
    return undefined;
  }

  /** Sent to the shell; false if it has no action for it. */
  send(signal: string): boolean {
    if ((this.#actions.get(signal) ?? '') === '') return false;
    this.#sent.add(signal);
    for (const wake of this.#waiting.splice(0)) wake();
    return true;
  }

  /** Resolves with the code of a command that a signal interrupts: once one is sent. */
  async interruption(): Promise<number> {
    if (this.#sent.size === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const [signal = ''] = this.#sent;
    return (
      128 + Number(Object.keys(signals).find((key) => /\d/.test(key) && signals[key] === signal))
    );
  }

  /** The action of a signal that was sent since. */
  take(): string | undefined {
    for (const signal of this.#sent) {
      this.#sent.delete(signal);
      return this.#actions.get(signal);
    }
    return undefined;
  }

  /** What is to be done at the end, once. */
  takeExit(): string | undefined {
    const action = this.#actions.get('EXIT');
    this.#actions.delete('EXIT');
    return action;
  }
}

const signalOf = (name: string): string | undefined => signals[name.replace(/^SIG/, '')];
