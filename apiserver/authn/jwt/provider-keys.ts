/**
 * The keys of a token issuer, found by OpenID Connect discovery when a token first needs them.
 * They are asked for again when they do not prove a token, but not all the time: anybody can send
 * such a token.
 */
import { isObject } from '../../../api/deep.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { OutgoingAnswer, OutgoingHttp } from '../../../platform/net/outgoing-http.ts';
import type { TokenKeys, VerificationKey } from '../../../platform/crypto/token-keys.ts';
import { callFailureText } from '../../webhook/call-failure.ts';

export interface ProviderKeysOptions {
  readonly http: OutgoingHttp;
  readonly clock: Clock;
  readonly tokenKeys: TokenKeys;
  readonly issuer: string;
  /** Default: below the issuer. */
  readonly discoveryUrl?: string | undefined;
  /** PEM. Absent: the system's authorities. */
  readonly ca?: string | undefined;
}

const TIMEOUT_MS = 30_000;
const MAX_DOCUMENT_BYTES = 1 << 20;
/** More than any issuer has: a token that names no key is held against all of them. */
const MAX_KEYS = 1_000;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Go's. */
const MAX_REDIRECTS = 10;
/** Least time between two looks at an issuer. */
const LOOK_MS = 10_000;
const WELL_KNOWN = '/.well-known/openid-configuration';

export class ProviderKeys {
  readonly #options: ProviderKeysOptions;
  #keySetUrl: string | undefined;
  #keys: readonly VerificationKey[] = [];
  #lookedAt = -Infinity;
  #looking: Promise<void> | undefined;
  #failure: string | undefined;

  constructor(options: ProviderKeysOptions) {
    this.#options = options;
  }

  /** As they were fetched last. */
  get known(): readonly VerificationKey[] {
    return this.#keys;
  }

  /** Fetched again, unless that was just done; throws if none could be fetched. */
  async refreshed(): Promise<readonly VerificationKey[]> {
    const { clock } = this.#options;
    if (this.#looking === undefined && clock.monotonic() - this.#lookedAt < LOOK_MS) {
      if (this.#failure !== undefined) throw new Error(this.#failure);
      return this.#keys;
    }
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      this.#lookedAt = clock.monotonic();
    });
    await this.#looking;
    return this.#keys;
  }

  async #look(): Promise<void> {
    try {
      this.#keySetUrl ??= await this.#discover();
      const { keys } = (await this.#document(this.#keySetUrl)) as { keys?: unknown };
      if (!Array.isArray(keys)) throw new Error('fetching keys oidc: failed to decode keys');
      const read = (key: unknown) => (isObject(key) ? this.#options.tokenKeys.published(key) : []);
      this.#keys = keys.slice(0, MAX_KEYS).flatMap((key) => read(key) ?? []);
      this.#failure = undefined;
    } catch (error) {
      this.#failure = (error as Error).message;
      throw error;
    }
  }

  async #discover(): Promise<string> {
    const { issuer, discoveryUrl } = this.#options;
    const url = discoveryUrl ?? issuer.replace(/\/$/, '') + WELL_KNOWN;
    const found = (await this.#document(url)) as { issuer?: unknown; jwks_uri?: unknown };
    if (found.issuer !== issuer)
      throw new Error(
        'oidc: issuer did not match the issuer returned by provider, ' +
          `expected ${JSON.stringify(issuer)} got ${JSON.stringify(found.issuer)}`,
      );
    if (typeof found.jwks_uri !== 'string' || !found.jwks_uri.startsWith('https://'))
      throw new Error(`oidc: jwks_uri of ${issuer} is no https URL`);
    return found.jwks_uri;
  }

  async #document(url: string): Promise<object> {
    const { clock } = this.#options;
    const controller = new AbortController();
    const timer = clock.after(TIMEOUT_MS, () => {
      controller.abort(new Error('context deadline exceeded'));
    });
    try {
      const { status, body } = await this.#get(url, controller.signal);
      const text = Buffer.from(body).toString('utf8');
      if (status !== 200) throw new Error(`${status}: ${text.slice(0, 200)}`);
      const value: unknown = JSON.parse(text);
      if (typeof value !== 'object' || value === null) throw new Error('no JSON object');
      return value;
    } catch (error) {
      throw new Error(
        `Get ${JSON.stringify(url)}: ${callFailureText(error, new URL(url).hostname)}`,
        { cause: error },
      );
    } finally {
      timer.cancel();
    }
  }

  /** As Go's client, which goes where it is sent; but not away from TLS. */
  async #get(from: string, signal: AbortSignal): Promise<OutgoingAnswer> {
    const { http, ca } = this.#options;
    let url = from;
    for (let redirects = 0; redirects < MAX_REDIRECTS; redirects++) {
      const answer = await http.send({
        method: 'GET',
        url,
        headers: { accept: 'application/json' },
        ...(ca === undefined ? {} : { ca }),
        maxAnswerBytes: MAX_DOCUMENT_BYTES,
        signal,
      });
      const { location } = answer.headers;
      if (!REDIRECTS.has(answer.status) || !location) return answer;
      if (!URL.canParse(location, url)) throw new Error(`redirected to ${location}`);
      url = new URL(location, url).href;
      if (!url.startsWith('https://')) throw new Error(`redirected to ${url}, which is not https`);
    }
    throw new Error(`stopped after ${MAX_REDIRECTS} redirects`);
  }
}
