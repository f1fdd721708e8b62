/**
 * Requests that are followed from log to log, by one id. A client asks for it as OpenTelemetry's
 * do, by a `traceparent` whose sampled flag is set (W3C Trace Context); at level debug every
 * request is.
 */
import type { Headers } from './net/http.ts';
import type { Logger } from './logger.ts';

export interface Traced {
  /** Of the request: its Audit-Id. */
  readonly id: string;
  /** The client's, where that asked to be followed. */
  readonly traceparent?: string | undefined;
}

/**
 * What code works for, however many awaits later: so that a store can be told it without every
 * layer between passing it on. That costs something at each await, but only while a followed
 * request is at work.
 */
export interface TraceScope {
  /** True: requests are followed unasked. */
  readonly every: boolean;
  run<T>(traced: Traced, work: () => Promise<T>): Promise<T>;
  /** Undefined: nobody's request, or one that is not followed. */
  current(): Traced | undefined;
}

/** The names of both in HTTP headers and gRPC metadata. */
export const REQUEST_ID = 'x-request-id';
export const TRACEPARENT = 'traceparent';

/** Version, trace id, parent id, flags. */
const SHAPE = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/;
const SAMPLED = 1;

/** Undefined without a `traceparent`, or with one that is none. */
export function sentTrace(headers: Headers): { id: string; sampled: boolean } | undefined {
  const [, id, flags = ''] = SHAPE.exec(headers[TRACEPARENT] ?? '') ?? [];
  return id === undefined ? undefined : { id, sampled: (parseInt(flags, 16) & SAMPLED) !== 0 };
}

/** Who asked to be followed is shown at level info. */
export function logTraced(
  logger: Logger,
  { id, traceparent }: Traced,
  said: { readonly fields: object; readonly message: string },
): void {
  if (traceparent === undefined)
    return logger.debug({ requestId: id, ...said.fields }, said.message);
  const [, traceId] = SHAPE.exec(traceparent) ?? [];
  logger.info({ requestId: id, traceId, ...said.fields }, said.message);
}
