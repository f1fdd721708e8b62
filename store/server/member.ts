/**
 * One store member: the state machine behind a Raft log, offered as {@link Member}.
 *
 * In: everything from a call to durable, ordered, applied state, and back. Out: wires (gRPC and
 * HTTP sit on top), and other members, which this version of the shell cannot talk to yet: the
 * log, the protocol and the loop below are the ones that several members use.
 */
import type { Crypto } from '../../platform/crypto.ts';
import type { Timer } from '../../platform/clock.ts';
import type { Engine } from '../engine/engine.ts';
import { StoreError } from '../kv.ts';
import type {
  DeleteRangeRequest,
  DeleteRangeResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  RequestOp,
  TxnRequest,
  TxnResponse,
  Watch,
  WatchRequest,
} from '../kv.ts';
import type { Alarm } from '../mvcc/command.ts';
import { wantsValues } from '../mvcc/range.ts';
import { validateDeleteRange, validatePut, validateRange, validateTxn } from '../mvcc/validate.ts';
import { NONE } from '../raft/entry.ts';
import { loadIdentity } from './identity.ts';
import type { Member, MemberIdentity, MemberStatistics, MemberStatus } from './interface.ts';
import { LeaseService } from './leases.ts';
import { MemberMaintenance } from './maintenance.ts';
import { withDefaults } from './options.ts';
import type { MemberOptions, Settings } from './options.ts';
import { Replica } from './replica.ts';
import type { TimingName } from './replica.ts';
import { WatchSession } from './watch-session.ts';

export type { MemberOptions } from './options.ts';

/**
 * Starts a member on its data folder, made if missing. Resolves when it serves. Rejects with an
 * EngineError if the folder is in use, full or damaged.
 */
export async function startMember(options: MemberOptions): Promise<Member> {
  const settings = withDefaults(options);
  const { dataDir, disk, logger } = settings;
  const engine = await settings.engine({ path: `${dataDir}/member`, disk, logger });
  try {
    const identity = await loadIdentity(engine, settings);
    return await StoreMember.open(settings, engine, identity);
  } catch (error) {
    await engine.close();
    throw error;
  }
}

class StoreMember implements Member {
  readonly identity: MemberIdentity;
  readonly version: string;
  readonly crypto: Crypto;
  readonly leases: LeaseService;
  readonly maintenance: MemberMaintenance;
  readonly #settings: Settings;
  readonly #engine: Engine;
  readonly #replica: Replica;
  readonly #sessions = new Set<WatchSession>();
  #tickTimer: Timer | undefined;
  #stopping: Promise<void> | undefined;

  static async open(
    settings: Settings,
    engine: Engine,
    identity: MemberIdentity,
  ): Promise<StoreMember> {
    // The lease service exists only after the replica that tells it what was applied.
    const late: { member?: StoreMember } = {};
    const replica = await Replica.open({
      settings,
      engine,
      memberId: identity.memberId,
      onApplied: (command) => late.member?.leases.applied(command),
      onFailure: (error) => late.member?.failed(error),
    });
    const member = new StoreMember({ settings, engine, identity, replica });
    late.member = member;
    try {
      await member.#start();
    } catch (error) {
      await replica.stop();
      throw error;
    }
    return member;
  }

  private constructor(parts: {
    readonly settings: Settings;
    readonly engine: Engine;
    readonly identity: MemberIdentity;
    readonly replica: Replica;
  }) {
    const { settings } = parts;
    this.identity = parts.identity;
    this.version = settings.version;
    this.crypto = settings.crypto;
    this.#settings = settings;
    this.#engine = parts.engine;
    this.#replica = parts.replica;
    this.maintenance = new MemberMaintenance({
      replica: parts.replica,
      engine: parts.engine,
      version: settings.version,
      members: () => [
        {
          ...{ id: this.identity.memberId, name: this.identity.name, isLearner: false },
          ...{ peerUrls: settings.peerUrls, clientUrls: settings.clientUrls },
        },
      ],
    });
    this.leases = new LeaseService(parts.replica, settings, settings.electionTimeoutMs);
  }

