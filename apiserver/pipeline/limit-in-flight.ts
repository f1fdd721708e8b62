import { PRIVILEGED_GROUP } from '../authn/user.ts';
import { tooManyRequests } from '../flowcontrol/flow-control.ts';
import type { Filter } from './filter.ts';
import { isLongRunning } from './long-running.ts';
import { isReadOnly } from './read-only.ts';
import type { RequestCounts } from './request-counts.ts';

export interface LimitOptions {
  readonly counts: RequestCounts;
  /** Zero: no limit. */
  readonly maxReadOnly: number;
  readonly maxMutating: number;
}

/**
 * Without priority and fairness: so many reads and so many writes at work, and the rest is turned
 * away. Streams are exempt, and so is the group that may do everything.
 */
export function limitInFlight({ counts, maxReadOnly, maxMutating }: LimitOptions): Filter {
  const most = { readOnly: maxReadOnly, mutating: maxMutating };
  return (next) => async (request) => {
    const { info, user } = request;
    if (isLongRunning(info)) return next(request);
    const sort = isReadOnly(info) ? 'readOnly' : 'mutating';
    const full = most[sort] > 0 && counts.inFlight[sort] >= most[sort];
    if (full && !user.groups.includes(PRIVILEGED_GROUP)) {
      counts.rejected++;
      request.notes.terminated = true;
      throw tooManyRequests();
    }
    counts.inFlight[sort]++;
    try {
      return await next(request);
    } finally {
      counts.inFlight[sort]--;
    }
  };
}
