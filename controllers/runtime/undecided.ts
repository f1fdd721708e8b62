/**
 * Creations and deletions whose answers were lost, by owner: they may have been carried out. The
 * next time such a one is wanted, the same is tried again and so happens once.
 */

/** Owners remembered; of the oldest beyond it a pod may be made twice, and one of them goes. */
const OWNERS_LIMIT = 1024;

export class Undecided {
  readonly #byOwner = new Map<string, Set<string>>();

  of(owner: string): ReadonlySet<string> {
    return this.#byOwner.get(owner) ?? none;
  }

  add(owner: string, what: string): void {
    const all = this.#byOwner.get(owner) ?? new Set();
    this.#byOwner.delete(owner);
    this.#byOwner.set(owner, all.add(what));
    if (this.#byOwner.size <= OWNERS_LIMIT) return;
    for (const oldest of this.#byOwner.keys()) {
      this.#byOwner.delete(oldest);
      return;
    }
  }

  settle(owner: string, what: string): void {
    const all = this.#byOwner.get(owner);
    if (all?.delete(what) === true && all.size === 0) this.#byOwner.delete(owner);
  }
}

const none: ReadonlySet<string> = new Set();
