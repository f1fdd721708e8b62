/**
 * One store member: the state machine behind a Raft log, offered as {@link Member}.
 *
 * In: everything from a call to durable, ordered, applied state, and back. Out: wires: gRPC and
 * HTTP sit on top, and what members say to each other travels over {@link Peers}.
 */
import type { Crypto } from '../../platform/crypto/crypto.ts';
import type { Timer } from '../../platform/clock.ts';
import { EngineError, type Engine } from '../engine/engine.ts';
import { hexId } from '../cluster-member.ts';
import { StoreError } from '../kv.ts';
import type {
  DeleteRangeRequest,
  DeleteRangeResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
  WatchRequest,
} from '../kv.ts';
import type { Caller } from '../mvcc/command.ts';
import { validateDeleteRange, validatePut, validateTxn } from '../mvcc/validate.ts';
import { AuthService } from './auth-service.ts';
import { forceNewCluster, loadIdentity, type LoadedIdentity } from './bootstrap.ts';
import { CorruptionChecks } from './corruption.ts';
import { EngineFolders } from './engine-folders.ts';
import type {
  LocalWatch,
  Member,
  MemberCalls,
  MemberIdentity,
  MemberStatistics,
  MemberStatus,
  TxnPermit,
} from './interface.ts';
import { GuardedCalls } from './guarded-calls.ts';
import { LeaseService } from './leases.ts';
import { MemberMaintenance } from './maintenance.ts';
import { handOver, moveLeader } from './leadership.ts';
import { ClusterMembership } from './membership.ts';
import { withDefaults, type MemberOptions, type Settings } from '../replica/options.ts';
import type { PeerHandlers, Peers, PeerTraffic, Question } from '../replica/peers.ts';
import { publish } from './publication.ts';
import { readRange, readTxn } from './reads.ts';
import { Replica } from '../replica/replica.ts';
import type { ReplicaHost } from '../replica/replica-state.ts';
import { Timekeeper, type Observe } from '../persistence/timing.ts';
import { statisticsOf, statusOf } from './statistics.ts';
import { LostEntriesError } from '../raft/follower.ts';
import { SnapshotReceiver } from './snapshot-receiver.ts';
import { isReadOnly } from './txn-kind.ts';
import { Wakes } from './wakes.ts';
import { WatchSession } from './watch-session.ts';

/**
 * Starts a member on its data folder, made if missing. A lone member serves when this resolves;
 * one with peers once {@link Member.ready} does. Rejects with an EngineError if the folder is in
 * use, full or damaged.
 */
export async function startMember(options: MemberOptions): Promise<Member> {
  const settings = withDefaults(options);
  const folders = await EngineFolders.find(settings);
  const engine = await folders.open();
  try {
    const identity = await loadIdentity(engine, settings);
    if (settings.forceNewCluster) await forceNewCluster(engine, identity.memberId);
    return await StoreMember.open({ settings, folders, engine, identity });
  } catch (error) {
    await engine.close();
    throw error;
  }
}

interface Parts {
  readonly settings: Settings;
  readonly folders: EngineFolders;
  readonly engine: Engine;
  readonly identity: LoadedIdentity;
}

