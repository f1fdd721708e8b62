import type { Entry, MemberId, Proposal, SnapshotPoint } from './entry.ts';

/** A voter's own log end, by which others judge whether a candidate is up to date. */
interface LogEnd {
  readonly lastIndex: number;
  readonly lastTerm: number;
}

/** What members say to each other. The names are the paper's and etcd-io/raft's. */
export type MessageBody =
  /** Would you vote for me in `term`? Changes nothing at the receiver. */
  | ({ readonly type: 'preVote' } & LogEnd)
  | { readonly type: 'preVoteResponse'; readonly granted: boolean }
  /** `force`: asked for by the leader itself, so its being alive is no reason to refuse. */
  | ({ readonly type: 'vote'; readonly force?: true } & LogEnd)
  | { readonly type: 'voteResponse'; readonly granted: boolean }
  /** `entries` follow directly on the entry (previousIndex, previousTerm). */
  | {
      readonly type: 'append';
      readonly previousIndex: number;
      readonly previousTerm: number;
      readonly entries: readonly Entry[];
      readonly commit: number;
    }
  /**
   * What is committed, by its newest entry, for a receiver that has been sent all of it. Not
   * answered unless the receiver has no such entry: nobody waits for it.
   */
  | { readonly type: 'commit'; readonly point: SnapshotPoint }
  /**
   * `index`: accepted up to here; or, rejected, the previousIndex that did not match, with the
   * greatest (index, term) of the follower's log at which the leader may try next.
   */
  | {
      readonly type: 'appendResponse';
      readonly index: number;
      readonly rejected?: { readonly hintIndex: number; readonly hintTerm: number };
    }
  /**
   * The entries the receiver needs are compacted away: it gets the state itself. The leader's
   * shell carries this out, and may send a newer state; the receiver steps it once all is there.
   */
  | { readonly type: 'snapshot'; readonly point: SnapshotPoint }
  /** `commit` never exceeds what the receiver is known to have. */
  | { readonly type: 'heartbeat'; readonly commit: number; readonly readContext?: number }
  | { readonly type: 'heartbeatResponse'; readonly readContext?: number }
  /**
   * From a follower, on behalf of its client. `term` is the sender's: a voter that was still in
   * the leader's term after the read began had not voted for another until then.
   */
  | { readonly type: 'readIndex'; readonly context: number }
  | { readonly type: 'readIndexResponse'; readonly context: number; readonly index: number }
  | { readonly type: 'propose'; readonly proposals: readonly Proposal[] }
  /** From the leader: stand for election at once (Raft thesis, section 3.10). */
  | { readonly type: 'timeoutNow' };

/** `term` is the sender's; 0 on forwarded requests, which belong to no term. */
export type Message = MessageBody & {
  readonly from: MemberId;
  readonly to: MemberId;
  readonly term: number;
};

export type MessageType = Message['type'];
export type MessageOf<T extends MessageType> = Extract<Message, { type: T }>;
