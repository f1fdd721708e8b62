import type { Version } from './version.ts';
import { NO_LEASE } from './version.ts';

export interface Lease {
  /** Decimal, below 2^63. */
  readonly id: string;
  /** As granted. */
  readonly ttlSeconds: number;
  /** At the last checkpoint; absent: the whole TTL. */
  readonly remainingSeconds?: number;
  /** Keys whose newest version carries the lease. */
  readonly keys: Set<string>;
}

/**
 * Leases as replicated state: which exist and which keys hang on them. When one expires is the
 * business of the leader's shell, which then proposes to revoke it: clocks differ between
 * members, the log does not.
 */
export class Lessor {
  readonly #leases = new Map<string, Lease>();

  get(id: string): Lease | undefined {
    return this.#leases.get(id);
  }

  all(): Iterable<Lease> {
    return this.#leases.values();
  }

  grant(id: string, ttlSeconds: number, remainingSeconds?: number): void {
    const lease: Lease = { id, ttlSeconds, keys: new Set() };
    this.#leases.set(id, remainingSeconds === undefined ? lease : { ...lease, remainingSeconds });
  }

  /** Notes what is left of a lease; undefined if there is no such lease. */
  checkpoint(id: string, remainingSeconds: number): Lease | undefined {
    const lease = this.#leases.get(id);
    if (lease === undefined) return undefined;
    const noted = { ...lease, remainingSeconds };
    this.#leases.set(id, noted);
    return noted;
  }

  remove(id: string): void {
    this.#leases.delete(id);
  }

  /** Follows a key from one newest version to the next. */
  moved(previous: Version | undefined, next: Version): void {
    if (previous !== undefined && previous.lease !== next.lease)
      this.#leases.get(previous.lease)?.keys.delete(next.key);
    if (next.lease !== NO_LEASE) this.#leases.get(next.lease)?.keys.add(next.key);
  }
}
