import type { Filter } from './filter.ts';
import { isLongRunning } from './long-running.ts';
import type { RequestCounts } from './request-counts.ts';
import type { RequestInfo } from './request-info.ts';

/** Paths and unknown resources share one row each: what clients make up must not fill memory. */
function rowOf(info: RequestInfo, status: number): string {
  if (info.type === 'path') return `${info.verb}|||||${status}`;
  if (status === 404 || status === 405) return `${info.verb}|||||${status}`;
  const { verb, group, version, resource, subresource } = info;
  return `${verb}|${group}|${version}|${resource}|${subresource}|${status}`;
}

/** Refused requests are counted by what they asked for only if it exists. */
const REFUSED = new Set([401, 403, 429]);

export function countRequests(counts: RequestCounts): Filter {
  return (next) => async (request) => {
    const longRunning = isLongRunning(request.info);
    if (longRunning) counts.longRunning++;
    try {
      const response = await next(request);
      const { status } = response;
      const key = REFUSED.has(status) ? `${request.info.verb}|||||${status}` : undefined;
      counts.count(key ?? rowOf(request.info, status));
      return response;
    } finally {
      if (longRunning) counts.longRunning--;
    }
  };
}
