/**
 * What happens to every request before a handler sees it, whether it came over a socket or from
 * the same process.
 */
import { statusError } from '../../api/status.ts';
import type { Effects } from '../../platform/effects.ts';
import type { HttpHandler } from '../../platform/net/http.ts';
import { Metrics } from '../../platform/metrics/metrics.ts';
import type { TraceScope } from '../../platform/trace-scope.ts';
import type { Authenticator } from '../authn/authenticator.ts';
import { anonymous } from '../authn/user.ts';
import type { Authorizer } from '../authz/authorizer.ts';
import { AccessMetrics } from './access-metrics.ts';
import { addNotes } from './add-notes.ts';
import { audit, type AuditOptions, auditStranger } from './audit/audit.ts';
import { AuditMetrics } from './audit/audit-metrics.ts';
import { authenticate } from './authenticate.ts';
import { authorize } from './authorize.ts';
import { countRequests } from './count-requests.ts';
import { deadline, type DeadlineOptions } from './deadline.ts';
import { compose, type PipelineHandler } from './filter.ts';
import { filterTimes } from './filter-times.ts';
import { impersonate } from './impersonate.ts';
import { limitInFlight, type LimitOptions } from './limit-in-flight.ts';
import { prioritize, type PrioritizeOptions } from './prioritize.ts';
import { recover } from './recover.ts';
import { requestId } from './request-id.ts';
import { requestInfoOf } from './request-info.ts';
import { RequestNotes } from './request-notes.ts';
import type { RequestCounts } from './request-counts.ts';
import { RequestMetrics } from './request-metrics.ts';
import { statusResponse } from './status-response.ts';

export interface PipelineOptions extends Effects {
  readonly counts: RequestCounts;
  /** Default: kept where nobody sees them. */
  readonly metrics?: Metrics | undefined;
  /** Where requests are followed. Default: nowhere. */
  readonly trace?: TraceScope | undefined;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  /** Default: nothing is logged. */
  readonly audit?: Omit<AuditOptions, 'clock' | 'metrics'> | undefined;
  /** Which requests wait for which. */
  readonly limits: Omit<PrioritizeOptions, 'counts'> | Omit<LimitOptions, 'counts'>;
  /** Longest time for a request that is not a stream; kube-apiserver's default is a minute. */
  readonly requestTimeoutMs: number;
  /** Whether another server answers. Default: none does. */
  readonly isPassedOn?: DeadlineOptions['isPassedOn'];
  /** What browsers are told in Strict-Transport-Security. Default: nothing. */
  readonly strictTransport?: string | undefined;
}

export function pipeline(options: PipelineOptions, handler: PipelineHandler): HttpHandler {
  const { clock, counts, limits, requestTimeoutMs, logger, metrics = new Metrics() } = options;
  const { isPassedOn = () => false } = options;
  const access = new AccessMetrics(metrics, clock);
  const auditMetrics = new AuditMetrics(metrics, options.audit?.backends ?? []);
  const auditing = options.audit && { ...options.audit, clock, metrics: auditMetrics };
  const refused = auditing && auditStranger(auditing);
  const timed = filterTimes(metrics, clock);
  // Outermost first.
  const filtered = compose(
    [
      requestId(options),
      countRequests(new RequestMetrics(metrics, clock, counts)),
      addNotes,
      recover(logger),
      timed('authentication', authenticate(options.authenticator, { logger, access, refused })),
      ...(auditing === undefined ? [] : [timed('audit', audit(auditing))]),
      timed('impersonation', impersonate(options.authorizer)),
      'control' in limits
        ? timed('priorityandfairness', prioritize({ ...limits, counts }))
        : limitInFlight({ ...limits, counts }),
      timed('authorization', authorize(options.authorizer, access)),
      deadline({ clock, maxMs: requestTimeoutMs, isPassedOn }),
    ],
    handler,
  );
  return (http) => {
    const info = requestInfoOf(http);
    if (info === undefined) {
      const { status } = statusError('BadRequest', 'the request path cannot be decoded');
      return Promise.resolve(statusResponse(status, http));
    }
    return filtered({ http, info, user: anonymous, auditId: '', notes: new RequestNotes() });
  };
}
