import type { Clock } from '../platform/clock.ts';
import type { Counter, Gauge, Metrics } from '../platform/metrics/metrics.ts';

/** apiserver_<what>_config_controller_*: configurations taken over, and refused, while running. */
export class ReloadMetrics {
  readonly #clock: Clock;
  readonly #server: string;
  readonly #total: Counter;
  readonly #last: Gauge;
  readonly #config: Gauge;

  /** `server`: the fingerprint of the server's name. */
  constructor(
    metrics: Metrics,
    clock: Clock,
    {
      what,
      server,
    }: {
      readonly what: 'authentication' | 'authorization' | 'encryption';
      readonly server: string;
    },
  ) {
    const name = (rest: string): string => `apiserver_${what}_config_controller_${rest}`;
    const labels = ['status', 'apiserver_id_hash'];
    this.#clock = clock;
    this.#server = server;
    this.#total = metrics.counter(
      name('automatic_reloads_total'),
      `Changed ${what} configurations that were taken over or refused.`,
      labels,
    );
    this.#last = metrics.gauge(
      name('automatic_reload_last_timestamp_seconds'),
      `When a changed ${what} configuration was last taken over or refused.`,
      labels,
    );
    this.#config = metrics.gauge(
      name('last_config_info'),
      `The ${what} configuration that holds, by its hash.`,
      ['apiserver_id_hash', 'hash'],
    );
  }

  failed(): void {
    this.#count('failure');
  }

  succeeded(fingerprint: string): void {
    this.#count('success');
    this.holds(fingerprint);
  }

  holds(fingerprint: string): void {
    this.#config.clear();
    this.#config.with(this.#server, fingerprint).value = 1;
  }

  #count(status: string): void {
    this.#total.with(status, this.#server).add();
    this.#last.with(status, this.#server).value = this.#clock.now() / 1000;
  }
}
