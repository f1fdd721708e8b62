import type { Metrics } from '../../platform/metrics/metrics.ts';
import type { Availability } from './availability.ts';

/** kube-aggregator's metrics of the servers behind APIServices, under its names. */
export class AggregatorMetrics {
  readonly #becameAway;
  /** Name → the reason for which it cannot be asked; undefined while it can. */
  readonly #reasons = new Map<string, string | undefined>();

  constructor(metrics: Metrics) {
    const gauge = 'aggregator_unavailable_apiservice';
    const away = metrics.gauge(gauge, 'API services that cannot be asked.', ['name']);
    const counter = 'aggregator_unavailable_apiservice_total';
    const labels = ['name', 'reason'];
    this.#becameAway = metrics.counter(counter, 'API services that became unavailable.', labels);
    metrics.collect(() => {
      away.clear();
      for (const [name, reason] of this.#reasons) {
        away.with(name).value = reason === undefined ? 0 : 1;
      }
    });
  }

  found(name: string, { status, reason = '' }: Availability['condition']): void {
    const away = status === 'True' ? undefined : reason;
    if (away !== undefined && this.#reasons.get(name) !== away) {
      this.#becameAway.with(name, away).value++;
    }
    this.#reasons.set(name, away);
  }

  gone(name: string): void {
    this.#reasons.delete(name);
  }
}
