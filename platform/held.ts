/** A value that its owner replaces, while others ask for it each time they use it. */
export class Held<T> {
  #now: T;

  constructor(first: T) {
    this.#now = first;
  }

  get now(): T {
    return this.#now;
  }

  replace(next: T): void {
    this.#now = next;
  }

  /** What `make` makes of the value: made anew only when that was replaced. */
  derived<U>(make: (value: T) => U): () => U {
    let of = this.#now;
    let made = make(of);
    return () => {
      if (of !== this.#now) {
        made = make(this.#now);
        of = this.#now;
      }
      return made;
    };
  }
}
