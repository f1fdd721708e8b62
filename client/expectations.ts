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

/** Keys of objects, not counts: what is seen may be another object, or the same twice. */
interface Expected {
  readonly creations: Set<string>;
  readonly deletions: Set<string>;
  readonly atMs: number;
}

export class Expectations {
  readonly #clock: Clock;
  readonly #expected = new Map<string, Expected>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  expectCreations(owner: string, keys: readonly string[]): void {
    this.expect(owner, keys, []);
  }

  expectDeletions(owner: string, keys: readonly string[]): void {
    this.expect(owner, [], keys);
  }

  /** Both at once: replaces what was expected before. */
  expect(owner: string, creations: readonly string[], deletions: readonly string[]): void {
    const atMs = this.#clock.monotonic();
    const keys = { creations: new Set(creations), deletions: new Set(deletions) };
    this.#expected.set(owner, { ...keys, atMs });
  }

  /** The creation of `key` was seen, or failed. */
  creationObserved(owner: string, key: string): void {
    this.#expected.get(owner)?.creations.delete(key);
  }

  /** The deletion of `key` was seen, or failed. */
  deletionObserved(owner: string, key: string): void {
    this.#expected.get(owner)?.deletions.delete(key);
  }

  /**
   * In how long waiting will make no sense any more; undefined if nothing is waited for. Whoever
   * reconciles has to look again then: what never comes brings no event.
   */
  overdueAfterMs(owner: string): number | undefined {
    const expected = this.#expected.get(owner);
    if (expected === undefined || this.satisfied(owner)) return undefined;
    return EXPECTATION_TTL_MS + 1 - (this.#clock.monotonic() - expected.atMs);
  }

  /** True if the cache shows all that was asked for, or waiting for it makes no sense any more. */
  satisfied(owner: string): boolean {
    const expected = this.#expected.get(owner);
    if (expected === undefined) return true;
    if (expected.creations.size + expected.deletions.size === 0) return true;
    return this.#clock.monotonic() - expected.atMs > EXPECTATION_TTL_MS;
  }

  /** The owner is gone. */
  forget(owner: string): void {
    this.#expected.delete(owner);
  }
}
