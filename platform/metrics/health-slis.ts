import { Metrics } from './metrics.ts';

/**
 * How health checks went, for /metrics/slis: apart from all other metrics, because they are scraped
 * every few seconds (KEP-3466). Checks are noted when somebody asks an endpoint for all of them.
 */
export class HealthSlis {
  readonly metrics = new Metrics();
  readonly #now = this.metrics.gauge(
    'kubernetes_healthcheck',
    'Whether a health check succeeded when it was last made: 1 or 0.',
    ['name', 'type'],
  );
  readonly #results = this.metrics.counter(
    'kubernetes_healthchecks_total',
    'Health checks made, by result.',
    ['name', 'status', 'type'],
  );

  /** `endpoint`: "healthz", "livez" or "readyz". */
  note(check: string, endpoint: string, healthy: boolean): void {
    this.#now.with(check, endpoint).value = healthy ? 1 : 0;
    this.#results.with(check, healthy ? 'success' : 'error', endpoint).add(1);
  }
}
