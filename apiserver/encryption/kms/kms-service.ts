import type { Clock } from '../../../platform/clock.ts';
import { type Random, uuid } from '../../../platform/random.ts';
import { CallFailure, type UnaryCalls } from '../../../platform/net/unary-calls.ts';
import { ProviderAway } from '../transformer.ts';
import type { KmsMetrics } from './kms-metrics.ts';
import {
  type EncryptedKey,
  type KmsStatus,
  readDecrypt,
  readEncrypt,
  readStatus,
  writeDecrypt,
  writeEncrypt,
} from './messages.ts';

export interface KmsServiceOptions {
  readonly name: string;
  /** Of one call. */
  readonly timeoutMs: number;
  readonly calls: UnaryCalls;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: KmsMetrics;
}

const EMPTY = Buffer.alloc(0);
const AWAY = ['Unavailable', 'DeadlineExceeded'];

/** v2.KeyManagementService. Rejects with {@link ProviderAway} or with what the service says. */
export class KmsService {
  readonly #options: KmsServiceOptions;

  constructor(options: KmsServiceOptions) {
    this.#options = options;
  }

  async status(): Promise<KmsStatus> {
    return readStatus(await this.#call('Status', EMPTY));
  }

  async encrypt(plain: Uint8Array): Promise<EncryptedKey> {
    return readEncrypt(await this.#call('Encrypt', writeEncrypt(plain, this.#uid())));
  }

  async decrypt(key: EncryptedKey): Promise<Buffer> {
    return readDecrypt(await this.#call('Decrypt', writeDecrypt(key, this.#uid())));
  }

  #uid(): string {
    return uuid(this.#options.random, 'call of a key management service');
  }

  async #call(name: string, request: Buffer): Promise<Buffer> {
    const { calls, clock, metrics, timeoutMs, name: provider } = this.#options;
    const method = `/v2.KeyManagementService/${name}`;
    const start = clock.monotonic();
    let code = 'OK';
    try {
      return await calls.call(method, request, timeoutMs);
    } catch (error) {
      code = error instanceof CallFailure ? error.code : 'Unknown';
      if (AWAY.includes(code)) throw new ProviderAway((error as Error).message, { cause: error });
      throw error;
    } finally {
      metrics.called(provider, method, { code, ms: clock.monotonic() - start });
    }
  }
}
