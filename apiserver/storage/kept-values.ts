/** Of an API server. */
export const KEPT_BYTES = 32 << 20;

/** An object whose bytes are decoded, as a link of the list that {@link KeptValues} keeps. */
export interface Decoded {
  /** Of its bytes as they are stored. */
  readonly storedBytes: number;
  /** Set by whoever uses its value. */
  isUsed: boolean;
  isKept: boolean;
  /** Neighbours in order of age. */
  newer: Decoded | undefined;
  older: Decoded | undefined;
  /** Gives up what was made of its bytes. */
  letGo(): void;
}

/**
 * Which objects keep what was made of their bytes: up to a bound, those decoded last and those used
 * since. A value takes about twice the room of its bytes, and most objects are served as they are
 * stored: so others keep the bytes alone, and are decoded again when somebody asks.
 */
export class KeptValues {
  readonly #limitBytes: number;
  #bytes = 0;
  #newest: Decoded | undefined;
  #oldest: Decoded | undefined;

  /** Of the stored bytes of those that are kept. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(object: Decoded): void {
    if (object.isKept) return;
    object.isKept = true;
    object.isUsed = false;
    this.#bytes += object.storedBytes;
    this.#link(object);
    while (this.#bytes > this.#limitBytes) this.#passOldest(this.#oldest!);
  }

  remove(object: Decoded): void {
    if (!object.isKept) return;
    object.isKept = false;
    this.#bytes -= object.storedBytes;
    this.#unlink(object);
    object.letGo();
  }

  /** Who was used since its last turn has another one. */
  #passOldest(object: Decoded): void {
    if (!object.isUsed) {
      this.remove(object);
      return;
    }
    object.isUsed = false;
    this.#unlink(object);
    this.#link(object);
  }

  #link(object: Decoded): void {
    object.older = this.#newest;
    if (this.#newest !== undefined) this.#newest.newer = object;
    this.#newest = object;
    this.#oldest ??= object;
  }

  #unlink(object: Decoded): void {
    const { newer, older } = object;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    object.newer = undefined;
    object.older = undefined;
  }
}
