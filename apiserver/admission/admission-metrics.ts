/** kube-apiserver's metrics about admission. */
import type { Clock } from '../../platform/clock.ts';
import type { Histogram } from '../../platform/metrics/histogram.ts';
import type { HistogramFamily, Metrics } from '../../platform/metrics/metrics.ts';
import { PodSecurityMetrics } from './pod-security/pod-security-metrics.ts';

const SECONDS = [0.005, 0.025, 0.1, 0.5, 1, 2.5];
const WEBHOOK_SECONDS = [...SECONDS, 10, 25];

/** As Kubernetes calls the two halves of admission. */
export type AdmissionType = 'admit' | 'validate';

export interface WebhookOutcome {
  readonly name: string;
  readonly operation: string;
  readonly type: 'admit' | 'validating';
  readonly begunMs: number;
  readonly rejected: boolean;
  /** Of the answer; 0 if there was none. */
  readonly code: number;
  /** Why a rejected request was: the webhook said no, or could not be asked. */
  readonly error?: 'no_error' | 'calling_webhook_error' | 'apiserver_internal_error';
  /** It could not be asked, and may be ignored. */
  readonly failedOpen?: boolean;
}

interface TimingSeries {
  readonly step: (rejected: boolean) => Histogram;
  readonly plugin: (name: string, rejected: boolean) => Histogram;
  /** Of plugins that let pass, by name: the common case, looked up once. */
  readonly passed: Map<string, Histogram>;
  readonly whole: Histogram;
}

/** Each plugin's time counts from the end of the one before: one look at the clock for each. */
export class AdmissionTiming {
  readonly #series: TimingSeries;
  readonly #clock: Clock;
  readonly #begunMs: number;
  #lastMs: number;

  constructor(series: TimingSeries, clock: Clock) {
    this.#series = series;
    this.#clock = clock;
    this.#begunMs = clock.monotonic();
    this.#lastMs = this.#begunMs;
  }

  plugin(name: string, rejected: boolean): void {
    const { passed, plugin } = this.#series;
    let took = rejected ? plugin(name, true) : passed.get(name);
    if (took === undefined) passed.set(name, (took = plugin(name, false)));
    const now = this.#clock.monotonic();
    took.observe((now - this.#lastMs) / 1000);
    this.#lastMs = now;
  }

  end(rejected: boolean): void {
    const took = rejected ? this.#series.step(true) : this.#series.whole;
    took.observe((this.#lastMs - this.#begunMs) / 1000);
  }
}

export class AdmissionMetrics {
  readonly podSecurity: PodSecurityMetrics;
  readonly #clock: Clock;
  readonly #plugins: HistogramFamily;
  readonly #steps: HistogramFamily;
  readonly #webhooks: HistogramFamily;
  readonly #requests;
  readonly #rejections;
  readonly #failedOpen;
  readonly #known = new Map<string, TimingSeries>();

  constructor(metrics: Metrics, clock: Clock) {
    this.#clock = clock;
    this.podSecurity = new PodSecurityMetrics(metrics);
    const labels = ['name', 'operation', 'rejected', 'type'];
    const shape = { bounds: SECONDS, labels };
    const controller = 'apiserver_admission_controller_admission_duration_seconds';
    this.#plugins = metrics.histogram(controller, 'Time of one plugin.', shape);
    const step = 'apiserver_admission_step_admission_duration_seconds';
    const steps = { bounds: SECONDS, labels: labels.slice(1) };
    this.#steps = metrics.histogram(step, 'Time of all plugins of one half.', steps);
    const webhook = 'apiserver_admission_webhook_admission_duration_seconds';
    const webhooks = { bounds: WEBHOOK_SECONDS, labels };
    this.#webhooks = metrics.histogram(webhook, 'Time of one webhook.', webhooks);
    this.#requests = metrics.counter(
      ...(['apiserver_admission_webhook_request_total', 'Requests sent to webhooks.'] as const),
      ['code', ...labels],
    );
    this.#rejections = metrics.counter(
      ...(['apiserver_admission_webhook_rejection_count', 'Requests webhooks refused.'] as const),
      ['error_type', 'name', 'operation', 'rejection_code', 'type'],
    );
    this.#failedOpen = metrics.counter(
      'apiserver_admission_webhook_fail_open_count',
      'Webhooks that could not be asked and were ignored.',
      ['name', 'type'],
    );
  }

  now(): number {
    return this.#clock.monotonic();
  }

  /** One pass of a write through the plugins of one half. */
  begin(operation: string, type: AdmissionType): AdmissionTiming {
    const key = `${operation}|${type}`;
    let series = this.#known.get(key);
    if (series === undefined) {
      const step = (rejected: boolean) => this.#steps.with(operation, String(rejected), type);
      const plugin = (name: string, rejected: boolean) =>
        this.#plugins.with(name, operation, String(rejected), type);
      series = { step, plugin, passed: new Map(), whole: step(false) };
      this.#known.set(key, series);
    }
    return new AdmissionTiming(series, this.#clock);
  }

  webhook(outcome: WebhookOutcome): void {
    const { name, operation, type, rejected, code } = outcome;
    const seconds = (this.#clock.monotonic() - outcome.begunMs) / 1000;
    const labels = [name, operation, String(rejected), type];
    this.#webhooks.with(...labels).observe(seconds);
    this.#requests.with(String(code), ...labels).value++;
    if (outcome.failedOpen === true) this.#failedOpen.with(name, type).value++;
    if (!rejected) return;
    const why = outcome.error ?? 'no_error';
    this.#rejections.with(why, name, operation, String(code), type).value++;
  }
}
