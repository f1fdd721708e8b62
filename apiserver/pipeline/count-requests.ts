import type { Filter } from './filter.ts';
import type { RequestMetrics } from './request-metrics.ts';

export function countRequests(metrics: RequestMetrics): Filter {
  return (next) => async (request) => {
    const begunMs = metrics.now();
    return metrics.answered(request, await next(request), begunMs);
  };
}
