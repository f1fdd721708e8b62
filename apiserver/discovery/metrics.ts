import type { HttpResponse } from '../../platform/net/http.ts';
import type { Metrics } from '../../platform/metrics/metrics.ts';
import { METRICS_TYPE, metricsText } from '../../platform/metrics/text.ts';

/** GET /metrics in Prometheus' text format. */
export function answerMetrics(metrics: Metrics): HttpResponse {
  const body = Buffer.from(metricsText(metrics));
  return { status: 200, headers: { 'content-type': METRICS_TYPE }, body };
}
