/** apiserver_envelope_encryption_*: what key management services did, and with which keys. */
import type { Clock } from '../../../platform/clock.ts';
import type {
  Counter,
  Gauge,
  HistogramFamily,
  Metrics,
} from '../../../platform/metrics/metrics.ts';

/** 0.1 ms and its doubles, to 52 s. */
const SECONDS = Array.from({ length: 20 }, (_, i) => 0.0001 * 2 ** i);
/** Keys with series of their own: a service that answers ever new ones starts them over. */
const MOST_KEYS = 100;

export class KmsMetrics {
  readonly #clock: Clock;
  readonly #server: string;
  readonly #took: HistogramFamily;
  readonly #used: Counter;
  readonly #lastUsed: Gauge;
  readonly #lastTold: Gauge;
  readonly #invalid: Counter;
  readonly #cached: Gauge;
  readonly #keys = new Set<string>();

  /** `server`: the fingerprint of the server's name. */
  constructor(metrics: Metrics, clock: Clock, server: string) {
    const name = (rest: string): string => `apiserver_envelope_encryption_${rest}`;
    const use = ['transformation_type', 'provider_name', 'key_id_hash', 'apiserver_id_hash'];
    const calls = ['provider_name', 'method_name', 'grpc_status_code'];
    this.#clock = clock;
    this.#server = server;
    this.#took = metrics.histogram(
      name('kms_operations_latency_seconds'),
      'How long key management services took to answer.',
      { bounds: SECONDS, labels: calls },
    );
    this.#used = metrics.counter(name('key_id_hash_total'), 'How often a key was used.', use);
    this.#lastUsed = metrics.gauge(
      name('key_id_hash_last_timestamp_seconds'),
      'When a key was last used.',
      use,
    );
    this.#lastTold = metrics.gauge(
      name('key_id_hash_status_last_timestamp_seconds'),
      'When a service last named a key as its own.',
      use.slice(1),
    );
    this.#invalid = metrics.counter(
      name('invalid_key_id_from_status_total'),
      'How often a service named a key in a way that cannot be used.',
      ['provider_name', 'error'],
    );
    this.#cached = metrics.gauge(
      name('dek_source_cache_size'),
      'Keys of values, or their seeds, that are kept decrypted.',
      ['provider_name'],
    );
  }

  called(provider: string, method: string, about: { code: string; ms: number }): void {
    this.#took.with(provider, method, about.code).observe(about.ms / 1000);
  }

  used(type: 'from_storage' | 'to_storage', provider: string, key: string): void {
    this.#bound(key);
    const labels = [type, provider, key, this.#server];
    this.#used.with(...labels).add();
    this.#lastUsed.with(...labels).value = this.#clock.now() / 1000;
  }

  told(provider: string, key: string): void {
    this.#bound(key);
    this.#lastTold.with(provider, key, this.#server).value = this.#clock.now() / 1000;
  }

  invalid(provider: string, error: string): void {
    this.#invalid.with(provider, error).add();
  }

  cached(provider: string, keys: number): void {
    this.#cached.with(provider).value = keys;
  }

  #bound(key: string): void {
    if (this.#keys.size >= MOST_KEYS && !this.#keys.has(key)) {
      this.#keys.clear();
      for (const family of [this.#used, this.#lastUsed, this.#lastTold]) family.clear();
    }
    this.#keys.add(key);
  }
}
