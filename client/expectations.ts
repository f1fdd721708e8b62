/**
 * What a controller has asked for and not yet seen in its cache. Until everything expected was
 * seen (or {@link EXPECTATION_TTL_MS} passed), the cache is too old to decide on: deciding anyway
 * would create the same pods twice.
 *
 * Expectations live in one process only. After a restart none are needed: the cache is synced
 * from the server before the first decision, and holds everything created so far.
 */
import type { Clock } from '../platform/clock.ts';

/** client-go's five minutes: by then a lost event was repaired by a relist. */
export const EXPECTATION_TTL_MS = 300_000;

interface Expected {
  creations: number;
  /** Keys of the objects being deleted: a deletion may be seen twice (marked, then gone). */
  readonly deletions: Set<string>;
  readonly atMs: number;
}

export class Expectations {
  readonly #clock: Clock;
  readonly #expected = new Map<string, Expected>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  expectCreations(owner: string, count: number): void {
    this.expect(owner, count, []);
  }

  expectDeletions(owner: string, keys: readonly string[]): void {
    this.expect(owner, 0, keys);
  }

  /** Both at once: replaces what was expected before. */
  expect(owner: string, creations: number, deletions: readonly string[]): void {
    const atMs = this.#clock.monotonic();
    this.#expected.set(owner, { creations, deletions: new Set(deletions), atMs });
  }

  /** A creation was seen, or failed. */
  creationObserved(owner: string, count = 1): void {
    const expected = this.#expected.get(owner);
    if (expected !== undefined) expected.creations -= count;
  }

  /** The deletion of `key` was seen, or failed. */
  deletionObserved(owner: string, key: string): void {
    this.#expected.get(owner)?.deletions.delete(key);
  }

  /** True if the cache shows all that was asked for, or waiting for it makes no sense any more. */
  satisfied(owner: string): boolean {
    const expected = this.#expected.get(owner);
    if (expected === undefined) return true;
    if (expected.creations <= 0 && expected.deletions.size === 0) return true;
    return this.#clock.monotonic() - expected.atMs > EXPECTATION_TTL_MS;
  }

  /** The owner is gone. */
  forget(owner: string): void {
    this.#expected.delete(owner);
  }
}
