/**
 * The member's engine room: Raft, the state machine and the engine, joined by the Ready loop.
 * Commands go in and come back applied; reads wait here for their proof.
 */
import type { AuthStore } from '../auth/auth-store.ts';
import { StoreError } from '../kv.ts';
import type { Caller, Command, CommandResponses, CommandType } from '../mvcc/command.ts';
import type { MvccStore } from '../mvcc/store.ts';
import type { Entry, HardState, MemberId, SnapshotPoint } from '../raft/entry.ts';
import type { Message } from '../raft/message.ts';
import type { RawNode, Ready } from '../raft/raw-node.ts';
import { Applier } from './applier.ts';
import {
  changesConfiguration,
  type ClusterChange,
  type ClusterState,
} from '../persistence/cluster-state.ts';
import { Compactor } from '../persistence/compactor.ts';
import { Flushing } from './flushing.ts';
import { LinearizableReads } from './linearizable-reads.ts';
import { LoneWrites } from './lone-writes.ts';
import { LogCompaction } from '../persistence/log-compaction.ts';
import { NoSpaceAlarm } from './no-space-alarm.ts';
import { Office } from './office.ts';
import type { Settings } from './options.ts';
import { Proposals } from './proposals.ts';
import { ReadyLoop, type Duties } from './ready-loop.ts';
import type { Records } from '../persistence/records.ts';
import type { RequestTime } from './request-times.ts';
import { createRaft, loadState } from './replica-state.ts';
import type { LoadedState, ReplicaHost, ReplicaOptions } from './replica-state.ts';
import type { Timekeeper } from '../persistence/timing.ts';
import { Outbox } from './outbox.ts';
import { SlowRequests } from './slow-requests.ts';
import { Submission } from './submission.ts';

/** A start among peers waits so many ticks for a leader's heartbeat before it stands itself. */
const PATIENCE_TICKS = 3;
const CONTEXT_EPOCHS = 2 ** 21;

export class Replica implements Duties {
  readonly store: MvccStore;
  readonly auth: AuthStore;
  readonly records: Records;
  readonly raft: RawNode;
  readonly reads: LinearizableReads;
  readonly proposals: Proposals;
  readonly applier: Applier;
  readonly cluster: ClusterState;
  readonly timekeeper: Timekeeper;
  readonly loneWrites: LoneWrites;
  readonly slowRequests: SlowRequests;
  readonly office: Office;
  readonly #settings: Settings;
  readonly #submission: Submission;
  readonly #compactor: Compactor;
  readonly #flushing: Flushing;
  readonly #logCompaction: LogCompaction;
  readonly #outbox: Outbox;
  readonly #loop: ReadyLoop;
  /** Set by {@link start}. */
  #host: ReplicaHost | undefined;
  #failure: StoreError | undefined;

  static async open(options: ReplicaOptions): Promise<Replica> {
    return new Replica(options, await loadState(options));
  }

