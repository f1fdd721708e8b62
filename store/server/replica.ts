/**
 * The member's engine room: Raft, the state machine and the engine, joined by the Ready loop.
 * Commands go in and come back applied; reads wait here for their proof.
 */
import { assert } from '../../platform/assert.ts';
import type { Timer } from '../../platform/clock.ts';
import type { Engine } from '../engine/engine.ts';
import { StoreError } from '../kv.ts';
import type { Command, CommandResponses, CommandType } from '../mvcc/command.ts';
import { MvccStore } from '../mvcc/store.ts';
import type { Version } from '../mvcc/version.ts';
import { NONE } from '../raft/entry.ts';
import type { Entry, HardState, MemberId } from '../raft/entry.ts';
import type { LogWindow } from '../raft/log-storage.ts';
import { RawNode } from '../raft/raw-node.ts';
import type { Ready } from '../raft/raw-node.ts';
import { Admission } from './admission.ts';
import { Applier } from './applier.ts';
import { encodeCommand } from './command-codec.ts';
import { Compactor } from './compactor.ts';
import { LinearizableReads } from './linearizable-reads.ts';
import type { Settings } from './options.ts';
import { Persistence } from './persistence.ts';
import type { Effects } from './persistence.ts';
import { Proposals } from './proposals.ts';
import { ReadyLoop } from './ready-loop.ts';
import type { Duties } from './ready-loop.ts';
import { Records } from './records.ts';

/** Effects wait this long for another write to ride along with. */
const FLUSH_DELAY_MS = 10;
/** So many committed entries are applied without writing their effects. */
const MAX_UNFLUSHED_ENTRIES = 2000;
const MAX_APPLY_BYTES = 16 << 20;
const MAX_MESSAGE_BYTES = 1 << 20;
const MAX_INFLIGHT_MESSAGES = 256;
/** The log is also compacted when it is larger than this, however few its entries. */
const MAX_LOG_BYTES = 4 << 20;

const WATCH_LIMITS = { watcherBytes: 1 << 20, windowBytes: 4 << 20 };

export type TimingName = 'walFsync' | 'backendCommit' | 'apply';

export interface ReplicaOptions {
  readonly settings: Settings;
  readonly engine: Engine;
  readonly memberId: string;
  readonly onApplied: (command: Command) => void;
  readonly onFailure: (error: Error) => void;
}

export class Replica implements Duties {
  readonly store: MvccStore;
  readonly records: Records;
  readonly raft: RawNode;
  readonly reads: LinearizableReads;
  readonly proposals: Proposals;
  readonly applier: Applier;
  readonly #settings: Settings;
  readonly #window: LogWindow;
  readonly #persistence: Persistence;
  readonly #admission: Admission;
  readonly #compactor: Compactor;
  readonly #loop: ReadyLoop;
  readonly #observers: ((name: TimingName, seconds: number) => void)[];
  readonly #onFailure: (error: Error) => void;
  #failure: StoreError | undefined;
  #unsavedHardState: HardState | undefined;
  /** Log index up to which effects are in the engine, and up to which they were handed to it. */
  #flushedIndex: number;
  #handedIndex: number;
  #flushTimer: Timer | undefined;
  #removals: { readonly index: number; readonly versions: readonly Version[] }[] = [];
  #dropping: Promise<void> | undefined;
  /** Waiting for their index to be in the engine; ascending. */
  #settling: { index: number; resolve: () => void; reject: (error: Error) => void }[] = [];
  #raising = false;
  leaderChanges = 0;
  #lastLeader: MemberId = NONE;

  static async open(options: ReplicaOptions): Promise<Replica> {
    const { settings, engine } = options;
    const observers: ((name: TimingName, seconds: number) => void)[] = [];
    const persistence = new Persistence(engine, settings.clock, (seconds, synced) => {
      for (const observe of observers) observe(synced ? 'walFsync' : 'backendCommit', seconds);
    });
    const log = await persistence.loadLog();
    const store = new MvccStore({
      cacheBytes: settings.valueCacheBytes,
      watchLimits: WATCH_LIMITS,
    });
    const records = new Records(engine, store);
    await records.restore(log.compactRevision);
    const parts = { ...options, persistence, log, store, records, observers };
    return new Replica(parts);
  }

