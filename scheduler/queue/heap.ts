import { assert } from '../../platform/assert.ts';

export interface HeapOrder<T> {
  readonly keyOf: (item: T) => string;
  readonly goesFirst: (a: T, b: T) => boolean;
}

/** A binary heap whose items can be found, replaced and removed by key. */
export class Heap<T> {
  readonly #order: HeapOrder<T>;
  readonly #items: T[] = [];
  readonly #indexes = new Map<string, number>();

  constructor(order: HeapOrder<T>) {
    this.#order = order;
  }

  get size(): number {
    return this.#items.length;
  }

  get(key: string): T | undefined {
    const index = this.#indexes.get(key);
    return index === undefined ? undefined : this.#items[index];
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  /** Adds the item, or replaces the one with its key. */
  put(item: T): void {
    const key = this.#order.keyOf(item);
    const index = this.#indexes.get(key) ?? this.#items.length;
    this.#place(item, index);
    this.#settle(index);
  }

  pop(): T | undefined {
    const first = this.#items[0];
    if (first !== undefined) this.remove(this.#order.keyOf(first));
    return first;
  }

  remove(key: string): T | undefined {
    const index = this.#indexes.get(key);
    if (index === undefined) return undefined;
    const item = this.#items[index]!;
    this.#indexes.delete(key);
    const last = this.#items.pop();
    assert(last !== undefined, 'an indexed item of an empty heap');
    if (index < this.#items.length) {
      this.#place(last, index);
      this.#settle(index);
    }
    return item;
  }

  #place(item: T, index: number): void {
    this.#items[index] = item;
    this.#indexes.set(this.#order.keyOf(item), index);
  }

  #settle(index: number): void {
    this.#sink(this.#rise(index));
  }

  #rise(index: number): number {
    let i = index;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.#order.goesFirst(this.#items[i]!, this.#items[parent]!)) break;
      this.#swap(i, parent);
      i = parent;
    }
    return i;
  }

  #sink(index: number): void {
    let i = index;
    for (;;) {
      let first = i;
      for (const child of [2 * i + 1, 2 * i + 2])
        if (
          child < this.#items.length &&
          this.#order.goesFirst(this.#items[child]!, this.#items[first]!)
        )
          first = child;
      if (first === i) return;
      this.#swap(i, first);
      i = first;
    }
  }

  #swap(a: number, b: number): void {
    const item = this.#items[a]!;
    this.#place(this.#items[b]!, a);
    this.#place(item, b);
  }
}
