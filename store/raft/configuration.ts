/**
 * Changing who takes part, one member at a time (Raft thesis, section 4.1): the majorities of two
 * configurations that differ by one voter overlap, so no two leaders can come of it.
 */
import { assert } from '../../platform/assert.ts';
import { advanceCommit } from './commitment.ts';
import type { Core } from './core.ts';
import { NONE } from './entry.ts';
import type { Configuration, EntryType, MemberId } from './entry.ts';
import { freshProgress } from './replication.ts';

/** Which type a leader's new entry gets: a configuration waits until the last one is applied. */
export function admittedType(core: Core, type: EntryType, index: number): EntryType {
  if (type !== 'configuration') return type;
  if (core.pendingConfigurationIndex > core.log.applied) return 'cluster';
  core.pendingConfigurationIndex = index;
  return type;
}

/** A committed configuration takes effect here, when it is applied. */
export function configure(core: Core, configuration: Configuration): void {
  const before = core.voters;
  core.setConfiguration(configuration);
  const changed = [...before].filter((id) => !core.voters.has(id)).length;
  const added = [...core.voters].filter((id) => !before.has(id)).length;
  assert(changed + added <= 1, 'a configuration changes by one voter at a time');
  if (core.role === 'leader') leadConfigured(core);
  else if (!core.voters.has(core.id) && core.role !== 'follower')
    core.becomeFollower(core.term, NONE);
}

function leadConfigured(core: Core): void {
  if (!core.voters.has(core.id)) {
    core.becomeFollower(core.term, NONE);
    return;
  }
  const known = new Set<MemberId>([core.id, ...core.others]);
  for (const id of core.progress.keys()) if (!known.has(id)) core.progress.delete(id);
  for (const id of core.others) {
    if (core.progress.has(id)) continue;
    const progress = freshProgress(core);
    // Or the leader would believe at once that it has lost its quorum.
    progress.recentlyActive = true;
    core.progress.set(id, progress);
  }
  if (!core.voters.has(core.transferee)) core.transferee = NONE;
  // A voter less may be what was missing to commit.
  advanceCommit(core);
  core.broadcastDue = true;
}
