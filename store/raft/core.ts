import type { Random } from '../../platform/random.ts';
import { NONE } from './entry.ts';
import type { Configuration, MemberId, SnapshotPoint } from './entry.ts';
import type { RaftLog } from './log.ts';
import type { Message, MessageBody } from './message.ts';
import type { Progress } from './progress.ts';
import { ReadOnly } from './read-only.ts';

export type Role = 'follower' | 'preCandidate' | 'candidate' | 'leader';

export interface RaftOptions {
  readonly id: MemberId;
  readonly configuration: Configuration;
  /** An election starts after this many ticks of silence, randomized up to twice as many. */
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  /**
   * Ask around before standing for election (Raft thesis, section 9.6). Without it a member that
   * was cut off makes the others elect anew when it comes back.
   */
  readonly preVote: boolean;
  readonly random: Random;
  /** Bounds of one append message, and of unanswered ones to a member. */
  readonly maxMessageBytes: number;
  readonly maxInflightMessages: number;
}

/** The answer to a read: it is linearizable once everything up to `index` is applied. */
export interface ReadState {
  readonly context: number;
  readonly index: number;
}

/**
 * The state every role shares, and the transitions between roles. What each role does with a
 * message or a tick is in `election.ts`, `leader.ts`, `follower.ts`,
 * `reads.ts`, `transfer.ts` and `configuration.ts`.
 */
export class Core {
  readonly options: RaftOptions;
  readonly id: MemberId;
  readonly log: RaftLog;
  voters: ReadonlySet<MemberId> = new Set();
  learners: ReadonlySet<MemberId> = new Set();
  /** Voters and learners but this one. */
  others: readonly MemberId[] = [];

  term: number;
  vote: MemberId;
  role: Role = 'follower';
  leader: MemberId = NONE;

  /** Ticks since the last election, or since a valid leader was heard. */
  electionElapsed = 0;
  heartbeatElapsed = 0;
  randomizedElectionTicks = 0;

  /** As a candidate: answers to the vote under way. */
  votes = new Map<MemberId, boolean>();
  /** As a leader: every member's log. */
  progress = new Map<MemberId, Progress>();
  readonly reads = new ReadOnly();
  /** As a leader: reads that came before this term's first commit. */
  earlyReads: { readonly context: number; readonly requester: MemberId }[] = [];

  /** As a leader: entries, or a commit index, that the others are sent with the next Ready. */
  broadcastDue = false;
  /** As a leader: a commit that clients of another member may wait for. */
  newsAwaited = false;
  /** Own entries were appended that the leader has not accepted yet. */
  acceptanceDue = false;
  /** As a leader: no configuration may be appended before this index is applied. */
  pendingConfigurationIndex = 0;
  /** As a leader: who is to take over. */
  transferee: MemberId = NONE;
  /** A snapshot to be installed in the place of log and state. */
  snapshot: SnapshotPoint | undefined;

  /** Reads confirmed for this member's own clients. */
  readStates: ReadState[] = [];
  /** May be sent at once. */
  messages: Message[] = [];
  /** True only once everything handed out for persisting is; those to this member too. */
  messagesAfterPersist: Message[] = [];

  constructor(
    options: RaftOptions,
    log: RaftLog,
    state: { readonly term: number; readonly vote: MemberId },
  ) {
    this.options = options;
    this.id = options.id;
    this.log = log;
    this.setConfiguration(options.configuration);
    this.term = state.term;
    this.vote = state.vote;
    this.becomeFollower(state.term, NONE);
  }

  setConfiguration({ voters, learners }: Configuration): void {
    this.voters = new Set(voters);
    this.learners = new Set(learners);
    this.others = [...voters, ...learners].filter((id) => id !== this.id);
  }

  send(to: MemberId, body: MessageBody, term = this.term): void {
    this.messages.push({ ...body, from: this.id, to, term });
  }

  /** For promises: a vote or an acceptance counts only when it survives a crash. */
  sendAfterPersist(to: MemberId, body: MessageBody, term = this.term): void {
    this.messagesAfterPersist.push({ ...body, from: this.id, to, term });
  }

  becomeFollower(term: number, leader: MemberId): void {
    this.#reset(term);
    this.role = 'follower';
    this.leader = leader;
  }

  /** Asks around without touching term or vote, so that a cut-off member disturbs nobody. */
  becomePreCandidate(): void {
    this.votes = new Map();
    this.role = 'preCandidate';
    this.leader = NONE;
  }

  becomeCandidate(): void {
    this.#reset(this.term + 1);
    this.role = 'candidate';
    this.vote = this.id;
  }

  becomeLeader(): void {
    this.#reset(this.term);
    this.role = 'leader';
    this.leader = this.id;
  }

  #reset(term: number): void {
    if (term !== this.term) {
      this.term = term;
      this.vote = NONE;
    }
    this.leader = NONE;
    this.electionElapsed = 0;
    this.heartbeatElapsed = 0;
    this.randomizeElection();
    this.votes = new Map();
    this.progress = new Map();
    this.reads.clear();
    this.earlyReads = [];
    this.broadcastDue = false;
    this.newsAwaited = false;
    this.acceptanceDue = false;
    this.transferee = NONE;
  }

  /** Paper, section 5.2: spread timeouts make split votes rare. */
  randomizeElection(): void {
    const { electionTicks, random } = this.options;
    this.randomizedElectionTicks = electionTicks + random.below(electionTicks, 'election timeout');
  }
}
