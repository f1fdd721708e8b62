/** The other side ended in the middle of what it was saying. */
class UnexpectedEndError extends Error {
  override readonly name = 'UnexpectedEndError';
}

/** Reads pieces of known sizes from a stream of chunks, and no more than it is asked for. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Exactly so many bytes; undefined if nothing comes any more. */
  async read(length: number): Promise<Buffer | undefined> {
    const parts: Uint8Array[] = [];
    let missing = length;
    while (missing > 0) {
      if (this.#chunk.length === 0) {
        const step = await this.#source.next();
        if (step.done === true) {
          if (missing === length) return undefined;
          throw new UnexpectedEndError('the connection ended within a frame');
        }
        this.#chunk = step.value;
        continue;
      }
      const part = this.#chunk.subarray(0, missing);
      this.#chunk = this.#chunk.subarray(part.length);
      missing -= part.length;
      parts.push(part);
    }
    const [only] = parts;
    if (parts.length === 1 && only !== undefined)
      return Buffer.from(only.buffer, only.byteOffset, only.length);
    return Buffer.concat(parts);
  }

  /** The same in the middle of a frame. */
  async rest(length: number): Promise<Buffer> {
    const bytes = await this.read(length);
    if (bytes === undefined && length > 0)
      throw new UnexpectedEndError('the connection ended within a frame');
    return bytes ?? Buffer.alloc(0);
  }
}
