/** The follower's side: accepting a leader's entries and heartbeats. */
import type { Core } from './core.ts';
import type { MessageOf } from './message.ts';

/** Paper, section 5.3: accept only what continues the log, else say where it may. */
export function stepAppend(core: Core, message: MessageOf<'append'>): void {
  const { previousIndex, previousTerm, entries } = message;
  if (previousIndex < core.log.committed) {
    core.sendAfterPersist(message.from, { type: 'appendResponse', index: core.log.committed });
    return;
  }
  if (!core.log.matches(previousIndex, previousTerm)) {
    const hint = core.log.lastAtOrBelowTerm(previousIndex, previousTerm);
    core.sendAfterPersist(message.from, {
      type: 'appendResponse',
      index: previousIndex,
      rejected: { hintIndex: hint.index, hintTerm: hint.term },
    });
    return;
  }
  core.log.merge(entries);
  const last = previousIndex + entries.length;
  core.log.commitTo(Math.min(message.commit, last));
  core.sendAfterPersist(message.from, { type: 'appendResponse', index: last });
}

export function stepHeartbeat(core: Core, message: MessageOf<'heartbeat'>): void {
  core.log.commitTo(message.commit);
  const { readContext } = message;
  const body = { type: 'heartbeatResponse' } as const;
  core.send(message.from, readContext === undefined ? body : { ...body, readContext });
}
