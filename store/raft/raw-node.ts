/**
 * The Raft protocol as a pure state machine, in the shape of etcd-io/raft's RawNode.
 *
 * In: ticks, messages, proposals, reads. Out: a {@link Ready} that says what to persist, send
 * and apply. Not here: clocks, sockets, disks, promises; the bytes of snapshots, and what a
 * configuration entry means (the caller decodes it and calls {@link RawNode.configure}).
 *
 * The caller's duty, for each Ready: send `messages` whenever it likes; persist `hardState` and
 * `entries` in one write, synced if `mustSync`, and add the entries to the LogStorage; then
 * send `messagesAfterPersist`; apply `committedEntries` in order (they are stable already, so
 * this may overlap with the write); then call {@link RawNode.advance}. One Ready at a time.
 * A Ready with a `snapshot` is the node's last: once it is installed, with the log empty after
 * it, a new node starts on what is on disk then.
 */
import { assert } from '../../platform/assert.ts';
import { configure } from './configuration.ts';
import { Core } from './core.ts';
import type { RaftOptions, ReadState, Role } from './core.ts';
import { campaign, forgetLeader, hurryElection, tickElection } from './election.ts';
import { NONE } from './entry.ts';
import type {
  Configuration,
  Entry,
  HardState,
  MemberId,
  Proposal,
  SnapshotPoint,
} from './entry.ts';
import { acceptOwn, append, snapshotReported, tickLeader } from './leader.ts';
import { RaftLog } from './log.ts';
import type { LogStorage } from './log-storage.ts';
import type { Message } from './message.ts';
import type { Progress } from './progress.ts';
import { readIndex } from './reads.ts';
import { broadcastAppend, lacksNews, tellAwaiting } from './replication.ts';
import { step } from './step.ts';
import { transferLeader } from './transfer.ts';

export interface Ready {
  /** Set if it changed since the last Ready. */
  readonly hardState: HardState | undefined;
  readonly entries: readonly Entry[];
  /** Term, vote or entries changed: what was promised must survive a crash. */
  readonly mustSync: boolean;
  readonly messages: readonly Message[];
  readonly messagesAfterPersist: readonly Message[];
  readonly committedEntries: readonly Entry[];
  readonly snapshot: SnapshotPoint | undefined;
}

export interface RawNodeOptions extends RaftOptions {
  readonly storage: LogStorage;
  readonly hardState: HardState;
  /** Entries up to here are applied already. */
  readonly applied: number;
  /** Bound of {@link Ready.committedEntries}. */
  readonly maxApplyBytes: number;
}

/** `noLeader`: none is known, or the leader hands over; ask again when that has changed. */
export type ProposeResult = 'accepted' | 'forwarded' | 'noLeader';

/** A member's log as the leader knows it. */
export type FollowerProgress = Pick<Progress, 'match' | 'state' | 'recentlyActive'>;

export class RawNode {
  readonly #core: Core;
  readonly #maxApplyBytes: number;
  #savedHardState: HardState;
  #underWay: Ready | undefined;
  /** This member's promises to itself, due when the Ready under way is persisted. */
  #toSelf: Message[] = [];

  constructor(options: RawNodeOptions) {
    const { hardState, applied, storage } = options;
    const log = new RaftLog(storage, {
      commit: Math.max(hardState.commit, applied),
      applied,
    });
    this.#core = new Core(options, log, hardState);
    this.#savedHardState = hardState;
    this.#maxApplyBytes = options.maxApplyBytes;
  }

  get id(): MemberId {
    return this.#core.id;
  }
  get role(): Role {
    return this.#core.role;
  }
  /** {@link NONE} if unknown. */
  get leader(): MemberId {
    return this.#core.leader;
  }
  get term(): number {
    return this.#core.term;
  }
  get commit(): number {
    return this.#core.log.committed;
  }
  get applied(): number {
    return this.#core.log.applied;
  }
  get lastIndex(): number {
    return this.#core.log.lastIndex;
  }

