/** Handing leadership over (Raft thesis, section 3.10). */
import type { Core } from './core.ts';
import { NONE } from './entry.ts';
import type { MemberId } from './entry.ts';
import { sendAppend } from './replication.ts';

/**
 * The leader takes no proposals from here on until the target leads, or an election timeout has
 * passed. False if the target is no voter that this leader knows.
 */
export function transferLeader(core: Core, to: MemberId): boolean {
  if (core.role !== 'leader' || !core.voters.has(to)) return false;
  if (to === core.id) return true;
  core.transferee = to;
  core.electionElapsed = 0;
  if (!offerOffice(core, to)) sendAppend(core, to);
  return true;
}

/** Tells the target to stand once it has the whole log: only then can it win. */
export function offerOffice(core: Core, to: MemberId): boolean {
  if (core.transferee !== to || core.progress.get(to)?.match !== core.log.lastIndex) return false;
  core.send(to, { type: 'timeoutNow' });
  return true;
}

/** The target has not taken over in time; this leader goes on. */
export function abandonTransfer(core: Core): void {
  core.transferee = NONE;
}
