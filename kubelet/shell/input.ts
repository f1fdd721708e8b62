/** Standard input that several commands read one after another. */
export class Input {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(from: AsyncIterable<Uint8Array> | undefined) {
    this.#iterator = (from ?? nothing())[Symbol.asyncIterator]();
  }

  /** For one command: whoever leaves its loop leaves the rest to others. */
  get chunks(): AsyncIterable<Uint8Array> {
    return { [Symbol.asyncIterator]: () => ({ next: () => this.#next() }) };
  }

  /** The next line without its end; undefined: there is none. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#rest.indexOf(0x0a);
      if (end >= 0) {
        const line = this.#rest.subarray(0, end).toString();
        this.#rest = this.#rest.subarray(end + 1);
        return line;
      }
      const next = await this.#iterator.next();
      if (next.done !== true) this.#rest = Buffer.concat([this.#rest, next.value]);
      else if (this.#rest.length === 0) return undefined;
      else this.#rest = Buffer.concat([this.#rest, Buffer.from('\n')]);
    }
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#rest.length === 0) return this.#iterator.next();
    const value = this.#rest;
    this.#rest = Buffer.alloc(0);
    return { done: false, value };
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
