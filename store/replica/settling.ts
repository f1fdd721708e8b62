interface Waiting {
  readonly index: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Callers waiting for an index of the log to be in the engine. */
export class Settling {
  #flushedIndex: number;
  /** Ascending by index. */
  readonly #waiting: Waiting[] = [];

  constructor(flushedIndex: number) {
    this.#flushedIndex = flushedIndex;
  }

  async reach(index: number, flush: () => void): Promise<void> {
    if (index <= this.#flushedIndex) return;
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ index, resolve, reject });
      flush();
    });
  }

  reached(flushedIndex: number): void {
    this.#flushedIndex = flushedIndex;
    while (this.#waiting.length > 0 && this.#waiting[0]!.index <= flushedIndex)
      this.#waiting.shift()!.resolve();
  }

  fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