  private constructor(
    parts: ReplicaOptions & {
      readonly persistence: Persistence;
      readonly log: Awaited<ReturnType<Persistence['loadLog']>>;
      readonly store: MvccStore;
      readonly records: Records;
      readonly observers: ((name: TimingName, seconds: number) => void)[];
    },
  ) {
    const { settings, engine, log, store, records, memberId } = parts;
    this.#settings = settings;
    this.#persistence = parts.persistence;
    this.#window = log.window;
    this.#observers = parts.observers;
    this.#onFailure = parts.onFailure;
    this.store = store;
    this.records = records;
    this.#flushedIndex = log.applied;
    this.#handedIndex = log.applied;
    this.proposals = new Proposals(settings.random.below(Proposals.epochs, 'request ID epoch'));
    this.applier = new Applier({
      store,
      records,
      proposals: this.proposals,
      appliedIndex: log.applied,
      onApplied: parts.onApplied,
    });
    this.raft = new RawNode({
      id: memberId,
      configuration: { voters: [memberId], learners: [] },
      electionTicks: Math.max(1, Math.round(settings.electionTimeoutMs / settings.heartbeatMs)),
      heartbeatTicks: 1,
      random: settings.random,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      maxInflightMessages: MAX_INFLIGHT_MESSAGES,
      maxApplyBytes: MAX_APPLY_BYTES,
      storage: log.window,
      hardState: log.hardState,
      applied: log.applied,
    });
    this.reads = new LinearizableReads(this.raft, () => this.applier.appliedIndex);
    this.#admission = new Admission({
      maxRequestBytes: settings.maxRequestBytes,
      quotaBytes: settings.quotaBackendBytes,
      measure: () => engine.property('diskBytes'),
      onQuotaExceeded: () => this.#raiseNoSpace(memberId),
    });
    this.#compactor = new Compactor(engine, records);
    this.#loop = new ReadyLoop(this.raft, this);
  }

  /** Resolves when this member leads and has applied everything committed before. */
  async start(): Promise<void> {
    this.#removeLater();
    // The only voter has nobody to wait for.
    this.raft.campaign();
    const proof = this.reads.begin(this.#now(), this.#requestTimeoutMs);
    this.#loop.run().catch((error: unknown) => this.fail(error as Error));
    await proof;
  }

  onTiming(observe: (name: TimingName, seconds: number) => void): void {
    this.#observers.push(observe);
  }

  get #requestTimeoutMs(): number {
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
  ): Promise<CommandResponses[T]> {
    this.assertRunning();
    const id = this.proposals.nextId();
    const data = encodeCommand(command, id);
    this.#admission.admit(command, data.length, {
      committed: this.raft.commit,
      applied: this.applier.appliedIndex,
      pending: this.proposals.size,
    });
    if (this.raft.propose([{ type: 'normal', data }]) === 'noLeader')
      throw new StoreError('noLeader');
    this.#admission.pendingBytes += data.length;
    const answer = this.proposals.wait(id, command, this.#now() + this.#requestTimeoutMs);
    this.#loop.poke();
    try {
      return (await answer) as CommandResponses[T];
    } finally {
      this.#admission.pendingBytes -= data.length;
    }
  }

  /** Tells the whole cluster, once: until it is disarmed every member refuses what adds. */
  #raiseNoSpace(memberId: string): void {
    const alarm = { memberId, alarm: 'noSpace' } as const;
    if (this.#raising || this.store.alarms.stands(alarm)) return;
    this.#raising = true;
    this.propose({ type: 'alarm', action: 'activate', ...alarm })
      .catch((error: unknown) => {
        this.#settings.logger.warn({ error }, 'could not raise the NOSPACE alarm; will retry');
      })
      .finally(() => {
        this.#raising = false;
      });
  }

  /** Resolves when everything applied so far is in the engine. */
  async settle(): Promise<void> {
    this.assertRunning();
    const index = this.applier.appliedIndex;
    if (index <= this.#flushedIndex) return;
    await new Promise<void>((resolve, reject) => {
      this.#settling.push({ index, resolve, reject });
      this.#loop.flush();
    });
  }

  /** Resolves when what compactions applied so far removed is deleted. */
  async removed(): Promise<void> {
    await this.settle();
    await this.#compactor.idle();
  }

  get removalsDone(): boolean {
    return this.#removals.length === 0 && this.#compactor.isIdle;
  }

  /** Undefined if a linearizable read may go on at once. */
  confirmRead(): Promise<void> | undefined {
    this.assertRunning();
    const proof = this.reads.begin(this.#now(), this.#requestTimeoutMs);
    if (proof !== undefined) this.#loop.poke();
    return proof;
  }

  /** One tick of Raft's clock. */
  tick(): void {
    if (this.#failure !== undefined) return;
    const now = this.#now();
    this.raft.tick();
    this.proposals.expire(now);
    this.reads.tick(now);
    this.#admission.sample();
    this.#loop.poke();
  }

  // The six duties of the Ready loop.

  send(messages: readonly unknown[]): void {
    assert(messages.length === 0, 'a member without peers has nobody to write to');
  }

  persist(ready: Ready): Promise<void> | undefined {
    this.#unsavedHardState = ready.hardState ?? this.#unsavedHardState;
    const unflushed = this.applier.appliedIndex - this.#handedIndex;
    if (!ready.mustSync && unflushed < MAX_UNFLUSHED_ENTRIES) return undefined;
    return this.#write(ready.entries, ready.mustSync);
  }

  async flush(): Promise<void> {
    if (this.applier.appliedIndex > this.#handedIndex) await this.#write([], false);
  }

  async #write(entries: readonly Entry[], mustSync: boolean): Promise<void> {
    const effects = this.#takeEffects();
    const hardState = this.#unsavedHardState;
    this.#unsavedHardState = undefined;
    await this.#persistence.write({ hardState, entries, mustSync, effects });
    if (effects === undefined) return;
    this.#flushedIndex = effects.appliedIndex;
    this.store.flushed(effects.revision);
    this.#removeLater();
    this.#compactLog();
    while (this.#settling.length > 0 && this.#settling[0]!.index <= this.#flushedIndex)
      this.#settling.shift()!.resolve();
  }

  #takeEffects(): Effects | undefined {
    const { appliedIndex } = this.applier;
    if (appliedIndex === this.#handedIndex) return undefined;
    this.#handedIndex = appliedIndex;
    return { changes: this.store.takeChanges(), appliedIndex, revision: this.store.current };
  }

  apply(entries: readonly Entry[]): Promise<void> | undefined {
    if (entries.length === 0) return undefined;
    const began = this.#now();
    const applied = this.applier.apply(entries);
    if (this.#observers.length === 0) return applied;
    const observe = (): void => {
      const seconds = (this.#now() - began) / 1000;
      for (const each of this.#observers) each('apply', seconds);
    };
    if (applied !== undefined) return applied.then(observe);
    observe();
    return undefined;
  }

  advanced(): void {
    if (this.raft.leader !== this.#lastLeader) {
      this.#lastLeader = this.raft.leader;
      if (this.#lastLeader !== NONE) this.leaderChanges++;
      this.reads.askAgain(this.#now());
    }
    this.reads.collect(this.#now());
    if (this.applier.appliedIndex === this.#handedIndex || this.#flushTimer !== undefined) return;
    this.#flushTimer = this.#settings.clock.after(FLUSH_DELAY_MS, () => {
      this.#flushTimer = undefined;
      this.#loop.flush();
    });
  }

  /** Notes what compactions removed, and deletes it once they are in the engine. */
  #removeLater(): void {
    const versions = this.store.takeRemovals();
    if (versions.length > 0) this.#removals.push({ index: this.applier.appliedIndex, versions });
    while (this.#removals.length > 0 && this.#removals[0]!.index <= this.#flushedIndex)
      this.#compactor
        .remove(this.#removals.shift()!.versions)
        .catch((error: unknown) => this.fail(error as Error));
  }

  /** Keeps the log short: followers that lag further behind will need a snapshot. */
  #compactLog(): void {
    const { snapshotCount, snapshotCatchUpEntries } = this.#settings;
    const held = this.#window.lastIndex - this.#window.firstIndex + 1;
    const tooLarge = this.#window.bytes > MAX_LOG_BYTES;
    if (this.#dropping !== undefined || (held <= snapshotCount && !tooLarge)) return;
    const keep = tooLarge ? Math.floor(held / 2) : snapshotCatchUpEntries;
    const index = Math.min(this.#flushedIndex, this.#window.lastIndex - keep);
    if (index < this.#window.firstIndex) return;
    this.#dropping = this.#persistence
      .dropLog(index)
      .catch((error: unknown) => this.fail(error as Error))
      .finally(() => {
        this.#dropping = undefined;
      });
  }

  /** The disk failed or an invariant broke: nothing can be promised any more. */
  fail(error: Error): void {
    if (this.#failure !== undefined) return;
    const noSpace = 'reason' in error && error.reason === 'noSpace';
    this.#failure = new StoreError(noSpace ? 'noSpace' : 'stopped', { cause: error });
    this.#rejectAll();
    this.#onFailure(error);
  }

  #rejectAll(): void {
    this.proposals.rejectAll(this.#failure!.reason, this.#failure);
    this.reads.rejectAll(this.#failure!.reason);
    for (const { reject } of this.#settling.splice(0)) reject(this.#failure!);
  }

  /** Writes what waits and lets go of everything but the engine. */
  async stop(): Promise<void> {
    const healthy = this.#failure === undefined;
    this.#failure ??= new StoreError('stopped');
    this.#rejectAll();
    this.#flushTimer?.cancel();
    await this.#loop.stop();
    await this.#dropping;
    await this.#compactor.stop().catch(() => {});
    if (healthy) await this.flush();
  }
}
