/** kube-apiserver's metrics about its audit log; they are there without one, too. */
import type { Metrics } from '../../../platform/metrics/metrics.ts';
import type { AuditLog } from './audit-log.ts';

export class AuditMetrics {
  readonly events;
  readonly levels;

  constructor(metrics: Metrics, log: AuditLog | undefined) {
    this.events = metrics.counter('apiserver_audit_event_total', 'Events logged.').with();
    this.levels = metrics.counter('apiserver_audit_level_total', 'Requests by level.', ['level']);
    const rejected = 'apiserver_audit_requests_rejected_total';
    metrics.counter(rejected, 'Requests refused because they could not be logged.').with();
    if (log === undefined) return;
    const lost = metrics.counter('apiserver_audit_error_total', 'Events lost.', ['plugin']);
    metrics.collect(() => (lost.with('log').value = log.lost));
  }
}
