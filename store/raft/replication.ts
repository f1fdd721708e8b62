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
  for (const id of core.others) bring(core, id);
}

/** What the member lacks: entries, and with them or alone the commit index. */
function bring(core: Core, to: MemberId): void {
  const progress = core.progress.get(to)!;
  if (!progress.hasBeenSent(core.log.lastIndex)) while (sendAppend(core, to)) continue;
  else if (progress.told < core.log.committed) sendCommit(core, to, progress);
}

function sendCommit(core: Core, to: MemberId, progress: Progress): void {
  const index = core.log.committed;
  progress.told = index;
  core.send(to, { type: 'commit', point: { index, term: core.log.term(index)! } });
}

/** Whether the member has all entries, and only does not know yet which are committed. */
export function lacksNews(core: Core, id: MemberId): boolean {
  const progress = core.progress.get(id)!;
  return progress.told < core.log.committed && progress.hasBeenSent(core.log.lastIndex);
}

/** News of commits for those whose clients wait for it; others hear with their next entries. */
export function tellAwaiting(core: Core): void {
  core.newsAwaited = false;
  for (const id of core.others) {
    const { told, awaited } = core.progress.get(id)!;
    if (told < awaited) bring(core, id);
  }
}

/** A read of the member is about to be answered: it waits until it knows of every commit before. */
export function tellReader(core: Core, id: MemberId): void {
  if (core.progress.has(id) && lacksNews(core, id)) bring(core, id);
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
  progress.told = core.log.committed;
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
    const progress = core.progress.get(id)!;
    const commit = Math.min(progress.match, core.log.committed);
    progress.told = Math.max(progress.told, commit);
    const body = { type: 'heartbeat', commit } as const;
    core.send(id, readContext === undefined ? body : { ...body, readContext });
  }
}
