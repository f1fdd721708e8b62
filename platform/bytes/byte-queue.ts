/**
 * Bytes from a producer that can wait to one consumer that may be slow. No more than the limit
 * waits in between, the last piece aside.
 */
export class ByteQueue {
  /** Iterated once. Whoever leaves the loop lets the rest be dropped. */
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly #limitBytes: number;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #end: { readonly error?: Error } | undefined;
  #left = false;
  #readable: (() => void) | undefined;
  #drained: (() => void) | undefined;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
    this.chunks = this.#iterate();
  }

  get ended(): boolean {
    return this.#end !== undefined;
  }

  /** Resolves when more may come. One call at a time. */
  push(bytes: Uint8Array): Promise<void> {
    if (this.#end !== undefined || this.#left || bytes.length === 0) return Promise.resolve();
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#readable?.();
    if (this.#waitingBytes < this.#limitBytes) return Promise.resolve();
    return new Promise((resolve) => (this.#drained = resolve));
  }

  /** What waits is still delivered. */
  end(): void {
    this.#finish({});
  }

  /** The same, and then the error. */
  fail(error: Error): void {
    this.#finish({ error });
  }

  #finish(end: { readonly error?: Error }): void {
    this.#end ??= end;
    this.#readable?.();
    this.#drain();
  }

  #drain(): void {
    const drained = this.#drained;
    this.#drained = undefined;
    drained?.();
  }

  async *#iterate(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const next = this.#waiting.shift();
        if (next !== undefined) {
          this.#waitingBytes -= next.length;
          if (this.#waitingBytes < this.#limitBytes) this.#drain();
          yield next;
        } else if (this.#end !== undefined) {
          if (this.#end.error !== undefined) throw this.#end.error;
          return;
        } else {
          await new Promise<void>((resolve) => (this.#readable = resolve));
          this.#readable = undefined;
        }
      }
    } finally {
      this.#left = true;
      this.#waiting = [];
      this.#drain();
    }
  }
}
