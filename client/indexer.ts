import { assert } from '../platform/assert.ts';
import type { Lister } from './informer-interface.ts';

export type IndexFunction<T> = (object: T) => readonly string[];

const nothing: readonly never[] = [];

/** Objects by key, and the array last made of them. */
class Bucket<T> {
  readonly objects = new Map<string, T>();
  #list: readonly T[] | undefined;

  set(key: string, object: T): void {
    this.objects.set(key, object);
    this.#list = undefined;
  }

  delete(key: string): void {
    this.objects.delete(key);
    this.#list = undefined;
  }

  list(): readonly T[] {
    this.#list ??= [...this.objects.values()];
    return this.#list;
  }
}

class Index<T> {
  readonly of: IndexFunction<T>;
  readonly #buckets = new Map<string, Bucket<T>>();

  constructor(of: IndexFunction<T>) {
    this.of = of;
  }

  list(value: string): readonly T[] {
    return this.#buckets.get(value)?.list() ?? nothing;
  }

  /** Files `current` instead of `old`; either may be absent. */
  replace(key: string, change: { readonly old?: T; readonly current?: T }): void {
    const values =
      change.current === undefined ? (nothing as readonly string[]) : this.of(change.current);
    if (change.old !== undefined) {
      for (const value of this.of(change.old)) {
        if (!values.includes(value)) this.#remove(key, value);
      }
    }
    for (const value of values) {
      let bucket = this.#buckets.get(value);
      if (bucket === undefined) this.#buckets.set(value, (bucket = new Bucket()));
      bucket.set(key, change.current!);
    }
  }

  #remove(key: string, value: string): void {
    const bucket = this.#buckets.get(value);
    bucket?.delete(key);
    if (bucket?.objects.size === 0) this.#buckets.delete(value);
  }
}

/**
 * Objects by key and by index value. Reads cost nothing between writes: the arrays handed out
 * are made at most once per change, and never change afterwards.
 */
export class Indexer<T> implements Lister<T> {
  readonly #all = new Bucket<T>();
  readonly #indexes = new Map<string, Index<T>>();

  /** Adding the same function again does nothing, so that those who share a cache share indexes. */
  addIndex(name: string, of: IndexFunction<T>): void {
    const known = this.#indexes.get(name);
    if (known?.of === of) return;
    assert(known === undefined, `two different indexes named ${name}`);
    const index = new Index(of);
    this.#indexes.set(name, index);
    for (const [key, current] of this.#all.objects) index.replace(key, { current });
  }

  get size(): number {
    return this.#all.objects.size;
  }

  /** The keys now in the cache; safe to write to the cache while iterating. */
  keys(): string[] {
    return [...this.#all.objects.keys()];
  }

  get(key: string): T | undefined {
    return this.#all.objects.get(key);
  }

  list(): readonly T[] {
    return this.#all.list();
  }

  byIndex(name: string, value: string): readonly T[] {
    const index = this.#indexes.get(name);
    assert(index !== undefined, `no index ${name}`);
    return index.list(value);
  }

  /** Returns the object it replaced. */
  set(key: string, current: T): T | undefined {
    const old = this.#all.objects.get(key);
    this.#all.set(key, current);
    const change = old === undefined ? { current } : { old, current };
    for (const index of this.#indexes.values()) index.replace(key, change);
    return old;
  }

  /** Returns the object it removed. */
  delete(key: string): T | undefined {
    const old = this.#all.objects.get(key);
    if (old === undefined) return undefined;
    this.#all.delete(key);
    for (const index of this.#indexes.values()) index.replace(key, { old });
    return old;
  }
}
