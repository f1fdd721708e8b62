/** kube-apiserver's metrics about its audit log; they are there without one, too. */
import type { Metrics } from '../../../platform/metrics/metrics.ts';
import type { AuditBackend } from './backend.ts';

export class AuditMetrics {
  readonly events;
  readonly levels;
  readonly rejected;

  constructor(metrics: Metrics, backends: readonly AuditBackend[]) {
    this.events = metrics.counter('apiserver_audit_event_total', 'Events logged.').with();
    this.levels = metrics.counter('apiserver_audit_level_total', 'Requests by level.', ['level']);
    const rejected = 'apiserver_audit_requests_rejected_total';
    this.rejected = metrics
      .counter(rejected, 'Requests refused because they could not be logged.')
      .with();
    if (backends.length === 0) return;
    const lost = metrics.counter('apiserver_audit_error_total', 'Events lost.', ['plugin']);
    metrics.collect(() => {
      for (const each of backends) lost.with(each.plugin).value = each.lost;
    });
  }
}
