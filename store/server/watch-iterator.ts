import type { WatchBatch } from '../kv.ts';
import type { LocalWatch, WatchConsumer } from './interface.ts';

interface Asked {
  readonly resolve: (result: IteratorResult<WatchBatch>) => void;
  readonly reject: (error: Error) => void;
}

/** Takes a batch from a watch whenever one is asked for, and no sooner. */
export class WatchIterator implements AsyncIterator<WatchBatch>, WatchConsumer {
  readonly #watch: LocalWatch;
  #hasBegun = false;
  #asked: Asked | undefined;
  #goOn: () => void = () => {};
  #end: { readonly error?: unknown } | undefined;

  constructor(watch: LocalWatch) {
    this.#watch = watch;
  }

  next(): Promise<IteratorResult<WatchBatch>> {
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject };
      if (this.#end !== undefined) this.#tellEnd();
      else if (this.#hasBegun) this.#goOn();
      else {
        this.#hasBegun = true;
        this.#watch.deliver(this);
      }
    });
  }

  return(): Promise<IteratorResult<WatchBatch>> {
    this.#watch.cancel();
    this.#goOn();
    return Promise.resolve({ done: true, value: undefined });
  }

  batch(batch: WatchBatch): Promise<void> {
    this.#asked!.resolve({ done: false, value: batch });
    this.#asked = undefined;
    return new Promise((resolve) => {
      this.#goOn = resolve;
    });
  }

  ended(error?: unknown): void {
    this.#end = { error };
    if (this.#asked !== undefined) this.#tellEnd();
  }

  /** An error is told once. */
  #tellEnd(): void {
    const { error } = this.#end!;
    this.#end = {};
    if (error === undefined) this.#asked!.resolve({ done: true, value: undefined });
    else this.#asked!.reject(error as Error);
    this.#asked = undefined;
  }
}
