/** The Lease service: grants and revocations go through the log, renewals through the clock. */
import { sleep } from '../../platform/clock.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Effects } from '../../platform/effects.ts';
import { StoreError } from '../kv.ts';
import type { Caller, Command } from '../mvcc/command.ts';
import { NONE } from '../raft/entry.ts';
import { exponential, Histogram } from '../../platform/metrics/histogram.ts';
import type { GrantedLease, LeaseTimeToLive, Leases } from './interface.ts';
import { CHECKPOINT_SECONDS, LeaseClock } from './lease-clock.ts';
import type { Answers, Peers, Question } from '../replica/peers.ts';
import type { Replica } from '../replica/replica.ts';

const MAX_TTL_SECONDS = 9_000_000_000;
const LOOK_EVERY_MS = 500;
/** How often a request that needs the leader looks whether there is one. */
const LEADER_RETRY_MS = 50;

export interface LeaseCounters {
  /** Of those granted, in seconds; bounds are etcd's. */
  readonly ttls: Histogram;
  granted: number;
  revoked: number;
  renewed: number;
  expired: number;
}

export interface LeaseEnvironment extends Effects {
  readonly electionTimeoutMs: number;
  readonly peers: () => Peers | undefined;
}

type LeaseQuestion = Extract<Question, { type: 'leaseRenew' | 'leaseTimeToLive' }>;

export class LeaseService implements Leases {
  readonly counters: LeaseCounters = {
    ttls: new Histogram(exponential(1, 2, 24)),
    granted: 0,
    revoked: 0,
    renewed: 0,
    expired: 0,
  };
  readonly #environment: LeaseEnvironment;
  readonly #clock: Clock;
  readonly #minTtlSeconds: number;
  #replica: Replica;
  #leaseClock: LeaseClock;
  #lastLook = 0;
  #lastCheckpoint = 0;

  constructor(replica: Replica, environment: LeaseEnvironment) {
    this.#replica = replica;
    this.#environment = environment;
    this.#clock = environment.clock;
    // A holder must survive an election: etcd's least TTL is one and a half of its timeout.
    this.#minTtlSeconds = Math.ceil((environment.electionTimeoutMs * 1.5) / 1000);
    this.#leaseClock = new LeaseClock(replica.store.lessor);
  }

  /** The state was replaced by a snapshot. */
  serve(replica: Replica): void {
    this.#replica = replica;
    this.#leaseClock = new LeaseClock(replica.store.lessor);
  }

  /**
   * This member has become the leader. Nobody knows when leases were last renewed, so each gets
   * what the last checkpoint left it, or its full time, and an election's on top.
   */
  takeOffice(): void {
    this.#lastCheckpoint = this.#clock.monotonic();
    this.#leaseClock.restart(this.#clock.monotonic(), this.#environment.electionTimeoutMs);
  }

  applied(command: Command): void {
    if (command.type === 'leaseGrant') {
      this.counters.granted++;
      this.counters.ttls.observe(command.ttlSeconds);
      this.#leaseClock.granted(command.id, this.#clock.monotonic());
    } else if (command.type === 'leaseRevoke') {
      this.counters.revoked++;
      this.#leaseClock.removed(command.id);
    }
  }

