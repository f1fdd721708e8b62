import type { Clock } from '../../platform/clock.ts';
import type { Headers } from '../../platform/http.ts';
import type { Logger } from '../../platform/logger.ts';
import { type Random, uuid } from '../../platform/random.ts';
import { REQUEST_ID, type TraceScope } from '../../platform/trace-scope.ts';
import type { Filter } from './filter.ts';

/** kube-apiserver cuts longer ids off. */
const MAX_ID_LENGTH = 64;
/** W3C Trace Context: version, trace id, parent id, flags. */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The client's own id, under the first of these names that it used. */
function sentId(headers: Headers): string | undefined {
  const id = headers['audit-id'] || headers[REQUEST_ID];
  if (id) return id.slice(0, MAX_ID_LENGTH);
  return TRACEPARENT.exec(headers['traceparent'] ?? '')?.[1];
}

export interface RequestIdOptions {
  readonly random: Random;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where requests are followed: each is logged, and the store is told its id. */
  readonly trace?: TraceScope | undefined;
}

/**
 * Gives each request an id, the client's own if it sent one, and answers it as Audit-Id. Also
 * tells proxies to keep nothing: what is answered depends on who asks.
 */
export function requestId({ random, clock, logger, trace }: RequestIdOptions): Filter {
  return (next) => async (request) => {
    const auditId = sentId(request.http.headers) ?? uuid(random, 'audit id');
    const begunMs = clock.monotonic();
    const answer = () => next({ ...request, auditId });
    const response = await (trace === undefined ? answer() : trace.run(auditId, answer));
    if (trace !== undefined) {
      const { method, path } = request.http;
      const ms = Math.round(clock.monotonic() - begunMs);
      logger.debug({ requestId: auditId, method, path, status: response.status, ms }, 'answered');
    }
    const common = { 'audit-id': auditId, 'cache-control': 'no-cache, private' };
    return { ...response, headers: { ...common, ...response.headers } };
  };
}
