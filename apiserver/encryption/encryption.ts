/**
 * What is encrypted in the store, by the configuration that holds now. With automatic reload the
 * file is looked at every minute; one that cannot be used leaves the one before it in force.
 */
import { sleep, type Timer } from '../../platform/clock.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type { Metrics } from '../../platform/metrics/metrics.ts';
import { ReloadMetrics } from '../reload-metrics.ts';
import { parseEncryptionConfiguration } from './configuration.ts';
import { KmsMetrics } from './kms/kms-metrics.ts';
import { type ProviderEffects, Providers } from './providers.ts';

export interface EncryptionOptions extends Omit<ProviderEffects, 'kmsMetrics' | 'onHealthy'> {
  /** The file's text now. Rejects if it cannot be read. */
  readonly read: () => Promise<string>;
  /** The file is looked at again and again. */
  readonly reload: boolean;
  readonly metrics: Metrics;
  /** The server's name, which metrics show a fingerprint of. */
  readonly server: string;
}

const POLL_MS = 60_000;
/** After a failure, doubled each time up to {@link POLL_MS}. */
const FIRST_RETRY_MS = 1_000;
/** How long services of a new configuration may take to be well. */
const LEAST_HEALTHY_MS = 10_000;
const HEALTH_POLL_MS = 100;

/** Hears when values that could not be opened may be by now. */
export type Reopen = (why: { readonly back: boolean }) => void;

export class Encryption implements Running {
  readonly #options: EncryptionOptions;
  readonly #effects: ProviderEffects;
  readonly #reloads: ReloadMetrics;
  readonly #stopping = new AbortController();
  /** Those that held before, while requests may still need them. */
  readonly #retired = new Map<Providers, Timer>();
  #providers: Providers;
  #fingerprint: string;
  #reopen: Reopen = () => {};
  #running: Promise<void> | undefined;

  /** Throws a `ConfigurationError` for a text that is no configuration. */
  constructor(text: string, options: EncryptionOptions) {
    const { metrics, clock, ciphers, server } = options;
    const fingerprint = ciphers.fingerprint(server);
    this.#options = options;
    this.#reloads = new ReloadMetrics(metrics, clock, { what: 'encryption', server: fingerprint });
    this.#effects = {
      ...options,
      kmsMetrics: new KmsMetrics(metrics, clock, fingerprint),
      onHealthy: () => this.#reopen({ back: true }),
    };
    this.#fingerprint = ciphers.fingerprint(text);
    this.#providers = new Providers(parseEncryptionConfiguration(text), this.#effects);
    this.#reloads.holds(this.#fingerprint);
  }

  /** Resolves once the services were asked. */
  async start(): Promise<void> {
    await this.#providers.start();
    if (this.#options.reload) this.#running = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    for (const [providers, timer] of this.#retired) {
      timer.cancel();
      await providers.stop();
    }
    this.#retired.clear();
    await this.#providers.stop();
  }

  /** Another object once another configuration holds. */
  get providers(): Providers {
    return this.#providers;
  }

  /** True if there is one health check for all services. */
  get checked(): boolean {
    return this.#options.reload || this.#providers.usesServices;
  }

  check(): Promise<string | undefined> {
    return this.#providers.check();
  }

  /** Of the one store that is encrypted. */
  onReopen(reopen: Reopen): void {
    this.#reopen = reopen;
  }

  async #follow(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    let waitMs = POLL_MS;
    for (;;) {
      await sleep(clock, waitMs, signal);
      if (signal.aborted) return;
      try {
        await this.#look();
        waitMs = POLL_MS;
      } catch (error) {
        if (signal.aborted) return;
        this.#reloads.failed();
        logger.error(
          { error: (error as Error).message },
          'encryption configuration not taken over: the one before it holds',
        );
        waitMs = waitMs === POLL_MS ? FIRST_RETRY_MS : Math.min(2 * waitMs, POLL_MS);
      }
    }
  }

  async #look(): Promise<void> {
    const text = await this.#options.read();
    const fingerprint = this.#options.ciphers.fingerprint(text);
    if (fingerprint === this.#fingerprint) return;
    const next = new Providers(parseEncryptionConfiguration(text), this.#effects);
    try {
      await next.start();
      await this.#untilHealthy(next);
    } catch (error) {
      await next.stop();
      throw error;
    }
    this.#retire(this.#providers);
    this.#providers = next;
    this.#fingerprint = fingerprint;
    this.#reloads.succeeded(fingerprint);
    this.#options.logger.info({ fingerprint }, 'encryption configuration taken over');
    this.#reopen({ back: false });
  }

  async #untilHealthy(providers: Providers): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopping;
    const until = clock.monotonic() + Math.max(providers.graceMs, LEAST_HEALTHY_MS);
    for (;;) {
      const failure = await providers.check();
      if (failure === undefined) return;
      if (signal.aborted || clock.monotonic() >= until)
        throw new Error(`health check for new transformers failed: ${failure}`);
      await sleep(clock, HEALTH_POLL_MS, signal);
    }
  }

  #retire(providers: Providers): void {
    const timer = this.#options.clock.after(providers.graceMs, () => {
      this.#retired.delete(providers);
      void providers.stop();
    });
    this.#retired.set(providers, timer);
  }
}
