/** The leader's side of linearizable reads (paper, section 8; Raft thesis, section 6.4). */
import type { Core } from './core.ts';
import type { MemberId } from './entry.ts';
import { majority } from './quorum.ts';
import type { PendingRead } from './read-only.ts';
import { broadcastHeartbeat, tellReader } from './replication.ts';

type ConfirmedRead = Omit<PendingRead, 'acks'>;

/**
 * Takes a read. Until this term's first commit the leader does not know what its predecessors
 * committed (paper, section 8), so the read waits for it. `term` is the one that the requester
 * was in when it asked: if it is the leader's, the request itself proves what the requester's
 * answer to a heartbeat would. It proves that for this read alone, for it may have been under way
 * when others began.
 */
export function readIndex(
  core: Core,
  read: { readonly context: number; readonly requester: MemberId },
  term = 0,
): void {
  if (!core.log.matches(core.log.committed, core.term)) {
    core.earlyReads.push(read);
    return;
  }
  const index = core.log.committed;
  const { context, requester } = read;
  const proofs = term === core.term && core.voters.has(requester) ? 1 : 0;
  // Who is the only voter asks nobody; a round would still be proof for reads that wait.
  const isAlone = core.voters.size === 1 && core.reads.latestRound === undefined;
  if (requester === core.id ? isAlone : 1 + proofs >= majority(core.voters.size)) {
    answer(core, { context, requester, index });
    return;
  }
  const round = core.reads.add({ context, requester, index }, core.id);
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
  for (const read of core.reads.confirmed(round)) answer(core, read);
  return true;
}

function answer(core: Core, { context, requester, index }: ConfirmedRead): void {
  if (requester === core.id) {
    core.readStates.push({ context, index });
    return;
  }
  tellReader(core, requester);
  core.send(requester, { type: 'readIndexResponse', context, index }, 0);
}
