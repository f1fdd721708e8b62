/**
 * Leader election on a coordination.k8s.io Lease, as client-go and kube-controller-manager do it.
 *
 * Clocks of different machines need not agree: a holder is judged by when this process last saw
 * its record change, never by the record's timestamps. Writes carry the resourceVersion that was
 * read, so two candidates cannot both win.
 */
import { leases } from '../api/resources.ts';
import { isStatus } from '../api/status.ts';
import { formatMicroTime } from '../api/time.ts';
import type { Lease, LeaseSpec } from '../api/types/coordination-v1.ts';
import { sleep } from '../platform/clock.ts';
import type { Effects } from '../platform/effects.ts';
import type { Running } from '../platform/lifecycle.ts';
import { Metrics } from '../platform/metrics/metrics.ts';
import type { Client, ObjectRef } from './interface.ts';

export interface LeaderElectionOptions extends Effects {
  readonly client: Client;
  readonly lease: ObjectRef;
  /** Unique among the candidates: "host_<uuid>". */
  readonly identity: string;
  readonly timing?: Partial<ElectionTiming>;
  /** With it, leader_election_master_status tells whether this candidate leads. */
  readonly metrics?: Metrics;
  /** Called when the lease was lost against our will: the caller must stop acting at once. */
  onLost(): void;
}

export interface ElectionTiming {
  /** Others take over when the record has not changed for this long. */
  readonly leaseMs: number;
  /** The leader gives up when it could not renew for this long; less than `leaseMs`. */
  readonly renewMs: number;
  readonly retryMs: number;
}

export interface LeaderElection extends Running {
  /**
   * False as soon as others may have taken the lease: also in a process that was stopped, goes on
   * and has not asked yet. Whoever acts asks before each act.
   */
  readonly leading: boolean;
  /** Resolves when this candidate leads; rejects if stopped before. */
  whenLeading(): Promise<void>;
  /** Ends the candidacy and releases the lease, so that the next leader need not wait. */
  stop(): Promise<void>;
}

const defaultTiming: ElectionTiming = { leaseMs: 15_000, renewMs: 10_000, retryMs: 2000 };

export function startLeaderElection(options: LeaderElectionOptions): LeaderElection {
  return new LeaseElection(options);
}