class StoreMember implements Member, PeerHandlers {
  readonly identity: MemberIdentity;
  readonly version: string;
  readonly crypto: Crypto;
  readonly leases: LeaseService;
  readonly maintenance: MemberMaintenance;
  readonly auth: AuthService;
  readonly membership: ClusterMembership;
  readonly #settings: Settings;
  readonly #snapshots: SnapshotReceiver;
  readonly #corruption: CorruptionChecks;
  #engine: Engine;
  #replica: Replica;
  #peers: Peers | undefined;
  readonly #sessions = new Set<WatchSession>();
  readonly #wakes: Wakes;
  readonly #timekeeper: Timekeeper;
  #tickTimer: Timer | undefined;
  #ready: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  static async open(parts: Parts): Promise<StoreMember> {
    const replica = await openReplica(parts);
    const member = new StoreMember(parts, replica);
    try {
      await member.#start(parts.identity);
    } catch (error) {
      await member.#peers?.stop();
      await replica.stop();
      throw error;
    }
    return member;
  }

  private constructor(parts: Parts, replica: Replica) {
    const { settings } = parts;
    this.identity = parts.identity;
    this.version = settings.version;
    this.crypto = settings.crypto;
    this.#settings = settings;
    this.#engine = parts.engine;
    this.#replica = replica;
    const peers = (): Peers | undefined => this.#peers;
    this.auth = new AuthService(replica, settings.auth, settings);
    this.leases = new LeaseService(replica, { ...settings, peers });
    this.membership = new ClusterMembership({ ...settings, peers, replica: () => this.#replica });
    this.#wakes = new Wakes(settings.nextTurn);
    this.#timekeeper = new Timekeeper(settings.clock);
    replica.timekeeper.add(this.#timekeeper.observe);
    this.maintenance = new MemberMaintenance({
      replica: () => this.#replica,
      engine: () => this.#engine,
      version: settings.version,
      timekeeper: this.#timekeeper,
    });
    const { maintenance } = this;
    const parties = { peers, replica: () => this.#replica };
    this.#corruption = new CorruptionChecks({ ...settings, ...parties, maintenance });
    this.#snapshots = new SnapshotReceiver({
      folders: parts.folders,
      identity: parts.identity,
      replica: () => this.#replica,
      replace: (engine) => this.#replace(parts, engine),
      timekeeper: this.#timekeeper,
      logger: settings.logger,
    });
  }

  async #start({ known }: LoadedIdentity): Promise<void> {
    const { peers, clock, logger } = this.#settings;
    const began = clock.monotonic();
    if (peers !== undefined) {
      const { clusterId, memberId } = this.identity;
      const members = (): object => ({ clusterId, members: this.#replica.cluster.members });
      this.#peers = await peers({ clusterId, memberId, handlers: this, members });
      const { members: told, removed } = this.#replica.cluster;
      this.#peers.update(told.length > 0 ? told : (known ?? []), removed);
    }
    if (peers === undefined && this.#replica.cluster.members.length > 1)
      throw new EngineError(
        'failed',
        'the data is of a member of several: it must be told where to listen for the others ' +
          '(--listen-peer-urls)',
      );
    await this.#corruption.beforeServing();
    this.#replica.start(this.#host());
    this.#arm();
    if (this.#replica.isAlone) await this.ready();
    logger.info(
      {
        'local-member-id': hexId(this.identity.memberId),
        'cluster-id': hexId(this.identity.clusterId),
        term: this.#replica.raft.term,
        revision: this.#replica.store.current,
        tookMs: Math.round(clock.monotonic() - began),
      },
      this.#replica.isAlone ? 'member leads and serves' : 'member started',
    );
  }

  #arm(): void {
    this.#tickTimer = this.#settings.clock.after(this.#settings.heartbeatMs, () => {
      this.#replica.tick();
      this.leases.tick();
      this.#corruption.tick();
      this.#arm();
    });
  }

  ready(): Promise<void> {
    this.#ready ??= publish({
      id: this.identity.memberId,
      settings: this.#settings,
      replica: () => this.#replica,
      isStopping: () => this.#stopping !== undefined,
    });
    return this.#ready;
  }

  // What the other members want, once this one takes part.

  get #takesPart(): boolean {
    return this.#tickTimer !== undefined;
  }

  receive(message: Parameters<PeerHandlers['receive']>[0]): void {
    if (!this.#takesPart) return;
    try {
      this.#replica.step(message);
    } catch (error) {
      if (!(error instanceof LostEntriesError)) throw error;
      this.#replica.fail(error);
    }
  }

  unreachable(id: string): void {
    if (this.#takesPart) this.#replica.unreachable(id);
  }

  gone(id: string): void {
    if (this.#takesPart) this.#replica.gone(id);
  }

  async answer(question: Question): Promise<unknown> {
    if (!this.#takesPart) throw new StoreError('unavailable');
    if (question.type === 'promote') return this.membership.promoteHere(question.id);
    if (question.type === 'hashKv') return this.#corruption.answer(question.revision);
    return this.leases.answer(question);
  }

  receiveSnapshot(from: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    return this.#snapshots.receive(from, chunks);
  }

  removed(): void {
    this.#settings.logger.error({}, 'the member has been permanently removed from the cluster');
    this.#settings.onRemoved();
  }

  #host(): ReplicaHost {
    return {
      peers: this.#peers,
      onApplied: (command) => {
        this.leases.applied(command);
        this.#corruption.applied(command);
      },
      onFailure: (error) => this.#failed(error),
      onLeadership: (leads) => {
        this.#settings.logger.info({ leads, term: this.#replica.raft.term }, 'leadership changed');
        if (leads) this.leases.takeOffice();
      },
      onChanged: () => this.#clusterChanged(),
      onInstall: () => this.#snapshots.install(),
    };
  }

  #clusterChanged(): void {
    const { members, removed } = this.#replica.cluster;
    this.#peers?.update(members, removed);
    if (removed.includes(this.identity.memberId)) this.removed();
  }

  /** The replica has ended; another goes on with what the engine holds. */
  async #replace(parts: Parts, engine: Engine): Promise<void> {
    for (const session of [...this.#sessions]) session.fail(new StoreError('unavailable'));
    const before = this.#engine;
    this.#engine = engine;
    await before.close();
    this.#replica = await openReplica({ ...parts, engine });
    this.#replica.timekeeper.add(this.#timekeeper.observe);
    this.leases.serve(this.#replica);
    this.auth.serve(this.#replica);
    this.#clusterChanged();
    this.#replica.start(this.#host());
  }

  onBehalfOf(caller: Caller | undefined): MemberCalls {
    const { auth, store } = this.#replica;
    return new GuardedCalls({ member: this, auth, lessor: store.lessor, caller });
  }

  checkUser(): Promise<void> {
    return Promise.resolve();
  }

  checkAdmin(): Promise<void> {
    return Promise.resolve();
  }

  async put(request: PutRequest, caller?: Caller): Promise<PutResponse> {
    validatePut(request);
    return this.#replica.propose({ type: 'put', request }, caller);
  }

  async deleteRange(request: DeleteRangeRequest, caller?: Caller): Promise<DeleteRangeResponse> {
    validateDeleteRange(request);
    return this.#replica.propose({ type: 'deleteRange', request }, caller);
  }

  range(request: RangeRequest): Promise<RangeResponse> {
    return readRange(this.#replica, request);
  }

  async txn(request: TxnRequest, permit?: TxnPermit): Promise<TxnResponse> {
    validateTxn(request, this.#settings.maxTxnOps);
    if (!isReadOnly(request))
      return this.#replica.propose({ type: 'txn', request }, permit?.caller);
    const response = await readTxn(this.#replica, request);
    permit?.check();
    return response;
  }

  watch(request: WatchRequest): LocalWatch {
    this.#replica.assertRunning();
    this.#replica.assertVoter();
    const session = new WatchSession(request, {
      store: this.#replica.store,
      records: this.#replica.records,
      clock: this.#settings.clock,
      wakes: this.#wakes,
      progressIntervalMs: this.#settings.watchProgressNotifyIntervalMs,
      onEnd: (ended) => this.#sessions.delete(ended),
    });
    this.#sessions.add(session);
    return session;
  }

  async compact(revision: number, physical?: boolean, caller?: Caller): Promise<void> {
    await this.#replica.propose({ type: 'compact', revision }, caller);
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
    return statusOf(this.#replica, this.#engine, this.#settings.version);
  }

  statistics(): MemberStatistics {
    const { leases, membership } = this;
    return statisticsOf(this.#replica, {
      leases: leases.counters,
      membership: membership.counters,
      corruption: this.#settings.corruption,
      isInstalling: this.#snapshots.isInstalling,
    });
  }

  peerTraffic(): readonly PeerTraffic[] {
    return this.#peers?.traffic() ?? [];
  }

  onTiming(observe: Observe): void {
    this.#timekeeper.add(observe);
  }

  #failed(error: Error): void {
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
    if (this.#peers !== undefined) await handOver(this.#replica, this.#settings);
    this.#tickTimer?.cancel();
    for (const session of [...this.#sessions]) session.fail(new StoreError('stopped'));
    await this.maintenance.stop();
    await this.#peers?.stop();
    if (this.#peers !== undefined) await this.#snapshots.stop();
    await this.#replica.stop();
    await this.#corruption.stop();
    await this.#engine.close();
  }

  moveLeader(to: string): Promise<void> {
    return moveLeader(this.#replica, to, this.#settings);
  }
}

function openReplica({ settings, engine, identity }: Parts): Promise<Replica> {
  return Replica.open({ settings, engine, memberId: identity.memberId });
}
