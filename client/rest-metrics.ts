/** client-go's metrics about requests to the API server, under its names. */
import type { Histogram } from '../platform/metrics/histogram.ts';
import type { HistogramFamily, Metrics, Sample } from '../platform/metrics/metrics.ts';

const SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

export class RestMetrics {
  readonly #host: string;
  readonly #total;
  readonly #took: HistogramFamily;
  readonly #retries;
  readonly #known = new Map<string, { readonly total: Sample; readonly took: Histogram }>();

  /** `host`: whom requests are sent to, "127.0.0.1:6443". */
  constructor(metrics: Metrics, host: string) {
    this.#host = host;
    const labels = ['code', 'host', 'method'];
    this.#total = metrics.counter('rest_client_requests_total', 'Requests sent.', labels);
    const shape = { bounds: SECONDS, labels: ['host', 'verb'] };
    const took = 'rest_client_request_duration_seconds';
    this.#took = metrics.histogram(took, 'Time until they were answered.', shape);
    const retries = 'rest_client_request_retries_total';
    this.#retries = metrics.counter(retries, 'Requests sent again.', ['code', 'host', 'verb']);
  }

  /** `code`: of the answer, or "<error>". */
  answered(method: string, code: string, seconds: number): void {
    const key = `${method}|${code}`;
    let series = this.#known.get(key);
    if (series === undefined) {
      const total = this.#total.with(code, this.#host, method);
      series = { total, took: this.#took.with(this.#host, method) };
      this.#known.set(key, series);
    }
    series.total.value++;
    series.took.observe(seconds);
  }

  repeated(method: string, code: string): void {
    this.#retries.with(code, this.#host, method).value++;
  }
}