  async grant(
    request: { readonly id?: string; readonly ttlSeconds: number },
    caller?: Caller,
  ): Promise<GrantedLease> {
    if (request.ttlSeconds > MAX_TTL_SECONDS) throw new StoreError('leaseTtlTooLarge');
    const ttlSeconds = Math.max(request.ttlSeconds, this.#minTtlSeconds);
    const chosen = request.id !== undefined && request.id !== '0';
    const id = chosen ? request.id : this.#freshId();
    const granting = this.#replica.propose({ type: 'leaseGrant', id, ttlSeconds }, caller);
    return { id, ttlSeconds, revision: (await granting).revision };
  }

  /** A positive 63-bit integer. */
  #freshId(): string {
    for (;;) {
      const bytes = Buffer.from(this.#environment.random.bytes(8, 'lease ID'));
      bytes[0]! &= 0x7f;
      const id = bytes.readBigUInt64BE(0).toString();
      if (id !== '0' && this.#replica.store.lessor.get(id) === undefined) return id;
    }
  }

  async revoke(id: string, caller?: Caller): Promise<number> {
    const propose = () => this.#replica.propose({ type: 'leaseRevoke', id }, caller);
    return (await this.#revoke(id, propose)).revision;
  }

  async #revoke<T>(id: string, propose: () => Promise<T>): Promise<T> {
    this.#leaseClock.revoking(id);
    try {
      return await propose();
    } catch (error) {
      this.#leaseClock.revokeFailed(id);
      throw error;
    }
  }

  keepAlive(id: string): Promise<number> {
    return this.#atLeader({ type: 'leaseRenew', id });
  }

  async timeToLive(id: string, withKeys: boolean): Promise<LeaseTimeToLive> {
    return this.#atLeader({ type: 'leaseTimeToLive', id, keys: withKeys });
  }

  async list(): Promise<readonly string[]> {
    this.#replica.assertVoter();
    await this.#replica.confirmRead();
    if (this.#replica.leads) return this.#leaseClock.ids();
    return [...this.#replica.store.lessor.all()].map(({ id }) => id);
  }

  /** Only the leader knows how long leases have left: asks it, whoever it is by now. */
  async #atLeader<T extends LeaseQuestion['type']>(
    question: Extract<LeaseQuestion, { type: T }>,
  ): Promise<Answers[T]> {
    const { peers } = this.#environment;
    this.#replica.assertVoter();
    const deadline = this.#clock.monotonic() + this.#replica.requestTimeoutMs;
    for (;;) {
      this.#replica.assertRunning();
      const { leader } = this.#replica.raft;
      if (this.#replica.leads) return (await this.answer(question)) as Answers[T];
      try {
        if (leader !== NONE) return await peers()!.ask(leader, question);
      } catch (error) {
        if (!(error instanceof StoreError) || error.code !== UNAVAILABLE) throw error;
      }
      if (this.#clock.monotonic() > deadline) throw new StoreError('timeout');
      await sleep(this.#clock, LEADER_RETRY_MS);
    }
  }

  /** As the leader, for this member's clients and for the others'. */
  async answer(question: LeaseQuestion): Promise<Answers[LeaseQuestion['type']]> {
    // A leader that was deposed without knowing would promise what it cannot keep.
    await this.#replica.confirmRead();
    if (!this.#replica.inOffice) throw new StoreError('leaderChanged');
    if (question.type === 'leaseRenew') return this.#renew(question.id);
    return this.#remaining(question.id, question.keys);
  }

  /** A lease is renewed once no checkpoint says any more that it has less left. */
  async #renew(id: string): Promise<number> {
    if (this.#leaseClock.outdates(id)) {
      const checkpoints = [{ id, remainingSeconds: 0 }];
      const clear = { type: 'leaseCheckpoint', checkpoints } as const;
      await this.#replica.proposeInOffice(clear).catch((error: unknown) => {
        if (!(error instanceof StoreError) || error.reason !== 'notLeader') throw error;
        // Whoever asked asks the next one.
        throw new StoreError('leaderChanged');
      });
    }
    const ttlSeconds = this.#leaseClock.renew(id, this.#clock.monotonic());
    if (ttlSeconds > 0) this.counters.renewed++;
    return ttlSeconds;
  }

  #remaining(id: string, withKeys: boolean): LeaseTimeToLive {
    const lease = this.#replica.store.lessor.get(id);
    if (lease === undefined) return { id, ttlSeconds: -1, grantedTtlSeconds: 0, keys: [] };
    return {
      id,
      ttlSeconds: this.#leaseClock.remaining(id, this.#clock.monotonic()),
      grantedTtlSeconds: lease.ttlSeconds,
      keys: withKeys ? [...lease.keys].sort() : [],
    };
  }

  /** Long leases do not begin anew with each leader. */
  #checkpoint(now: number): void {
    if (now - this.#lastCheckpoint < CHECKPOINT_SECONDS * 1000) return;
    this.#lastCheckpoint = now;
    const checkpoints = this.#leaseClock.checkpoints(now);
    if (checkpoints.length === 0) return;
    this.#replica
      .proposeInOffice({ type: 'leaseCheckpoint', checkpoints })
      .catch((error: unknown) => {
        this.#environment.logger.warn({ error }, 'could not checkpoint leases');
      });
  }

  /**
   * The leader looks for expired leases now and then, and proposes their end. If it has been
   * deposed without knowing, its proposal is never committed; if it is handing over, it makes
   * none, for the lease may be renewed at its successor before that hears of it.
   */
  tick(): void {
    const now = this.#clock.monotonic();
    if (!this.#replica.inOffice || now - this.#lastLook < LOOK_EVERY_MS) return;
    this.#lastLook = now;
    this.#checkpoint(now);
    for (const id of this.#leaseClock.expired(now)) {
      this.counters.expired++;
      const end = { type: 'leaseRevoke', id } as const;
      this.#revoke(id, () => this.#replica.proposeInOffice(end)).catch((error: unknown) => {
        if (error instanceof StoreError && error.reason === 'leaseNotFound') return;
        this.counters.expired--;
        this.#environment.logger.warn(
          { lease: id, error },
          'could not revoke an expired lease; will retry',
        );
      });
    }
  }
}

const UNAVAILABLE = 14;
