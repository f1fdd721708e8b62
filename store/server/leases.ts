/** The Lease service: grants and revocations go through the log, renewals through the clock. */
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Random } from '../../platform/random.ts';
import { StoreError } from '../kv.ts';
import type { Command } from '../mvcc/command.ts';
import type { LeaseTimeToLive, Leases } from './interface.ts';
import { LeaseClock } from './lease-clock.ts';
import type { Replica } from './replica.ts';

const MAX_TTL_SECONDS = 9_000_000_000;
const LOOK_EVERY_MS = 500;

export interface LeaseCounters {
  granted: number;
  revoked: number;
  renewed: number;
  expired: number;
}

export class LeaseService implements Leases {
  readonly counters: LeaseCounters = { granted: 0, revoked: 0, renewed: 0, expired: 0 };
  readonly #replica: Replica;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #minTtlSeconds: number;
  readonly #leaseClock: LeaseClock;
  #lastLook = 0;

  constructor(
    replica: Replica,
    effects: { readonly clock: Clock; readonly random: Random; readonly logger: Logger },
    electionTimeoutMs: number,
  ) {
    this.#replica = replica;
    this.#clock = effects.clock;
    this.#random = effects.random;
    this.#logger = effects.logger;
    // A holder must survive an election: etcd's least TTL is one and a half of its timeout.
    this.#minTtlSeconds = Math.ceil((electionTimeoutMs * 1.5) / 1000);
    this.#leaseClock = new LeaseClock(replica.store.lessor);
  }

  /** This member has become the leader. */
  takeOffice(extraMs: number): void {
    this.#leaseClock.restart(this.#clock.monotonic(), extraMs);
  }

  applied(command: Command): void {
    if (command.type === 'leaseGrant') {
      this.counters.granted++;
      this.#leaseClock.granted(command.id, this.#clock.monotonic());
    } else if (command.type === 'leaseRevoke') {
      this.counters.revoked++;
      this.#leaseClock.removed(command.id);
    }
  }

  async grant(request: { readonly id?: string; readonly ttlSeconds: number }): Promise<{
    readonly id: string;
    readonly ttlSeconds: number;
  }> {
    if (request.ttlSeconds > MAX_TTL_SECONDS) throw new StoreError('leaseTtlTooLarge');
    const ttlSeconds = Math.max(request.ttlSeconds, this.#minTtlSeconds);
    const chosen = request.id !== undefined && request.id !== '0';
    const id = chosen ? request.id : this.#freshId();
    await this.#replica.propose({ type: 'leaseGrant', id, ttlSeconds });
    return { id, ttlSeconds };
  }

  /** A positive 63-bit integer. */
  #freshId(): string {
    for (;;) {
      const bytes = Buffer.from(this.#random.bytes(8, 'lease ID'));
      bytes[0]! &= 0x7f;
      const id = bytes.readBigUInt64BE(0).toString();
      if (id !== '0' && this.#replica.store.lessor.get(id) === undefined) return id;
    }
  }

  async revoke(id: string): Promise<void> {
    this.#leaseClock.revoking(id);
    try {
      await this.#replica.propose({ type: 'leaseRevoke', id });
    } catch (error) {
      this.#leaseClock.revokeFailed(id);
      throw error;
    }
  }

  /** Only a leader that has just proved to lead may renew: a deposed one would lie. */
  async keepAlive(id: string): Promise<number> {
    await this.#replica.confirmRead();
    const ttlSeconds = this.#leaseClock.renew(id, this.#clock.monotonic());
    if (ttlSeconds > 0) this.counters.renewed++;
    return ttlSeconds;
  }

  async timeToLive(id: string, withKeys: boolean): Promise<LeaseTimeToLive> {
    await this.#replica.confirmRead();
    const lease = this.#replica.store.lessor.get(id);
    if (lease === undefined) return { id, ttlSeconds: -1, grantedTtlSeconds: 0, keys: [] };
    return {
      id,
      ttlSeconds: this.#leaseClock.remaining(id, this.#clock.monotonic()),
      grantedTtlSeconds: lease.ttlSeconds,
      keys: withKeys ? [...lease.keys].sort() : [],
    };
  }

  async list(): Promise<readonly string[]> {
    await this.#replica.confirmRead();
    return this.#leaseClock.ids();
  }

  /** Looks for expired leases now and then, and proposes their end. */
  tick(): void {
    const now = this.#clock.monotonic();
    if (now - this.#lastLook < LOOK_EVERY_MS) return;
    this.#lastLook = now;
    for (const id of this.#leaseClock.expired(now)) {
      this.counters.expired++;
      this.revoke(id).catch((error: unknown) => {
        if (error instanceof StoreError && error.reason === 'leaseNotFound') return;
        this.counters.expired--;
        this.#logger.warn({ lease: id, error }, 'could not revoke an expired lease; will retry');
      });
    }
  }
}
