import type { Aggregator } from './aggregation/aggregator.ts';
import type { Discovery } from './discovery/discovery.ts';
import type { ApiHandlers } from './handlers/api-handlers.ts';
import type { ApiRequest, PipelineRequest } from './pipeline/api-request.ts';
import type { PipelineHandler } from './pipeline/filter.ts';

function isApiRequest(request: PipelineRequest): request is ApiRequest {
  return request.info.type === 'resource';
}

export interface Routes {
  readonly handlers: ApiHandlers;
  readonly discovery: Discovery;
  readonly aggregator: Aggregator | undefined;
}

/** To other servers what they serve; resources to their verbs, all other paths to discovery. */
export function route({ handlers, discovery, aggregator }: Routes): PipelineHandler {
  return (request) => {
    const remote = aggregator?.answer(request);
    if (remote !== undefined) return remote;
    if (!isApiRequest(request)) return discovery.answer(request.http);
    return handlers.handle(request);
  };
}
