/** The follower's side: accepting a leader's entries and heartbeats. */
import type { Core } from './core.ts';
import type { MemberId, SnapshotPoint } from './entry.ts';
import type { MessageOf } from './message.ts';

/**
 * A leader tells a follower to commit what that follower confirmed, so here the disk has been
 * emptied or put back: neither this program's fault nor anything it can go on from.
 */
export class LostEntriesError extends Error {
  override readonly name = 'LostEntriesError';

  constructor(commit: number, lastIndex: number) {
    super(
      `this member has confirmed entries up to ${commit} and its log ends at ${lastIndex}: ` +
        'its data was lost. Remove the member from the cluster, add it again, and start it with ' +
        'an empty data directory and --initial-cluster-state existing',
    );
  }
}

/** Paper, section 5.3: accept only what continues the log, else say where it may. */
export function stepAppend(core: Core, message: MessageOf<'append'>): void {
  const { previousIndex, previousTerm, entries } = message;
  if (previousIndex < core.log.committed) {
    core.sendAfterPersist(message.from, { type: 'appendResponse', index: core.log.committed });
    return;
  }
  if (!core.log.matches(previousIndex, previousTerm)) {
    reject(core, message.from, { index: previousIndex, term: previousTerm });
    return;
  }
  core.log.merge(entries);
  const last = previousIndex + entries.length;
  core.log.commitTo(Math.min(message.commit, last));
  accept(core, message.from, last);
}

function reject(core: Core, to: MemberId, { index, term }: SnapshotPoint): void {
  const hint = core.log.lastAtOrBelowTerm(index, term);
  core.sendAfterPersist(to, {
    type: 'appendResponse',
    index,
    rejected: { hintIndex: hint.index, hintTerm: hint.term },
  });
}

/** Whoever has a leader's entry has all before it (paper, section 5.3: Log Matching). */
export function stepCommit(core: Core, { from, point }: MessageOf<'commit'>): void {
  if (point.index <= core.log.committed) return;
  if (core.log.matches(point.index, point.term)) core.log.commitTo(point.index);
  else reject(core, from, point);
}

/** One acceptance speaks for those before it that wait for the same disk write. */
function accept(core: Core, to: MemberId, index: number): void {
  const promises = core.messagesAfterPersist;
  const last = promises[promises.length - 1];
  if (last?.type === 'appendResponse' && last.to === to && last.term === core.term)
    if (last.rejected === undefined && last.index <= index) promises.pop();
  core.sendAfterPersist(to, { type: 'appendResponse', index });
}

/** Paper, section 7: what is here already stays; else the snapshot replaces state and log. */
export function stepSnapshot(core: Core, { from, point }: MessageOf<'snapshot'>): void {
  if (core.log.matches(point.index, point.term)) core.log.commitTo(point.index);
  if (point.index <= core.log.committed)
    core.sendAfterPersist(from, { type: 'appendResponse', index: core.log.committed });
  else core.snapshot = point;
}

/** @throws LostEntriesError if this member has confirmed what it does not have. */
export function stepHeartbeat(core: Core, message: MessageOf<'heartbeat'>): void {
  const { commit, readContext } = message;
  if (commit > core.log.lastIndex) throw new LostEntriesError(commit, core.log.lastIndex);
  core.log.commitTo(commit);
  const body = { type: 'heartbeatResponse' } as const;
  core.send(message.from, readContext === undefined ? body : { ...body, readContext });
}
