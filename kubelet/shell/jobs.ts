/** What a shell does in the background: `&`, `wait`, `$!` (POSIX XCU, 2.9.3). */

const MOST_JOBS = 64;
/** The shell itself is 7, as `ps` shows it. */
const FIRST_PID = 8;
const KILLED = 143;

interface Job {
  readonly code: Promise<number>;
  readonly ending: AbortController;
}

export class Jobs {
  readonly #jobs = new Map<string, Job>();
  #begun = 0;

  /** Of the one begun last, `$!`; "" without one. */
  get last(): string {
    return this.#begun === 0 ? '' : String(FIRST_PID + this.#begun - 1);
  }

  /** False if there are too many. `work` ends soon after its signal aborts. */
  begin(signal: AbortSignal, work: (signal: AbortSignal) => Promise<number>): boolean {
    if (this.#jobs.size >= MOST_JOBS) return false;
    this.#begun++;
    const ending = new AbortController();
    const both = AbortSignal.any([signal, ending.signal]);
    const code = work(both).then((done) => (ending.signal.aborted ? KILLED : done));
    this.#jobs.set(this.last, { code, ending });
    return true;
  }

  has(pid: string): boolean {
    return this.#jobs.has(pid);
  }

  kill(pid: string): void {
    this.#jobs.get(pid)?.ending.abort();
  }

  /** Resolves with the code of the last of them when all have ended; they are forgotten then. */
  async wait(pids: readonly string[] = [...this.#jobs.keys()]): Promise<number> {
    let code = 0;
    for (const pid of pids) {
      code = (await this.#jobs.get(pid)?.code) ?? 127;
      this.#jobs.delete(pid);
    }
    return code;
  }

  /** Ends them all. */
  async stop(): Promise<void> {
    for (const pid of this.#jobs.keys()) this.kill(pid);
    await this.wait();
  }
}
