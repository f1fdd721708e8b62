/** Decimal text of an unsigned 64-bit ID. */
export type MemberId = string;

/** No member: an unknown leader, a vote not given. */
export const NONE: MemberId = '0';

/**
 * `configuration`: changes who votes or learns; one at a time is on its way. `cluster`: about
 * members, changing neither; what was proposed as a configuration too early becomes one, and
 * whoever applies it answers its proposer so.
 */
export type EntryType = 'normal' | 'configuration' | 'cluster';

/** Who takes part. Voters and learners are distinct. */
export interface Configuration {
  readonly voters: readonly MemberId[];
  /** Get the log but count in no quorum. */
  readonly learners: readonly MemberId[];
}

/** The state machine after the entry (index, term). */
export interface SnapshotPoint {
  readonly index: number;
  readonly term: number;
}

/** A slot of the replicated log. `data` is empty in the entry a new leader begins its term with. */
export interface Entry {
  readonly term: number;
  readonly index: number;
  readonly type: EntryType;
  readonly data: Uint8Array;
}

export type Proposal = Pick<Entry, 'type' | 'data'>;

/** What must be on disk before anyone is told of it (paper, figure 2: persistent state). */
export interface HardState {
  readonly term: number;
  readonly vote: MemberId;
  /** Saved as a help for restarts; it may lag. */
  readonly commit: number;
}

export const emptyHardState: HardState = { term: 0, vote: NONE, commit: 0 };

export function entryBytes(entry: Entry): number {
  return entry.data.length + 24;
}
