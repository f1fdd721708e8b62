import { StatusError, statusError, type Status } from '../../../api/status.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { HttpResponse } from '../../../platform/http.ts';
import type { PipelineRequest } from '../api-request.ts';
import type { Filter } from '../filter.ts';
import { isLongRunning } from '../long-running.ts';
import type { AuditLog } from './audit-log.ts';
import type { AuditMetrics } from './audit-metrics.ts';
import { auditEvent } from './event.ts';
import { type AuditPolicy, extentOf, type Stage } from './policy.ts';

export interface AuditOptions {
  readonly policy: AuditPolicy;
  readonly log: AuditLog;
  readonly clock: Clock;
  readonly metrics: AuditMetrics;
}

/** Logs what the policy asks for: who did what, how it was judged and how it ended. */
export function audit({ policy, log, clock, metrics }: AuditOptions): Filter {
  return (next) => async (request) => {
    const extent = extentOf(policy, request.user, request.info);
    metrics.levels.with(extent.level).value++;
    if (extent.level === 'None') return next(request);
    const receivedMs = clock.now();
    const tell = (stage: Stage, end: { response?: HttpResponse; failure?: Status } = {}): void => {
      if (extent.omitStages.includes(stage)) return;
      metrics.events.value++;
      log.add(auditEvent({ request, extent, stage, receivedMs, nowMs: clock.now(), ...end }));
    };
    tell('RequestReceived');
    try {
      const response = await next(request);
      if (!isStream(request, response)) {
        tell('ResponseComplete', { response });
        return response;
      }
      tell('ResponseStarted', { response });
      return {
        ...response,
        body: ended(response.body, () => tell('ResponseComplete', { response })),
      };
    } catch (error) {
      if (error instanceof StatusError) tell('ResponseComplete', { failure: error.status });
      else tell('Panic', { failure: statusError('InternalError', 'a request met a bug').status });
      throw error;
    }
  };
}

/**
 * Logs a request of nobody knows whom, before it is refused: what was tried, not who it was. As in
 * Kubernetes it has one stage.
 */
export function auditStranger({ policy, log, clock, metrics }: AuditOptions) {
  return (request: PipelineRequest, failure: Status): void => {
    const nobody = { ...request, user: { name: '', groups: [] } };
    const extent = extentOf(policy, nobody.user, request.info);
    metrics.levels.with(extent.level).value++;
    if (extent.level === 'None' || extent.omitStages.includes('ResponseStarted')) return;
    metrics.events.value++;
    const nowMs = clock.now();
    const told = { ...failure, message: triedBy(request) };
    const stage = 'ResponseStarted' as const;
    const times = { receivedMs: nowMs, nowMs };
    log.add(auditEvent({ request: nobody, extent, stage, ...times, failure: told }));
  };
}

function triedBy({ http }: PipelineRequest): string {
  const [scheme = '', credentials] = (http.headers['authorization'] ?? '').trim().split(' ');
  const tried = ['basic', 'bearer'].filter(
    (each) => credentials !== undefined && scheme.toLowerCase() === each,
  );
  if (http.peer.certificate !== undefined) tried.push('x509');
  if (tried.length === 0) return 'Authentication failed, no credentials provided';
  return `Authentication failed, attempted: ${tried.join(', ')}`;
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
