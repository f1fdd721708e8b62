/** The leader's side of linearizable reads (paper, section 8; Raft thesis, section 6.4). */
import type { Core } from './core.ts';
import type { MemberId } from './entry.ts';
import { majority } from './quorum.ts';
import { broadcastHeartbeat } from './replication.ts';

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

export function releaseEarlyReads(core: Core): void {
  if (!core.log.matches(core.log.committed, core.term)) return;
  const reads = core.earlyReads;
  core.earlyReads = [];
  for (const read of reads) readIndex(core, read);
}

/** A heartbeat of the round was answered. A learner's answer proves nothing. */
export function stepReadAck(core: Core, from: MemberId, round: number): void {
  if (core.voters.has(from)) confirmRound(core, round, core.reads.ack(round, from));
}

function confirmRound(core: Core, round: number, acks: ReadonlySet<MemberId>): boolean {
  if (acks.size < majority(core.voters.size)) return false;
  for (const { context, requester, index } of core.reads.confirmed(round)) {
    if (requester === core.id) core.readStates.push({ context, index });
    else core.send(requester, { type: 'readIndexResponse', context, index }, 0);
  }
  return true;
}