  async #start(): Promise<void> {
    const { clock, electionTimeoutMs, logger } = this.#settings;
    const began = clock.monotonic();
    await this.#replica.start();
    this.leases.takeOffice(electionTimeoutMs);
    this.#arm();
    logger.info(
      {
        member: this.identity.memberId,
        cluster: this.identity.clusterId,
        term: this.#replica.raft.term,
        revision: this.#replica.store.current,
        tookMs: Math.round(clock.monotonic() - began),
      },
      'member leads and serves',
    );
  }

  #arm(): void {
    this.#tickTimer = this.#settings.clock.after(this.#settings.heartbeatMs, () => {
      this.#replica.tick();
      this.leases.tick();
      this.#arm();
    });
  }

  async put(request: PutRequest): Promise<PutResponse> {
    validatePut(request);
    return this.#replica.propose({ type: 'put', request });
  }

  async deleteRange(request: DeleteRangeRequest): Promise<DeleteRangeResponse> {
    validateDeleteRange(request);
    return this.#replica.propose({ type: 'deleteRange', request });
  }

  async range(request: RangeRequest): Promise<RangeResponse> {
    validateRange(request);
    this.#replica.assertRunning();
    if (request.serializable !== true) {
      const proof = this.#replica.confirmRead();
      if (proof !== undefined) await proof;
    }
    const { store, records } = this.#replica;
    const selection = store.select(request);
    const missing =
      wantsValues(request) && selection.versions.some((version) => version.kv === undefined);
    if (!missing) return store.respond(request, selection);
    const revision = store.current;
    const kvs = await records.pairs(selection.versions);
    return { ...store.respond(request, selection, kvs), revision };
  }

  async txn(request: TxnRequest): Promise<TxnResponse> {
    validateTxn(request, this.#settings.maxTxnOps);
    if (isReadOnly(request)) return this.#readTxn(request);
    return this.#replica.propose({ type: 'txn', request });
  }

  /** Needs no log entry, only proof that the state is current. */
  async #readTxn(request: TxnRequest): Promise<TxnResponse> {
    this.#replica.assertRunning();
    const { store, records } = this.#replica;
    const proof = isSerializable(request) ? undefined : this.#replica.confirmRead();
    if (proof !== undefined) await proof;
    const release = store.cache.hold();
    try {
      for (;;) {
        const missing = store.missing({ type: 'txn', request });
        if (missing.length === 0) return store.readTxn(request);
        await records.makeResident(missing);
      }
    } finally {
      release();
    }
  }

  watch(request: WatchRequest): Watch {
    this.#replica.assertRunning();
    const session = new WatchSession(request, {
      store: this.#replica.store,
      records: this.#replica.records,
      clock: this.#settings.clock,
      progressIntervalMs: this.#settings.watchProgressNotifyIntervalMs,
      onEnd: (ended) => this.#sessions.delete(ended),
    });
    this.#sessions.add(session);
    return session;
  }

  async compact(revision: number, physical?: boolean): Promise<void> {
    await this.#replica.propose({ type: 'compact', revision });
    if (physical === true) await this.#replica.removed();
  }

  leaseGrant(ttlSeconds: number): Promise<{ readonly id: string; readonly ttlSeconds: number }> {
    return this.leases.grant({ ttlSeconds });
  }

  head(): { readonly revision: number; readonly raftTerm: number } {
    return { revision: this.#replica.store.current, raftTerm: this.#replica.raft.term };
  }

  async status(): Promise<MemberStatus> {
    this.#replica.assertRunning();
    const { raft, applier } = this.#replica;
    return {
      version: this.#settings.version,
      dbSize: Math.max(1, this.#engine.property('diskBytes')),
      dbSizeInUse: Math.max(1, this.#engine.property('liveBytes')),
      leader: raft.leader,
      raftIndex: raft.commit,
      raftTerm: raft.term,
      raftAppliedIndex: applier.appliedIndex,
      isLearner: false,
      errors: [
        ...(raft.leader === NONE ? ['etcdserver: no leader'] : []),
        ...this.#replica.store.alarms.list().map(alarmText),
      ],
    };
  }

  statistics(): MemberStatistics {
    const { store, raft, applier, proposals, leaderChanges } = this.#replica;
    const { granted, revoked, renewed, expired } = this.leases.counters;
    return {
      proposalsCommitted: raft.commit,
      proposalsApplied: applier.appliedIndex,
      proposalsPending: proposals.size,
      proposalsFailed: proposals.failed,
      leaderChanges,
      keys: store.index.liveKeys,
      currentRevision: store.current,
      compactRevision: store.compacted,
      watchers: store.watches.size,
      slowWatchers: store.watches.slow,
      ...store.counters,
      leasesGranted: granted,
      leasesRevoked: revoked,
      leasesRenewed: renewed,
      leasesExpired: expired,
    };
  }

  onTiming(observe: (name: TimingName, seconds: number) => void): void {
    this.#replica.onTiming(observe);
  }

  failed(error: Error): void {
    this.#settings.logger.error({ error }, 'the member failed and serves no more');
    for (const session of [...this.#sessions]) session.fail(new StoreError('unavailable'));
    this.#settings.onFailure(error);
  }

  close(): Promise<void> {
    return this.stop();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#tickTimer?.cancel();
    for (const session of [...this.#sessions]) session.fail(new StoreError('stopped'));
    await this.maintenance.stop();
    await this.#replica.stop();
    await this.#engine.close();
  }
}

/** As Go prints the message: tools show it to people as it is. */
function alarmText({ memberId, alarm }: Alarm): string {
  return `memberID:${memberId} alarm:${alarm === 'corrupt' ? 'CORRUPT' : 'NOSPACE'} `;
}

/** etcd looks at the top level only: a nested transaction makes it a write. */
function isReadOnly(request: TxnRequest): boolean {
  const reads = (operation: RequestOp): boolean => operation.type === 'range';
  return request.success.every(reads) && request.failure.every(reads);
}

/** Without a range to say so, a transaction of compares is linearizable. */
function isSerializable(request: TxnRequest): boolean {
  const operations = [...request.success, ...request.failure];
  return (
    operations.length > 0 &&
    operations.every(
      (operation) => operation.type === 'range' && operation.request.serializable === true,
    )
  );
}
