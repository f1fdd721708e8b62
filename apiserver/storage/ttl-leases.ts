import type { Clock } from '../../platform/clock.ts';
import type { Kv } from '../../store/kv.ts';
import { translated } from './store-errors.ts';

/** A lease serves the objects of this many seconds, and at most this many of them. */
const REUSE_SECONDS = 60;
const REUSE_OBJECTS = 1_000;

interface Grant {
  readonly id: string;
  readonly until: number;
  objects: number;
}

/**
 * Leases for objects that vanish by themselves. A lease per object would cost the store as much
 * as the object; so objects written within a minute share one that outlives the last of them.
 */
export class TtlLeases {
  readonly #kv: Kv;
  readonly #clock: Clock;
  readonly #grants = new Map<number, Promise<Grant>>();

  constructor(kv: Kv, clock: Clock) {
    this.#kv = kv;
    this.#clock = clock;
  }

  /** A lease under which an object lives at least `ttlSeconds`. */
  async leaseFor(ttlSeconds: number): Promise<string> {
    for (;;) {
      const pending = this.#grants.get(ttlSeconds) ?? this.#begin(ttlSeconds);
      const grant = await pending;
      if (grant.objects < REUSE_OBJECTS && this.#clock.monotonic() < grant.until) {
        grant.objects++;
        return grant.id;
      }
      if (this.#grants.get(ttlSeconds) === pending) this.#grants.delete(ttlSeconds);
    }
  }

  /** The store no longer knows the lease: the next object gets another. */
  forget(ttlSeconds: number): void {
    this.#grants.delete(ttlSeconds);
  }

  #begin(ttlSeconds: number): Promise<Grant> {
    const until = this.#clock.monotonic() + REUSE_SECONDS * 1_000;
    const pending = translated(this.#kv.leaseGrant(ttlSeconds + REUSE_SECONDS)).then(({ id }) => ({
      id,
      until,
      objects: 0,
    }));
    this.#grants.set(ttlSeconds, pending);
    pending.catch(() => this.#grants.delete(ttlSeconds));
    return pending;
  }
}
