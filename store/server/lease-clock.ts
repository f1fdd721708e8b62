import type { LeaseCheckpoint } from '../mvcc/command.ts';
import type { Lessor } from '../mvcc/lessor.ts';

/** How many expired leases are revoked per look, twice a second (etcd's bound of 1,000/s). */
const MAX_REVOKES = 500;
/** Leases that last no longer than this are not checkpointed (etcd's interval). */
export const CHECKPOINT_SECONDS = 300;
/** In one command (etcd's bound). */
const MAX_CHECKPOINTS = 1000;

/**
 * When leases expire: the leader's business alone, by its monotonic clock. The end of a lease
 * is then proposed like any other command.
 */
export class LeaseClock {
  readonly #lessor: Lessor;
  readonly #deadlines = new Map<string, number>();
  /** Being revoked: no longer to be renewed, whatever its deadline. */
  readonly #revoking = new Set<string>();

  constructor(lessor: Lessor) {
    this.#lessor = lessor;
  }

  /** On taking office: nobody knows how long leases have left, so each gets its full time. */
  restart(now: number, extraMs: number): void {
    this.#deadlines.clear();
    this.#revoking.clear();
    for (const { id, ttlSeconds, remainingSeconds } of this.#lessor.all())
      this.#deadlines.set(id, now + (remainingSeconds || ttlSeconds) * 1000 + extraMs);
  }

  /** What leases have left that a checkpoint would remember better than their whole time. */
  checkpoints(now: number): LeaseCheckpoint[] {
    const checkpoints: LeaseCheckpoint[] = [];
    for (const { id, ttlSeconds } of this.#lessor.all()) {
      if (ttlSeconds <= CHECKPOINT_SECONDS) continue;
      const remainingSeconds = this.remaining(id, now);
      if (remainingSeconds === 0 || remainingSeconds + CHECKPOINT_SECONDS > ttlSeconds) continue;
      checkpoints.push({ id, remainingSeconds });
      if (checkpoints.length === MAX_CHECKPOINTS) break;
    }
    return checkpoints;
  }

  granted(id: string, now: number): void {
    const lease = this.#lessor.get(id);
    if (lease !== undefined) this.#deadlines.set(id, now + lease.ttlSeconds * 1000);
  }

  removed(id: string): void {
    this.#deadlines.delete(id);
    this.#revoking.delete(id);
  }

  /** True if a checkpoint says that the lease has less left than it has. */
  outdates(id: string): boolean {
    return (this.#lessor.get(id)?.remainingSeconds ?? 0) > 0;
  }

  /** The renewed TTL; 0 if the lease is unknown, over or on its way out. */
  renew(id: string, now: number): number {
    const lease = this.#lessor.get(id);
    const deadline = this.#deadlines.get(id);
    if (lease === undefined || deadline === undefined) return 0;
    if (deadline <= now || this.#revoking.has(id)) return 0;
    this.#deadlines.set(id, now + lease.ttlSeconds * 1000);
    return lease.ttlSeconds;
  }

  /** Whole seconds left; 0 when over. */
  remaining(id: string, now: number): number {
    const deadline = this.#deadlines.get(id) ?? now;
    return Math.max(0, Math.floor((deadline - now) / 1000));
  }

  /** By expiry. */
  ids(): string[] {
    return [...this.#deadlines].sort(([, a], [, b]) => a - b).map(([id]) => id);
  }

  /** Leases whose time is over and whose revocation is not under way yet. */
  expired(now: number): string[] {
    const expired: string[] = [];
    for (const [id, deadline] of this.#deadlines) {
      if (deadline > now || this.#revoking.has(id)) continue;
      expired.push(id);
      if (expired.length === MAX_REVOKES) break;
    }
    return expired;
  }

  revoking(id: string): void {
    this.#revoking.add(id);
  }

  /** The revocation failed; it is tried again. */
  revokeFailed(id: string): void {
    this.#revoking.delete(id);
  }
}
