import { StatusError, statusError, type Status } from '../../../api/status.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { HttpResponse } from '../../../platform/net/http.ts';
import { jsonText } from '../../../platform/json-text.ts';
import type { PipelineRequest } from '../api-request.ts';
import type { Filter } from '../filter.ts';
import { isLongRunning } from '../long-running.ts';
import type { AuditMetrics } from './audit-metrics.ts';
import type { AuditBackend } from './backend.ts';
import { type AuditEvent, auditEvent } from './event.ts';
import { type AuditPolicy, extentOf, type Stage } from './policy.ts';

export interface AuditOptions {
  readonly policy: AuditPolicy;
  readonly backends: readonly AuditBackend[];
  readonly clock: Clock;
  readonly metrics: AuditMetrics;
}

/** Undefined: nobody is to be waited for. False: the event could not be told, and had to be. */
function tellAll(
  backends: readonly AuditBackend[],
  event: AuditEvent,
): Promise<boolean> | undefined {
  const text = jsonText(event);
  const waits = backends.map((each) => each.add(event, text)).filter((wait) => wait !== undefined);
  if (waits.length === 0) return undefined;
  return Promise.all(waits).then((told) => told.every(Boolean));
}

/** Logs what the policy asks for: who did what, how it was judged and how it ended. */
export function audit({ policy, backends, clock, metrics }: AuditOptions): Filter {
  return (next) => async (request) => {
    const extent = extentOf(policy, request.user, request.info);
    metrics.levels.with(extent.level).value++;
    if (extent.level === 'None') return next(request);
    const receivedMs = clock.now();
    const tell = (stage: Stage, end: { response?: HttpResponse; failure?: Status } = {}) => {
      if (extent.omitStages.includes(stage)) return undefined;
      metrics.events.value++;
      const happening = { request, extent, stage, receivedMs, nowMs: clock.now(), ...end };
      return tellAll(backends, auditEvent(happening));
    };
    const received = tell('RequestReceived');
    if (received !== undefined && !(await received)) {
      metrics.rejected.value++;
      throw notStored(request);
    }
    try {
      const response = await next(request);
      if (!isStream(request, response)) {
        if (isLongRunning(request.info)) await tell('ResponseStarted', { response });
        await tell('ResponseComplete', { response });
        return response;
      }
      await tell('ResponseStarted', { response });
      return {
        ...response,
        body: ended(response.body, () => void tell('ResponseComplete', { response })),
      };
    } catch (error) {
      if (error instanceof StatusError) {
        const failure = error.status;
        if (isLongRunning(request.info)) await tell('ResponseStarted', { failure });
        await tell('ResponseComplete', { failure });
      } else
        await tell('Panic', {
          failure: statusError('InternalError', 'a request met a bug').status,
        });
      throw error;
    }
  };
}

/**
 * Logs a request of nobody knows whom, before it is refused. As in Kubernetes it has one stage.
 */
export function auditStranger({ policy, backends, clock, metrics }: AuditOptions) {
  return (request: PipelineRequest, failure: Status): void => {
    const nobody = { ...request, user: { name: '', groups: [] } };
    const extent = extentOf(policy, nobody.user, request.info);
    metrics.levels.with(extent.level).value++;
    if (extent.level === 'None' || extent.omitStages.includes('ResponseStarted')) return;
    metrics.events.value++;
    const nowMs = clock.now();
    const stage = 'ResponseStarted' as const;
    const times = { receivedMs: nowMs, nowMs };
    void tellAll(backends, auditEvent({ request: nobody, extent, stage, ...times, failure }));
  };
}

/** No event, no request: --audit-webhook-mode=blocking-strict. */
function notStored({ http }: PipelineRequest): StatusError {
  const text = `Internal Server Error: ${JSON.stringify(http.path)}: failed to store audit event`;
  return statusError('InternalError', text);
}

type Stream = Extract<NonNullable<HttpResponse['body']>, AsyncIterable<unknown>>;

function isStream(
  { info }: PipelineRequest,
  response: HttpResponse,
): response is HttpResponse & { readonly body: Stream } {
  const { body } = response;
  return isLongRunning(info) && body !== undefined && Symbol.asyncIterator in body;
}

async function* ended(body: Stream, tell: () => void): Stream {
  try {
    yield* body;
  } finally {
    tell();
  }
}
