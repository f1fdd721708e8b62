/**
 * Envelope encryption by a key management service (KEP-3299). Values are encrypted here, under a
 * seed that only the service can read once it is stored: it is asked for one seed at the start, for
 * another when it names another key, and for what a seed read from the store was.
 */
import type { Cipher, Ciphers } from '../../../platform/crypto/ciphers.ts';
import { sleep } from '../../../platform/clock.ts';
import type { Effects } from '../../../platform/effects.ts';
import { ExpiringCache } from '../../../platform/expiring-cache.ts';
import type { Opened, Transformer } from '../transformer.ts';
import type { KmsMetrics } from './kms-metrics.ts';
import type { KmsService } from './kms-service.ts';
import { checkKey, keyIdFault } from './limits.ts';
import {
  type EncryptedKey,
  KEY_ITSELF,
  type KmsStatus,
  readObject,
  SEED,
  writeObject,
} from './messages.ts';

export interface KmsProviderOptions extends Effects {
  readonly name: string;
  readonly service: KmsService;
  readonly ciphers: Ciphers;
  readonly metrics: KmsMetrics;
  /** After each time that the service was found well. */
  readonly onHealthy: () => void;
}

const SEED_BYTES = 32;
/** How often the service is asked for its status: while it is well, and while it is not. */
const PROBE_MS = { healthy: 60_000, failing: 10_000 } as const;
/** How long an answer about its health is good for others who ask. */
const ANSWER_MS = { healthy: 20_000, failing: 3_000 } as const;
/** How long is written under a seed after the service was last found well. */
const WRITE_MS = 180_000;
const CACHE = { ms: 86_400_000, most: 10_000 } as const;
const VERSIONS = ['v2', 'v2beta1'];
const EMPTY = Buffer.alloc(0);

/** A key or seed in use. */
interface InUse {
  readonly source: EncryptedKey;
  readonly sourceType: number;
  readonly cipher: Cipher;
  readonly keyHash: string;
}

export class KmsProvider implements Transformer {
  readonly prefix: string;
  readonly #options: KmsProviderOptions;
  readonly #stopping = new AbortController();
  readonly #cache: ExpiringCache<InUse>;
  /** Asked of the service at this moment: once, however many values wait. */
  readonly #asked = new Map<string, Promise<InUse>>();
  #writes: { readonly under: InUse; until: number } | undefined;
  #version: string | undefined;
  #answer: { readonly failure: string | undefined; readonly until: number } | undefined;
  #checking: Promise<string | undefined> | undefined;
  #probing: Promise<void> | undefined;

  constructor(options: KmsProviderOptions) {
    this.#options = options;
    this.prefix = `k8s:enc:kms:v2:${options.name}:`;
    this.#cache = new ExpiringCache(options.clock, CACHE.most);
  }

  /** Resolves after the first question, whatever the answer: a service may start later. */
  async start(): Promise<void> {
    const first = await this.#probe();
    this.#probing = this.#run(first);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#probing;
  }

  get mark(): string {
    return this.#writes === undefined ? 'no key' : this.#markOf(this.#writes.under);
  }

  seal(plain: Uint8Array, key: string): Uint8Array {
    const writes = this.#writes;
    const { clock, metrics, name } = this.#options;
    if (writes === undefined) throw new Error('got unexpected nil transformer');
    const { source, sourceType, cipher, keyHash } = writes.under;
    if (clock.monotonic() > writes.until)
      throw new Error(`encryptedDEKSource with keyID hash ${JSON.stringify(keyHash)} expired`);
    metrics.used('to_storage', name, keyHash);
    const value = writeObject({ source, sourceType, value: cipher.seal(plain, key) });
    return Buffer.concat([Buffer.from(this.prefix), value]);
  }

