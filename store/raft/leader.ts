/** The leader's side: replication, commitment, heartbeats, confirming reads. */
import { assert } from '../../platform/assert.ts';
import type { Core } from './core.ts';
import { NONE } from './entry.ts';
import type { MemberId, Proposal } from './entry.ts';
import type { MessageOf, Message } from './message.ts';
import { Progress } from './progress.ts';
import { committedIndex, majority } from './quorum.ts';

/** Takes office: starts over with everyone's progress and begins the term with an empty entry. */
export function lead(core: Core): void {
  core.becomeLeader();
  for (const id of core.voters) {
    const progress = new Progress({
      next: core.log.lastIndex + 1,
      maxInflight: core.options.maxInflightMessages,
    });
    core.progress.set(id, progress);
  }
  const own = core.progress.get(core.id);
  if (own !== undefined) own.becomeReplicate();
  append(core, [{ type: 'normal', data: new Uint8Array(0) }]);
}

/** Appends to the leader's log and sends it on. Its own acceptance waits for the disk. */
export function append(core: Core, proposals: readonly Proposal[]): void {
  const first = core.log.lastIndex + 1;
  core.log.append(
    proposals.map(({ type, data }, i) => ({ term: core.term, index: first + i, type, data })),
  );
  core.sendAfterPersist(core.id, { type: 'appendResponse', index: core.log.lastIndex });
  broadcastAppend(core);
}

export function broadcastAppend(core: Core): void {
  for (const id of core.others) while (sendAppend(core, id)) continue;
}

/** One append to a member, unless it is paused; true if there is more to send right away. */
function sendAppend(core: Core, to: MemberId): boolean {
  const progress = core.progress.get(to)!;
  if (progress.paused) return false;
  const previousIndex = progress.next - 1;
  const previousTerm = core.log.term(previousIndex);
  // Compacted away: the member needs a snapshot, and the shell keeps the log while it lags.
  if (previousTerm === undefined) return false;
  const entries = core.log.from(progress.next, core.options.maxMessageBytes);
  core.send(to, {
    type: 'append',
    previousIndex,
    previousTerm,
    entries,
    commit: core.log.committed,
  });
  const last = entries[entries.length - 1]?.index;
  progress.sent(last);
  return progress.state === 'replicate' && last !== undefined && last < core.log.lastIndex;
}

/**
 * Paper, section 5.4.2: only an entry of the leader's own term is committed by counting; the
 * ones before it follow.
 */
function advanceCommit(core: Core): boolean {
  const index = committedIndex(core.voters, (id) => core.progress.get(id)!.match);
  if (!core.log.matches(index, core.term)) return false;
  return core.log.commitTo(index);
}

export function stepAppendResponse(core: Core, message: MessageOf<'appendResponse'>): void {
  const progress = core.progress.get(message.from);
  if (progress === undefined) return;
  progress.recentlyActive = true;
  if (message.rejected !== undefined) {
    const { hintIndex, hintTerm } = message.rejected;
    const hint = core.log.lastAtOrBelowTerm(hintIndex, hintTerm).index;
    if (progress.rejected(message.index, hint)) sendAppend(core, message.from);
    return;
  }
  const wasPaused = progress.paused;
  const news = progress.accepted(message.index);
  if (progress.state === 'probe') progress.becomeReplicate();
  if (news && advanceCommit(core)) {
    releaseEarlyReads(core);
    broadcastAppend(core);
  } else if (message.from !== core.id && (wasPaused || progress.next <= core.log.lastIndex)) {
    while (sendAppend(core, message.from)) continue;
  }
}

export function tickLeader(core: Core): void {
  core.electionElapsed++;
  core.heartbeatElapsed++;
  if (core.electionElapsed >= core.options.electionTicks) {
    core.electionElapsed = 0;
    if (!checkQuorum(core)) {
      core.becomeFollower(core.term, NONE);
      return;
    }
  }
  if (core.heartbeatElapsed >= core.options.heartbeatTicks) {
    core.heartbeatElapsed = 0;
    broadcastHeartbeat(core, core.reads.latestRound);
  }
}

/** A leader that hears from no quorum for an election timeout may be alone: it steps down. */
function checkQuorum(core: Core): boolean {
  let active = 0;
  for (const [id, progress] of core.progress) {
    if (id === core.id || progress.recentlyActive) active++;
    progress.recentlyActive = false;
  }
  return active >= majority(core.voters.size);
}

function broadcastHeartbeat(core: Core, readContext: number | undefined): void {
  for (const id of core.others) {
    const commit = Math.min(core.progress.get(id)!.match, core.log.committed);
    const body = { type: 'heartbeat', commit } as const;
    core.send(id, readContext === undefined ? body : { ...body, readContext });
  }
}

export function stepHeartbeatResponse(core: Core, message: MessageOf<'heartbeatResponse'>): void {
  const progress = core.progress.get(message.from);
  if (progress === undefined) return;
  progress.recentlyActive = true;
  progress.resume();
  if (progress.match < core.log.lastIndex) sendAppend(core, message.from);
  if (message.readContext === undefined) return;
  confirmRound(core, message.readContext, core.reads.ack(message.readContext, message.from));
}

/**
 * Takes a read. Until this term's first commit the leader does not know what its predecessors
 * committed (paper, section 8), so the read waits for it.
 */
export function readIndex(core: Core, read: { context: number; requester: MemberId }): void {
  if (!core.log.matches(core.log.committed, core.term)) {
    core.earlyReads.push(read);
    return;
  }
  const round = core.reads.add({ ...read, index: core.log.committed }, core.id);
  if (!confirmRound(core, round, new Set([core.id]))) broadcastHeartbeat(core, round);
}

function releaseEarlyReads(core: Core): void {
  if (!core.log.matches(core.log.committed, core.term)) return;
  const reads = core.earlyReads;
  core.earlyReads = [];
  for (const read of reads) readIndex(core, read);
}

function confirmRound(core: Core, round: number, acks: ReadonlySet<MemberId>): boolean {
  if (acks.size < majority(core.voters.size)) return false;
  for (const { context, requester, index } of core.reads.confirmed(round)) {
    if (requester === core.id) core.readStates.push({ context, index });
    else core.send(requester, { type: 'readIndexResponse', context, index }, 0);
  }
  return true;
}

/** Messages that only a leader acts on; others drop them. */
export function stepLeader(core: Core, message: Message): void {
  assert(core.role === 'leader', 'only a leader steps as one');
  if (message.type === 'appendResponse') stepAppendResponse(core, message);
  else if (message.type === 'heartbeatResponse') stepHeartbeatResponse(core, message);
  else if (message.type === 'propose') append(core, message.proposals);
  else if (message.type === 'readIndex')
    readIndex(core, { context: message.context, requester: message.from });
}