class LeaseElection implements LeaderElection {
  readonly #options: LeaderElectionOptions;
  readonly #timing: ElectionTiming;
  readonly #stopping = new AbortController();
  readonly #elected: Promise<void>;
  #settle!: { resolve: () => void; reject: (error: Error) => void };
  readonly #running: Promise<void>;
  /** 1 while leading. */
  readonly #status: { value: number };
  /** The record as last seen, and when it was first seen like that (monotonic). */
  #observed: Lease | undefined;
  #observedAt = 0;
  /** When the last successful attempt began (monotonic). */
  #renewedAt = 0;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#timing = { ...defaultTiming, ...options.timing };
    const name = 'leader_election_master_status';
    const family = (options.metrics ?? new Metrics()).gauge(name, '1 if it leads.', ['name']);
    this.#status = family.with(options.lease.name);
    this.#elected = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#elected.catch(() => {});
    this.#running = this.#run();
  }

  get leading(): boolean {
    const { clock } = this.#options;
    return this.#elect && clock.monotonic() - this.#renewedAt < this.#timing.leaseMs;
  }

  /** By the record as last seen. */
  get #elect(): boolean {
    return this.#status.value === 1;
  }

  whenLeading(): Promise<void> {
    return this.#elected;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted && !(await this.#attempt())) await this.#pause(1.2);
    if (signal.aborted) {
      this.#settle.reject(new Error('stopped before the election was won'));
      if (this.#elect) await this.#release();
      return;
    }
    const { logger, identity, lease } = this.#options;
    logger.info({ identity, lease: lease.name }, 'became leader');
    this.#settle.resolve();
    await this.#renew();
    if (signal.aborted) await this.#release();
    else this.#lose();
  }

  /** Returns when the lease could not be renewed in time, or when stopped. */
  async #renew(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopping;
    for (;;) {
      await this.#pause(1);
      if (signal.aborted) return;
      if (await this.#attempt()) continue;
      const unrenewedMs = clock.monotonic() - this.#renewedAt;
      if (!this.#elect || unrenewedMs >= this.#timing.renewMs) return;
    }
  }

  #lose(): void {
    this.#status.value = 0;
    this.#options.logger.error({ identity: this.#options.identity }, 'leader election lost');
    this.#options.onLost();
  }

  /** Takes or renews the lease; false if another holds it or the server cannot be asked in time. */
  async #attempt(): Promise<boolean> {
    const { clock, logger } = this.#options;
    const over = new AbortController();
    const begun = clock.monotonic();
    const timeout = sleep(clock, this.#timing.renewMs, over.signal).then(() => false);
    const taken = this.#take().catch((error: unknown) => {
      const lostRace = isStatus(error, 'Conflict') || isStatus(error, 'AlreadyExists');
      if (!lostRace) logger.warn({ err: error }, 'cannot acquire or renew the lease');
      return false;
    });
    const won = await Promise.race([taken, timeout]);
    over.abort();
    if (won) {
      this.#status.value = 1;
      this.#renewedAt = begun;
    }
    return won;
  }

  async #take(): Promise<boolean> {
    const { client, lease, clock } = this.#options;
    const current = await this.#read();
    if (current === undefined) {
      const spec = this.#record({ leaseTransitions: 0 });
      this.#observe(await client.create(leases, { metadata: { ...lease }, spec }));
      return true;
    }
    if (current.metadata.resourceVersion !== this.#observed?.metadata.resourceVersion) {
      this.#observe(current);
    }
    const { holderIdentity: holder, leaseDurationSeconds } = current.spec;
    const mine = holder === this.#options.identity;
    if (!mine && holder) {
      this.#status.value = 0;
      const heldMs = (leaseDurationSeconds ?? this.#timing.leaseMs / 1000) * 1000;
      if (clock.monotonic() - this.#observedAt < heldMs) return false;
    }
    const transitions = (current.spec.leaseTransitions ?? 0) + (mine ? 0 : 1);
    const acquireTime = mine ? current.spec.acquireTime : undefined;
    const spec = this.#record({
      leaseTransitions: transitions,
      ...(acquireTime === undefined ? {} : { acquireTime }),
    });
    this.#observe(await client.update(leases, { ...current, spec: { ...current.spec, ...spec } }));
    return true;
  }

  async #read(): Promise<Lease | undefined> {
    try {
      return await this.#options.client.get(leases, this.#options.lease);
    } catch (error) {
      if (isStatus(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  #observe(lease: Lease): void {
    this.#observed = lease;
    this.#observedAt = this.#options.clock.monotonic();
  }

  #record(more: LeaseSpec): LeaseSpec {
    const now = formatMicroTime(this.#options.clock.now());
    return {
      holderIdentity: this.#options.identity,
      leaseDurationSeconds: Math.ceil(this.#timing.leaseMs / 1000),
      acquireTime: now,
      renewTime: now,
      ...more,
    };
  }

  async #release(): Promise<void> {
    this.#status.value = 0;
    const held = this.#observed;
    if (held === undefined) return;
    const spec = { ...held.spec, ...this.#record({}), holderIdentity: '', leaseDurationSeconds: 1 };
    try {
      await this.#options.client.update(leases, { ...held, spec });
    } catch (error) {
      this.#options.logger.debug({ err: error }, 'lease not released; it expires by itself');
    }
  }

  async #pause(spread: number): Promise<void> {
    const { clock, random } = this.#options;
    const extra = random.below(Math.floor(this.#timing.retryMs * spread) + 1, 'election jitter');
    const delayMs = spread === 1 ? this.#timing.retryMs : this.#timing.retryMs + extra;
    await sleep(clock, delayMs, this.#stopping.signal);
  }
}