  open(stored: Uint8Array, key: string): Opened | Promise<Opened> {
    const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
    const { source, sourceType, value } = readObject(bytes);
    if (value.length === 0) throw new Error('encrypted data is empty');
    checkKey(source, sourceType);
    const opened = (under: InUse): Opened => {
      this.#options.metrics.used('from_storage', this.#options.name, under.keyHash);
      return { value: under.cipher.open(value, key), mark: this.#markOf(under) };
    };
    const id = idOf(source, sourceType);
    const known = this.#cache.get(id);
    return known === undefined ? this.#ask(id, source, sourceType).then(opened) : opened(known);
  }

  /** Why the service cannot be used; an answer given shortly before is given again. */
  check(): Promise<string | undefined> {
    if (this.#answer !== undefined && this.#options.clock.monotonic() < this.#answer.until)
      return Promise.resolve(this.#answer.failure);
    this.#checking ??= this.#check().finally(() => (this.#checking = undefined));
    return this.#checking;
  }

  async #run(first: boolean): Promise<void> {
    const { signal } = this.#stopping;
    for (let healthy = first; ; healthy = await this.#probe()) {
      await sleep(this.#options.clock, healthy ? PROBE_MS.healthy : PROBE_MS.failing, signal);
      if (signal.aborted) return;
    }
  }

  async #probe(): Promise<boolean> {
    const { logger, name } = this.#options;
    const failure = await this.check();
    if (failure === undefined || this.#stopping.signal.aborted) return true;
    logger.error({ name, error: failure }, 'kms plugin failed health check probe');
    return false;
  }

  async #check(): Promise<string | undefined> {
    const { clock, name, service } = this.#options;
    const failure = await service.status().then(
      (status) => this.#judge(status),
      (error: Error) =>
        'failed to perform status section of the healthz check for KMS Provider ' +
        `${name}, error: ${error.message}`,
    );
    const ttl = failure === undefined ? ANSWER_MS.healthy : ANSWER_MS.failing;
    this.#answer = { failure, until: clock.monotonic() + ttl };
    if (failure === undefined) this.#options.onHealthy();
    return failure;
  }

  async #judge({ healthz, version, keyId }: KmsStatus): Promise<string | undefined> {
    const { name, metrics, ciphers } = this.#options;
    const errors: string[] = [];
    if (healthz !== 'ok') errors.push(`got unexpected healthz status: ${healthz}`);
    if (!VERSIONS.includes(version)) errors.push(`expected KMSv2 API version v2, got ${version}`);
    else if (version !== (this.#version ??= version))
      errors.push(
        'KMSv2 API version should not change after the initial status response version ' +
          `${this.#version}, got ${version}`,
      );
    const fault = keyIdFault(keyId);
    if (fault === undefined) {
      metrics.told(name, ciphers.fingerprint(keyId));
      const failure = await this.#rotate(keyId);
      if (failure !== undefined) errors.push(failure);
    } else {
      const hash = keyId === '' ? '' : ciphers.fingerprint(keyId);
      metrics.invalid(name, fault.code);
      errors.push(`got invalid KMSv2 KeyID hash ${JSON.stringify(hash)}: ${fault.text}`);
    }
    if (errors.length === 0) return undefined;
    const text = errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]`;
    return `kmsv2 Provider ${name} is not healthy, error: ${text}`;
  }

  /** Writes go on under the seed they have, or under a new one if the service has another key. */
  async #rotate(keyId: string): Promise<string | undefined> {
    const { ciphers, clock, random, service } = this.#options;
    const until = clock.monotonic() + WRITE_MS;
    if (this.#writes?.under.source.keyId === keyId) {
      this.#writes.until = until;
      return undefined;
    }
    const seed = random.bytes(SEED_BYTES, 'seed of encrypted values');
    try {
      const source = await service.encrypt(seed);
      checkKey(source, SEED);
      if (source.keyId !== keyId) {
        const [told, used] = [ciphers.fingerprint(keyId), ciphers.fingerprint(source.keyId)];
        throw new Error(`status names the key ${told}, and it encrypted with ${used}`);
      }
      const under = this.#kept({ source, sourceType: SEED, cipher: ciphers.seeded(seed) });
      this.#writes = { under, until };
      return undefined;
    } catch (error) {
      return `failed to rotate DEK: ${(error as Error).message}`;
    }
  }

  #ask(id: string, source: EncryptedKey, sourceType: number): Promise<InUse> {
    let asked = this.#asked.get(id);
    if (asked !== undefined) return asked;
    const { ciphers, service } = this.#options;
    asked = service
      .decrypt(source)
      .then((key) => {
        const cipher = sourceType === KEY_ITSELF ? ciphers.aesgcm(key) : ciphers.seeded(key);
        return this.#kept({ source, sourceType, cipher });
      })
      .finally(() => this.#asked.delete(id));
    this.#asked.set(id, asked);
    return asked;
  }

  /** What is kept must not hold the message that it was read from. */
  #kept({ source, sourceType, cipher }: Omit<InUse, 'keyHash'>): InUse {
    const { ciphers, metrics, name } = this.#options;
    const annotations = new Map(
      [...source.annotations].map(([key, value]) => [key, Buffer.from(value)]),
    );
    const own = { ...source, ciphertext: Buffer.from(source.ciphertext), annotations };
    const under = { source: own, sourceType, cipher, keyHash: ciphers.fingerprint(source.keyId) };
    this.#cache.set(idOf(own, sourceType), under, CACHE.ms);
    metrics.cached(name, this.#cache.size);
    return under;
  }

  #markOf({ source, sourceType }: InUse): string {
    return `${this.prefix}${sourceType}:${source.keyId}`;
  }
}

const idOf = (source: EncryptedKey, sourceType: number): string =>
  writeObject({ source, sourceType, value: EMPTY }).toString('latin1');
