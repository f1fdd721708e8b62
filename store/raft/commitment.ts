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
  core.broadcastDue = true;
  return true;
}
