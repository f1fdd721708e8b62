const NOTHING = Buffer.alloc(0);

/**
 * Bytes that come in pieces and are wanted whole. They take at most twice their length, however
 * small the pieces: a list of these would take a hundred times as much of whoever sends single
 * bytes.
 */
export class GatheredBytes {
  #room: Buffer = NOTHING;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** A copy. `mostBytes`: as many as will be wanted, and no room for more is made. */
  add(bytes: Uint8Array, mostBytes = Infinity): void {
    const needed = this.#length + bytes.length;
    if (needed > this.#room.length) {
      const ahead = Math.min(2 * this.#room.length, mostBytes);
      const larger = Buffer.allocUnsafe(Math.max(needed, ahead));
      this.#room.copy(larger, 0, 0, this.#length);
      this.#room = larger;
    }
    this.#room.set(bytes, this.#length);
    this.#length = needed;
  }

  /** A view of what is there. */
  get all(): Buffer {
    return this.#room.subarray(0, this.#length);
  }

  /** All of them; what comes then is gathered anew. */
  take(): Buffer {
    const { all } = this;
    this.#room = NOTHING;
    this.#length = 0;
    return all;
  }
}
