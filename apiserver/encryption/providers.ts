/** One encryption configuration at work: its ciphers, and the services it asks. */
import type { Ciphers } from '../../platform/crypto/ciphers.ts';
import type { Effects } from '../../platform/effects.ts';
import type { ConnectSocket } from '../../platform/net/unary-calls.ts';
import { ConfigurationError } from '../options/config-document.ts';
import type { EncryptionRule, KmsSettings, ProviderSettings } from './configuration.ts';
import type { KmsMetrics } from './kms/kms-metrics.ts';
import { KmsProvider } from './kms/kms-provider.ts';
import { KmsService } from './kms/kms-service.ts';
import { type GroupResource, groupResourceText, parseGroupResource } from './resource-names.ts';
import { identity, type Transformer } from './transformer.ts';

export interface ProviderEffects extends Effects {
  readonly ciphers: Ciphers;
  readonly connect: ConnectSocket;
  readonly kmsMetrics: KmsMetrics;
  /** A service was found well. */
  readonly onHealthy: () => void;
}

/** What no rule names: its values are plain, and nothing here opens others. */
const plain = [identity];

export class Providers {
  readonly #byName = new Map<string, readonly Transformer[]>();
  readonly #effects: ProviderEffects;
  readonly #services: { readonly provider: KmsProvider; readonly close: () => void }[] = [];
  /** Twice what all services together may take for an answer: how long requests may need this. */
  readonly graceMs: number;

  /** Throws a {@link ConfigurationError} if a rule can never hold because of one before it. */
  constructor(rules: readonly EncryptionRule[], effects: ProviderEffects) {
    this.#effects = effects;
    checkMasked(rules);
    let timeoutsMs = 0;
    for (const { resources, providers } of rules) {
      const transformers = providers.flatMap((settings) => this.#transformersOf(settings));
      for (const each of providers) if (each.type === 'kms') timeoutsMs += each.timeoutMs;
      for (const name of resources.map((text) => groupResourceText(parseGroupResource(text))))
        this.#byName.set(name, [...(this.#byName.get(name) ?? []), ...transformers]);
    }
    this.graceMs = 2 * timeoutsMs;
  }

  get usesServices(): boolean {
    return this.#services.length > 0;
  }

  /** Resolves once every service was asked, whatever they answered. */
  async start(): Promise<void> {
    await Promise.all(this.#services.map(({ provider }) => provider.start()));
  }

  async stop(): Promise<void> {
    for (const { close } of this.#services) close();
    await Promise.all(this.#services.map(({ provider }) => provider.stop()));
  }

  /** The first writes; each may have written what is read. */
  transformersFor({ group, resource }: GroupResource): readonly Transformer[] {
    const names = [groupResourceText({ group, resource }), `*.${group}`, '*.*'];
    const name = names.find((each) => this.#byName.has(each));
    return name === undefined ? plain : this.#byName.get(name)!;
  }

  /** What is wrong with the services, if something is. */
  async check(): Promise<string | undefined> {
    const errors: string[] = [];
    for (const [i, { provider }] of this.#services.entries()) {
      const failure = await provider.check();
      if (failure !== undefined) errors.push(`kms-provider-${i}: ${failure}`);
    }
    return errors.length > 1 ? `[${errors.join(', ')}]` : errors[0];
  }

  #transformersOf(settings: ProviderSettings): readonly Transformer[] {
    if (settings.type === 'identity') return [identity];
    if (settings.type === 'kms') return [this.#kms(settings)];
    const { type, keys } = settings;
    return keys.map(({ name, secret }) => {
      const prefix = `k8s:enc:${type}:v1:${name}:`;
      const cipher = this.#effects.ciphers[type](secret);
      const head = Buffer.from(prefix);
      return {
        prefix,
        mark: prefix,
        seal: (value, key) => Buffer.concat([head, cipher.seal(value, key)]),
        open: (stored, key) => ({ value: cipher.open(stored, key), mark: prefix }),
      };
    });
  }

  #kms({ name, socket, timeoutMs }: KmsSettings): KmsProvider {
    const { kmsMetrics: metrics, connect, clock, random } = this.#effects;
    const calls = connect(socket, clock);
    const service = new KmsService({ name, timeoutMs, calls, clock, random, metrics });
    const provider = new KmsProvider({ ...this.#effects, name, service, metrics });
    this.#services.push({ provider, close: () => calls.close() });
    return provider;
  }
}

function checkMasked(rules: readonly EncryptionRule[]): void {
  const before = new Set<string>();
  for (const { resources } of rules) {
    for (const name of resources) {
      const { group } = parseGroupResource(name);
      const mask = [`*.${group}`, '*.*'].find((each) => before.has(each));
      if (mask !== undefined)
        throw new ConfigurationError(
          `resource ${JSON.stringify(name)} is masked by earlier rule ${JSON.stringify(mask)}`,
        );
      before.add(name);
    }
  }
}
