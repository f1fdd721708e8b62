import type { Core } from './core.ts';
import { committedIndex } from './quorum.ts';
import { releaseEarlyReads } from './reads.ts';

/**
 * Paper, section 5.4.2: only an entry of the leader's own term is committed by counting; the
 * ones before it follow.
 */
export function advanceCommit(core: Core): boolean {
  const index = committedIndex(core.voters, (id) => core.progress.get(id)!.match);
  if (!core.log.matches(index, core.term)) return false;
  if (!core.log.commitTo(index)) return false;
  releaseEarlyReads(core);
  core.newsAwaited = true;
  // A leader that removes itself may have no later entry to send the news with.
  if (core.pendingConfigurationIndex > core.log.applied) core.broadcastDue = true;
  return true;
}
