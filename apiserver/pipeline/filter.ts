import type { HttpResponse } from '../../platform/net/http.ts';
import type { PipelineRequest } from './api-request.ts';

/** Answers a request; rejects with StatusError to refuse it, with anything else on a bug. */
export type PipelineHandler = (request: PipelineRequest) => Promise<HttpResponse>;

/** Wraps a handler: passes the request on, perhaps changed, or answers or refuses it itself. */
export type Filter = (next: PipelineHandler) => PipelineHandler;

/** The first filter of the list sees a request first and its answer last. */
export function compose(filters: readonly Filter[], handler: PipelineHandler): PipelineHandler {
  return filters.reduceRight((next, filter) => filter(next), handler);
}
