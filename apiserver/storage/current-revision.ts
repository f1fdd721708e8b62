import type { Kv } from '../../store/kv.ts';
import { REGISTRY_PREFIX } from './keys.ts';
import { translated } from './store-errors.ts';

/**
 * The store's revision by a linearizable read, shared by all who ask at about the same time.
 *
 * An answer proves something only to those who asked before its read began. So whoever comes
 * while a read is under way shares the next one, which begins when that ends.
 */
export class CurrentRevision {
  readonly #kv: Kv;
  #running: Promise<number> | undefined;
  #next: Promise<number> | undefined;

  constructor(kv: Kv) {
    this.#kv = kv;
  }

  read(): Promise<number> {
    if (this.#running === undefined) return this.#begin();
    this.#next ??= this.#running.then(
      () => this.#beginNext(),
      () => this.#beginNext(),
    );
    return this.#next;
  }

  #beginNext(): Promise<number> {
    this.#next = undefined;
    // Somebody may have begun one in between: it began after whoever waits here asked.
    return this.#running ?? this.#begin();
  }

  #begin(): Promise<number> {
    const running = this.#read().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  /** Nothing is stored under the bare prefix: the answer is only the header's revision. */
  async #read(): Promise<number> {
    const answer = await translated(this.#kv.range({ key: REGISTRY_PREFIX, countOnly: true }));
    return answer.revision;
  }
}