  tick(): void {
    if (this.#core.role === 'leader') tickLeader(this.#core);
    else tickElection(this.#core);
  }

  step(message: Message): void {
    step(this.#core, message);
  }

  /** Stands for election now. A member without peers has nobody to ask first. */
  campaign(): void {
    const { voters, options } = this.#core;
    campaign(this.#core, options.preVote && voters.size > 1 ? 'preVote' : 'vote');
  }

  propose(proposals: readonly Proposal[]): ProposeResult {
    const core = this.#core;
    if (core.role === 'leader') {
      if (core.transferee !== NONE) return 'noLeader';
      append(core, proposals);
      return 'accepted';
    }
    if (core.leader === NONE) return 'noLeader';
    core.send(core.leader, { type: 'propose', proposals }, 0);
    return 'forwarded';
  }

  /** Asks for a {@link ReadState} with this context. False if there is nobody to ask. */
  readIndex(context: number): boolean {
    const core = this.#core;
    if (core.role === 'leader') readIndex(core, { context, requester: core.id });
    else if (core.leader === NONE) return false;
    else core.send(core.leader, { type: 'readIndex', context });
    return true;
  }

  /** A committed configuration entry is being applied. */
  configure(configuration: Configuration): void {
    configure(this.#core, configuration);
  }

  /**
   * Some member has all entries but does not know that they are committed, and nobody there is
   * known to wait for that: it hears of it with the next entries, or by {@link tellCommitted}.
   */
  get holdsNews(): boolean {
    const core = this.#core;
    return core.role === 'leader' && core.others.some((id) => lacksNews(core, id));
  }

  /** Commits were held long enough. */
  tellCommitted(): void {
    if (this.holdsNews) this.#core.broadcastDue = true;
  }

  /** Voters and learners as applied. */
  get configuration(): Configuration {
    return { voters: [...this.#core.voters], learners: [...this.#core.learners] };
  }

  /** Undefined if this member does not lead, or does not know that one. */
  progressOf(id: MemberId): FollowerProgress | undefined {
    return this.#core.role === 'leader' ? this.#core.progress.get(id) : undefined;
  }

  /** False if this member does not lead, or the target does not vote. */
  transferLeader(to: MemberId): boolean {
    return transferLeader(this.#core, to);
  }

  /** Gives office up, for reasons of the caller's: a disk that does not answer. */
  stepDown(): void {
    const core = this.#core;
    if (core.role === 'leader') core.becomeFollower(core.term, NONE);
  }

  /** A message to a member may be lost: what was sent ahead to it must be proved again. */
  reportUnreachable(id: MemberId): void {
    const progress = this.#core.progress.get(id);
    if (progress?.state === 'replicate') progress.becomeProbe();
  }

  /** A snapshot was accepted; the next Ready says so. */
  get awaitsSnapshot(): boolean {
    return this.#core.snapshot !== undefined;
  }

  /** What became of the snapshot to a member: installed up to `index`, or failed. */
  reportSnapshot(id: MemberId, index: number | undefined): void {
    snapshotReported(this.#core, id, index);
  }

  /** As if all of an election timeout but `ticks` had passed: for a start among peers. */
  hurryElection(ticks: number): void {
    hurryElection(this.#core, ticks);
  }

  /** That member's process is known to be gone. */
  reportGone(id: MemberId): void {
    this.reportUnreachable(id);
    if (this.#core.leader === id) forgetLeader(this.#core);
  }

  /** Confirmed reads. They depend on no disk, so they are not part of Ready. */
  takeReadStates(): readonly ReadState[] {
    if (this.#core.readStates.length === 0) return [];
    const taken = this.#core.readStates;
    this.#core.readStates = [];
    return taken;
  }

  hasReady(): boolean {
    const core = this.#core;
    return (
      core.log.hasNextUnstable ||
      core.log.hasNextCommitted ||
      core.messages.length > 0 ||
      core.messagesAfterPersist.length > 0 ||
      core.broadcastDue ||
      core.newsAwaited ||
      core.snapshot !== undefined ||
      this.#hardStateChanged
    );
  }

  ready(): Ready {
    assert(this.#underWay === undefined, 'one Ready at a time');
    const core = this.#core;
    if (core.broadcastDue) broadcastAppend(core);
    if (core.newsAwaited) tellAwaiting(core);
    if (core.acceptanceDue) acceptOwn(core);
    const { term, vote } = this.#savedHardState;
    const entries = core.log.nextUnstable();
    core.log.handOutUnstable();
    const committedEntries = core.log.nextCommitted(this.#maxApplyBytes);
    core.log.applying += committedEntries.length;
    const ready: Ready = {
      hardState: this.#hardStateChanged ? this.hardState : undefined,
      entries,
      mustSync: entries.length > 0 || core.term !== term || core.vote !== vote,
      messages: core.messages,
      messagesAfterPersist: core.messagesAfterPersist.filter(({ to }) => to !== core.id),
      committedEntries,
      snapshot: core.snapshot,
    };
    this.#toSelf = core.messagesAfterPersist.filter(({ to }) => to === core.id);
    core.messages = [];
    core.messagesAfterPersist = [];
    this.#underWay = ready;
    return ready;
  }

  /** The Ready under way is persisted and applied. */
  advance(): void {
    const ready = this.#underWay;
    assert(ready !== undefined, 'only a Ready under way can be advanced');
    this.#underWay = undefined;
    const { log } = this.#core;
    if (ready.hardState !== undefined) this.#savedHardState = ready.hardState;
    const persisted = ready.entries[ready.entries.length - 1];
    if (persisted !== undefined) log.stableTo(persisted.index, persisted.term);
    const applied = ready.committedEntries[ready.committedEntries.length - 1];
    if (applied !== undefined) log.applied = applied.index;
    const toSelf = this.#toSelf;
    this.#toSelf = [];
    for (const message of toSelf) step(this.#core, message);
  }

  get hardState(): HardState {
    const { term, vote, log } = this.#core;
    return { term, vote, commit: log.committed };
  }

  get #hardStateChanged(): boolean {
    const { term, vote, commit } = this.#savedHardState;
    const core = this.#core;
    return core.term !== term || core.vote !== vote || core.log.committed !== commit;
  }
}
