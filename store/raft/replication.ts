/** What a leader sends to the others: entries, snapshots in their place, heartbeats. */
import type { Core } from './core.ts';
import type { MemberId } from './entry.ts';
import { Progress } from './progress.ts';

export function freshProgress(core: Core): Progress {
  const maxInflight = core.options.maxInflightMessages;
  return new Progress({ next: core.log.lastIndex + 1, maxInflight });
}

export function broadcastAppend(core: Core): void {
  core.broadcastDue = false;
  for (const id of core.others)
    if (core.progress.get(id)!.hasBeenSent(core.log.lastIndex)) sendCommit(core, id);
    else while (sendAppend(core, id)) continue;
}

function sendCommit(core: Core, to: MemberId): void {
  const index = core.log.committed;
  core.send(to, { type: 'commit', point: { index, term: core.log.term(index)! } });
}

/** One append to a member, unless it is paused; true if there is more to send right away. */
export function sendAppend(core: Core, to: MemberId): boolean {
  const progress = core.progress.get(to)!;
  if (progress.paused) return false;
  const previousIndex = progress.next - 1;
  const previousTerm = core.log.term(previousIndex);
  if (previousTerm === undefined || progress.next < core.log.firstIndex) {
    sendSnapshot(core, to, progress);
    return false;
  }
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

/** What a member needs is compacted away. One that is silent would not take a snapshot either. */
function sendSnapshot(core: Core, to: MemberId, progress: Progress): void {
  if (!progress.recentlyActive) return;
  const index = core.log.applied;
  progress.becomeSnapshot();
  core.send(to, { type: 'snapshot', point: { index, term: core.log.term(index)! } });
}

export function broadcastHeartbeat(core: Core, readContext: number | undefined): void {
  for (const id of core.others) {
    const commit = Math.min(core.progress.get(id)!.match, core.log.committed);
    const body = { type: 'heartbeat', commit } as const;
    core.send(id, readContext === undefined ? body : { ...body, readContext });
  }
}
