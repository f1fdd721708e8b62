/** As large as those of Node.js' own pool. */
const BLOCK_BYTES = 8 << 10;

/**
 * Memory for small bytes that stay about equally long, side by side. In Node.js' pool they lie
 * among whatever else is made just then, and one of them keeps a whole block of that.
 */
export class Blocks {
  #block = Buffer.alloc(0);
  #used = 0;

  /** Not cleared. Large ones have memory of their own. */
  allocate(bytes: number): Buffer {
    if (bytes * 4 > BLOCK_BYTES) return Buffer.allocUnsafeSlow(bytes);
    if (this.#used + bytes > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += bytes;
    return this.#block.subarray(from, this.#used);
  }

  /** A copy that stays, unless most of the memory behind `bytes` is theirs. */
  keep(bytes: Uint8Array): Uint8Array {
    if (bytes.length * 2 >= bytes.buffer.byteLength) return bytes;
    const kept = this.allocate(bytes.length);
    kept.set(bytes);
    return kept;
  }
}
