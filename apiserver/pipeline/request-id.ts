import type { Clock } from '../../platform/clock.ts';
import type { Headers } from '../../platform/net/http.ts';
import type { Logger } from '../../platform/logger.ts';
import { type Random, uuid } from '../../platform/random.ts';
import {
  logTraced,
  REQUEST_ID,
  sentTrace,
  type Traced,
  TRACEPARENT,
  type TraceScope,
} from '../../platform/trace-scope.ts';
import type { PipelineRequest } from './api-request.ts';
import type { Filter } from './filter.ts';
import { isLongRunning } from './long-running.ts';

/** kube-apiserver cuts longer ids off. */
const MAX_ID_LENGTH = 64;
/** kube-apiserver shows the trace of requests that take longer, too. */
const SLOW_MS = 500;
/** Where all are slow, one of them tells enough. */
const SLOW_EVERY_MS = 1000;

export interface RequestIdOptions {
  readonly random: Random;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where requests are followed: each such is logged, and the store is told its id. */
  readonly trace?: TraceScope | undefined;
  /** "max-age=31536000; preload": what browsers are told in Strict-Transport-Security. */
  readonly strictTransport?: string | undefined;
}

interface Course {
  readonly begunMs: number;
  readonly traced: Traced | undefined;
}

/**
 * Gives each request an id, the client's own if it sent one, and answers it as Audit-Id. Also
 * tells proxies to keep nothing: what is answered depends on who asks.
 */
export function requestId(options: RequestIdOptions): Filter {
  const { random, clock, logger, trace, strictTransport } = options;
  let slowMs = -Infinity;
  const note = (request: PipelineRequest, status: number, { begunMs, traced }: Course): void => {
    const { method, path } = request.http;
    const now = clock.monotonic();
    const ms = now - begunMs;
    const fields = { method, path, status, ms: Math.round(ms) };
    if (traced !== undefined) logTraced(logger, traced, { fields, message: 'answered' });
    if (ms < SLOW_MS || now - slowMs < SLOW_EVERY_MS || isLongRunning(request.info)) return;
    slowMs = now;
    logger.info({ requestId: request.auditId, ...fields }, 'answered slowly');
  };
  return (next) => async (http) => {
    const { headers } = http.http;
    const request = { ...http, auditId: sentId(headers) ?? uuid(random, 'audit id') };
    const traced = trace && followed(request.auditId, headers, trace);
    const begunMs = clock.monotonic();
    const answer = () => next(request);
    const response = await (traced === undefined ? answer() : trace!.run(traced, answer));
    note(request, response.status, { begunMs, traced });
    const common: Record<string, string> = {
      'audit-id': request.auditId,
      'cache-control': 'no-cache, private',
    };
    if (strictTransport !== undefined) common['strict-transport-security'] = strictTransport;
    return { ...response, headers: Object.assign(common, response.headers) };
  };
}

/** The client's own id, under the first of these names that it used. */
function sentId(headers: Headers): string | undefined {
  const id = headers['audit-id'] || headers[REQUEST_ID];
  return id ? id.slice(0, MAX_ID_LENGTH) : sentTrace(headers)?.id;
}

function followed(id: string, headers: Headers, { every }: TraceScope): Traced | undefined {
  if (sentTrace(headers)?.sampled === true) return { id, traceparent: headers[TRACEPARENT] };
  return every ? { id } : undefined;
}
