/** The leader's side: taking office, proposals, answers, keeping its quorum. */
import { assert } from '../../platform/assert.ts';
import { advanceCommit } from './commitment.ts';
import { admittedType } from './configuration.ts';
import type { Core } from './core.ts';
import { NONE } from './entry.ts';
import type { MemberId, Proposal } from './entry.ts';
import type { MessageOf, Message } from './message.ts';
import { majority } from './quorum.ts';
import { readIndex, stepReadAck } from './reads.ts';
import { broadcastHeartbeat, freshProgress, sendAppend } from './replication.ts';
import { abandonTransfer, offerOffice } from './transfer.ts';

/** Takes office: starts over with everyone's progress and begins the term with an empty entry. */
export function lead(core: Core): void {
  core.becomeLeader();
  for (const id of [core.id, ...core.others]) core.progress.set(id, freshProgress(core));
  core.progress.get(core.id)!.becomeReplicate();
  // A predecessor's change may lie in the log, uncommitted: wait until this term's first entry
  // is applied (the flaw of 2015 in single-server changes, raft-dev).
  core.pendingConfigurationIndex = core.log.lastIndex + 1;
  append(core, [{ type: 'normal', data: new Uint8Array(0) }]);
}

/** Appends to the leader's log. Its own acceptance waits for the disk. */
export function append(core: Core, proposals: readonly Proposal[]): void {
  const first = core.log.lastIndex + 1;
  core.log.append(
    proposals.map(({ type, data }, i) => ({
      term: core.term,
      index: first + i,
      type: admittedType(core, type, first + i),
      data,
    })),
  );
  // Sent with the next Ready: what is proposed until then shares one message to each member,
  // and one acceptance of the leader's own.
  core.broadcastDue = true;
  core.acceptanceDue = true;
}

/** The leader accepts what it has appended, once that is persisted. */
export function acceptOwn(core: Core): void {
  core.acceptanceDue = false;
  core.sendAfterPersist(core.id, { type: 'appendResponse', index: core.log.lastIndex });
}

/** The shell's word on a snapshot: installed up to an index, or failed. */
export function snapshotReported(core: Core, from: MemberId, index: number | undefined): void {
  const progress = core.progress.get(from);
  if (core.role !== 'leader' || progress?.state !== 'snapshot') return;
  progress.becomeProbe(index);
  // After a failure the next sign of life tries again.
  if (index === undefined) progress.sent(undefined);
  else sendAppend(core, from);
}

function stepAppendResponse(core: Core, message: MessageOf<'appendResponse'>): void {
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
  else if (progress.state === 'snapshot' && progress.match + 1 >= core.log.firstIndex)
    progress.becomeReplicate();
  if (news) advanceCommit(core);
  // What is due goes to everybody with the next Ready.
  if (message.from === core.id || offerOffice(core, message.from) || core.broadcastDue) return;
  if (wasPaused || progress.next <= core.log.lastIndex)
    while (sendAppend(core, message.from)) continue;
}

export function tickLeader(core: Core): void {
  core.electionElapsed++;
  core.heartbeatElapsed++;
  if (core.electionElapsed >= core.options.electionTicks) {
    core.electionElapsed = 0;
    abandonTransfer(core);
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
    if (core.voters.has(id) && (id === core.id || progress.recentlyActive)) active++;
    progress.recentlyActive = false;
  }
  return active >= majority(core.voters.size);
}

function stepHeartbeatResponse(core: Core, message: MessageOf<'heartbeatResponse'>): void {
  const progress = core.progress.get(message.from);
  if (progress === undefined) return;
  progress.recentlyActive = true;
  progress.resume();
  if (progress.match < core.log.lastIndex) sendAppend(core, message.from);
  if (message.readContext !== undefined) stepReadAck(core, message.from, message.readContext);
}

/** Messages that only a leader acts on; others drop them. */
export function stepLeader(core: Core, message: Message): void {
  assert(core.role === 'leader', 'only a leader steps as one');
  if (message.type === 'appendResponse') stepAppendResponse(core, message);
  else if (message.type === 'heartbeatResponse') stepHeartbeatResponse(core, message);
  else if (message.type === 'propose') {
    if (core.transferee !== NONE) return;
    append(core, message.proposals);
    const progress = core.progress.get(message.from);
    if (progress !== undefined) progress.awaited = core.log.lastIndex;
  } else if (message.type === 'readIndex')
    readIndex(core, { context: message.context, requester: message.from }, message.term);
}
