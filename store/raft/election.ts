/** Elections: standing for one, voting in one, counting one (paper, sections 5.2 and 5.4.1). */
import type { Core } from './core.ts';
import { NONE } from './entry.ts';
import type { MemberId } from './entry.ts';
import { lead } from './leader.ts';
import type { MessageOf } from './message.ts';
import { voteResult } from './quorum.ts';

/** `transfer`: a vote that the leader itself asked for. */
export type CampaignType = 'preVote' | 'vote' | 'transfer';

/**
 * Stands for election. A pre-vote that is won leads to the vote. Who has not applied a committed
 * configuration does not know who votes, and waits.
 */
export function campaign(core: Core, reason: CampaignType): void {
  if (core.role === 'leader' || !core.voters.has(core.id)) return;
  if (core.log.hasUnappliedConfiguration) return;
  const type = reason === 'preVote' ? 'preVote' : 'vote';
  if (type === 'preVote') core.becomePreCandidate();
  else core.becomeCandidate();
  const term = type === 'preVote' ? core.term + 1 : core.term;
  const { lastIndex, lastTerm } = core.log;
  const force = reason === 'transfer' ? ({ force: true } as const) : {};
  for (const id of core.voters)
    if (id !== core.id) core.send(id, { type, lastIndex, lastTerm, ...force }, term);
  core.sendAfterPersist(core.id, { type: `${type}Response`, granted: true }, term);
}

/** The leader hands over: no pre-vote, for it is alive and agrees. */
export function stepTimeoutNow(core: Core): void {
  campaign(core, 'transfer');
}

export function tickElection(core: Core): void {
  core.electionElapsed++;
  if (core.electionElapsed < core.randomizedElectionTicks) return;
  core.electionElapsed = 0;
  // A candidate whose election is split tries again after another random time.
  core.randomizeElection();
  campaign(core, core.options.preVote ? 'preVote' : 'vote');
}

/** Whoever knows that its leader is dead stands within so many ticks: not all at the same one. */
const SUSPICION_TICKS = 3;

/**
 * The shell has learnt from elsewhere that the leader's process is gone. Nothing is decided by
 * that: this member grants votes from now on, and soon asks for some, which those refuse who
 * still hear the leader.
 */
export function forgetLeader(core: Core): void {
  if (core.role !== 'follower' || core.leader === NONE) return;
  core.leader = NONE;
  // Without asking first, whoever was wrong about it would depose a living leader.
  if (!core.options.preVote) return;
  hurryElection(core, 1 + core.options.random.below(SUSPICION_TICKS, 'election after a death'));
}

/** As if all of the election timeout but `ticks` had passed. */
export function hurryElection(core: Core, ticks: number): void {
  core.electionElapsed = Math.max(core.electionElapsed, core.randomizedElectionTicks - ticks);
}

/**
 * True if the vote should be ignored: a leader was heard within the election timeout, so the
 * candidate is cut off or impatient (Raft thesis, section 4.2.3).
 */
export function hasLivingLeader(core: Core): boolean {
  return core.leader !== NONE && core.electionElapsed < core.options.electionTicks;
}

/** The message's term is at least ours. Grants are promises: they wait for the disk. */
export function stepVote(core: Core, message: MessageOf<'vote' | 'preVote'>): void {
  const free =
    core.vote === message.from ||
    (core.vote === NONE && core.leader === NONE) ||
    (message.type === 'preVote' && message.term > core.term);
  const granted = free && core.log.isUpToDate(message.lastIndex, message.lastTerm);
  // A refusal carries our own term, so that the candidate learns of it.
  const term = granted ? message.term : core.term;
  core.sendAfterPersist(message.from, { type: `${message.type}Response`, granted }, term);
  if (!granted || message.type === 'preVote') return;
  core.electionElapsed = 0;
  core.vote = message.from;
}

export function stepVoteResponse(
  core: Core,
  message: MessageOf<'voteResponse' | 'preVoteResponse'>,
): void {
  const expected = core.role === 'preCandidate' ? 'preVoteResponse' : 'voteResponse';
  if (message.type !== expected || core.role === 'leader' || core.role === 'follower') return;
  record(core, message.from, message.granted);
  const result = voteResult(core.voters, core.votes);
  if (result === 'lost') core.becomeFollower(core.term, NONE);
  else if (result === 'won') {
    if (core.role === 'preCandidate') campaign(core, 'vote');
    else lead(core);
  }
}

/** The first answer counts. */
function record(core: Core, from: MemberId, granted: boolean): void {
  if (!core.votes.has(from)) core.votes.set(from, granted);
}