  private constructor(options: ReplicaOptions, state: LoadedState) {
    const { settings, engine } = options;
    const { log, store, records, timekeeper } = state;
    this.#settings = settings;
    this.timekeeper = timekeeper;
    this.cluster = log.cluster;
    this.store = store;
    this.auth = state.auth;
    this.records = records;
    this.raft = createRaft(options, log);
    this.proposals = proposalsOf(settings, this.raft);
    this.slowRequests = new SlowRequests(settings);
    this.applier = new Applier({
      slowRequests: this.slowRequests,
      store,
      auth: this.auth,
      cluster: log.cluster,
      records,
      proposals: this.proposals,
      appliedIndex: log.applied,
      onApplied: (command) => this.#host?.onApplied(command),
      onChanged: (change) => this.#changed(change),
    });
    const applied = (): number => this.applier.appliedIndex;
    this.reads = new LinearizableReads(this.raft, applied, firstContext(settings));
    const noSpace = new NoSpaceAlarm(this, settings.logger);
    this.#submission = new Submission({
      raft: this.raft,
      proposals: this.proposals,
      applied,
      now: () => this.#now(),
      timeoutMs: this.requestTimeoutMs,
      poke: () => this.#loop.poke(),
      admission: {
        maxRequestBytes: settings.maxRequestBytes,
        quotaBytes: settings.quotaBackendBytes,
        measure: () => engine.property('diskBytes'),
        onQuotaExceeded: () => noSpace.raise(),
      },
    });
    this.#compactor = new Compactor({ ...settings, engine, store, records, timekeeper });
    this.#logCompaction = new LogCompaction(log.window, state.persistence, settings);
    this.loneWrites = this.#loneWrites();
    this.#flushing = new Flushing({
      loneWrites: this.loneWrites,
      clock: settings.clock,
      persistence: state.persistence,
      store,
      cluster: log.cluster,
      compactor: this.#compactor,
      logCompaction: this.#logCompaction,
      flushedIndex: log.applied,
      appliedIndex: applied,
      isAlone: () => this.isAlone,
      requestFlush: () => this.#loop.flush(),
      fail: (error) => this.fail(error),
    });
    this.office = this.#office();
    this.#outbox = new Outbox({
      settings,
      engine,
      raft: this.raft,
      peers: () => this.#host?.peers,
      window: log.window,
      logCompaction: this.#logCompaction,
      poke: () => this.#loop.poke(),
      hasStopped: () => this.#failure !== undefined,
    });
    this.#loop = new ReadyLoop(this.raft, this);
  }

  #loneWrites(): LoneWrites {
    // A leader with a stalled disk must go on to hear others; a sole voter leads whatever it does.
    const mayBlock = (): boolean => this.#settings.ownsThread && this.isAlone;
    return new LoneWrites({ ...this.#settings, mayBlock });
  }

  #office(): Office {
    return new Office({
      settings: this.#settings,
      raft: this.raft,
      isAlone: () => this.isAlone,
      stalledMs: (now) => this.#flushing.stalledMs(now),
      onLeader: () => this.reads.askAgain(this.#now()),
      onLeadership: (leads) => this.#host?.onLeadership(leads),
    });
  }

  /** From now on it takes part, and tells its host what happens. */
  start(host: ReplicaHost): void {
    this.#host = host;
    this.#flushing.start();
    // The only voter has nobody to wait for.
    if (this.isAlone) this.raft.campaign();
    else if (this.#settings.initialElectionTickAdvance) this.raft.hurryElection(PATIENCE_TICKS);
    this.#loop.run().catch((error: unknown) => this.fail(error as Error));
  }

  /** No other member votes. */
  get isAlone(): boolean {
    const { voters } = this.cluster;
    return voters.length === 1 && voters[0]!.id === this.raft.id;
  }

  get leads(): boolean {
    return this.office.leads;
  }

  /** Leads, and `onLeadership` was called for this very term. */
  get inOffice(): boolean {
    return this.office.isHeld;
  }

  /** A message from another member. */
  step(message: Message): void {
    if (this.#failure !== undefined) return;
    this.raft.step(message);
    this.reads.collect(this.#now());
    this.#loop.poke();
  }

  get logBytes(): number {
    return this.#flushing.logBytes;
  }

  get requestTimeoutMs(): number {
    return 5000 + 2 * this.#settings.electionTimeoutMs;
  }

  #now(): number {
    return this.#settings.clock.monotonic();
  }

  /** Throws if the member has stopped or failed. */
  assertRunning(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Resolves when the command is applied here, durable on a quorum. */
  async propose<T extends CommandType>(
    command: Extract<Command, { type: T }>,
    caller?: Caller,
  ): Promise<CommandResponses[T]> {
    this.assertRunning();
    this.assertVoter();
    this.loneWrites.called();
    return this.#submission.command(command, { caller });
  }

  /**
   * What this member decides as the leader: it is never handed on to a successor, who may know
   * better. Rejects `notLeader` if office is being handed over, or is no more this member's.
   */
  async proposeInOffice<T extends CommandType>(
    command: Extract<Command, { type: T }>,
  ): Promise<CommandResponses[T]> {
    this.assertRunning();
    if (!this.inOffice) throw new StoreError('notLeader');
    return this.#submission.command(command, { officeTerm: this.raft.term });
  }

  /** Resolves when the change is applied here. */
  async proposeChange(change: ClusterChange): Promise<void> {
    this.assertRunning();
    await this.#submission.change(change);
  }

  /** A learner's state may lag without bound: it serves hardly anything. */
  assertVoter(): void {
    if (this.cluster.get(this.raft.id)?.isLearner === true)
      throw new StoreError('notSupportedForLearner');
  }

  #changed(change: ClusterChange): void {
    this.#flushing.clusterChanged();
    if (changesConfiguration(change)) this.raft.configure(this.cluster.configuration);
    this.#host?.onChanged(change);
  }

  transferLeader(to: MemberId): boolean {
    const known = this.raft.transferLeader(to);
    this.#loop.poke();
    return known;
  }

  unreachable(id: MemberId): void {
    this.raft.reportUnreachable(id);
  }

  gone(id: MemberId): void {
    if (this.#failure !== undefined) return;
    this.raft.reportGone(id);
    this.#loop.poke();
  }

  /** Resolves when everything applied so far is in the engine. */
  async settle(): Promise<void> {
    this.assertRunning();
    await this.#flushing.settle();
  }

  /** Resolves when what compactions applied so far removed is deleted. */
  async removed(): Promise<void> {
    await this.settle();
    await this.#compactor.idle();
  }

  /** Versions that compactions have deleted since the start. */
  get removedVersions(): number {
    return this.#compactor.removed;
  }

  /** Unix time in milliseconds; 0 if there was none since the start. */
  get lastCompactionAt(): number {
    return this.#compactor.lastAt;
  }

  get requestTimes(): readonly RequestTime[] {
    return this.#submission.times.all;
  }

  get removalsDone(): boolean {
    return this.#compactor.isDone;
  }

  /** Undefined if a linearizable read may go on at once. */
  confirmRead(): Promise<void> | undefined {
    this.assertRunning();
    const proof = this.reads.begin(this.#now(), this.requestTimeoutMs);
    if (proof !== undefined) this.#loop.poke();
    return proof;
  }

  /** One tick of Raft's clock. */
  tick(): void {
    if (this.#failure !== undefined) return;
    const now = this.#now();
    this.raft.tick();
    this.office.tick(now);
    this.proposals.expire(now);
    this.reads.tick(now);
    this.#submission.sample();
    this.#loop.poke();
  }

  // The duties of the Ready loop.

  send(messages: readonly Message[]): void {
    this.#outbox.send(messages);
  }

  install(point: SnapshotPoint): void {
    this.#host?.onInstall(point);
  }

  persist(ready: Ready): Promise<void> | undefined {
    return this.#flushing.persist(ready);
  }

  flush(): Promise<void> {
    return this.#flushing.flush();
  }

  apply(entries: readonly Entry[]): Promise<void> | undefined {
    if (entries.length === 0) return undefined;
    const began = this.#now();
    const applied = this.applier.apply(entries);
    const observe = (): void => void this.timekeeper.took('apply', began);
    if (applied !== undefined) return applied.then(observe);
    observe();
    return undefined;
  }

  advanced(): void {
    this.office.look();
    this.proposals.retry();
    this.reads.collect(this.#now());
    this.#flushing.flushSoon();
    this.#outbox.holdNews();
  }

  /** The disk failed or an invariant broke: nothing can be promised any more. */
  fail(error: Error): void {
    if (this.#failure !== undefined) return;
    const noSpace = 'reason' in error && error.reason === 'noSpace';
    this.#failure = new StoreError(noSpace ? 'noSpace' : 'stopped', { cause: error });
    this.#rejectAll();
    this.#host?.onFailure(error);
  }

  #rejectAll(): void {
    this.proposals.rejectAll(this.#failure!.reason, this.#failure);
    this.reads.rejectAll(this.#failure!.reason);
    this.#flushing.fail(this.#failure!);
  }

  /** What must be on the disk of whoever goes on in this member's place. */
  get hardState(): HardState {
    return this.raft.hardState;
  }

  /** Ends in favour of a snapshot's state: what was not applied here is of no more use. */
  abandon(): Promise<void> {
    this.#failure ??= new StoreError('unavailable');
    return this.stop();
  }

  /** Writes what waits and lets go of everything but the engine. */
  async stop(): Promise<void> {
    const healthy = this.#failure === undefined;
    this.#failure ??= new StoreError('stopped');
    this.#rejectAll();
    await this.#loop.stop();
    this.#outbox.stop();
    await this.#logCompaction.stop();
    await this.#compactor.stop().catch(() => {});
    if (healthy) await this.flush();
  }
}

const proposalsOf = ({ random }: Settings, raft: RawNode): Proposals =>
  new Proposals(random.below(Proposals.epochs, 'request ID epoch'), raft);

/** Of a start of its own: what was asked before a restart is not answered after it. */
const firstContext = ({ random }: Settings): number =>
  random.below(CONTEXT_EPOCHS, 'read context epoch') * 2 ** 32;
