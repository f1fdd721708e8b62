/**
 * Tokens of OpenID Connect providers, and of whoever else signs JSON web tokens and publishes the
 * keys (KEP-3331). Not in: distributed claims; encrypted tokens; the shared-secret methods, which
 * Kubernetes refuses too.
 */
import type { Clock } from '../../../platform/clock.ts';
import type { Claims } from '../../../platform/token-keys.ts';
import { unverifiedIssuer } from '../service-account/claims.ts';
import { none, type TokenAuthentication, type TokenAuthenticator } from '../token-authenticator.ts';
import { ClaimMapping, RefusedClaims } from './claim-mapping.ts';
import type { ProviderKeys } from './provider-keys.ts';
import type { JwtSettings } from './settings.ts';

export interface JwtTokensOptions {
  readonly settings: JwtSettings;
  readonly keys: ProviderKeys;
  /** "RS256", "ES256", …; absent: all that keys have. */
  readonly algorithms?: readonly string[] | undefined;
  readonly clock: Clock;
  /** Whom such tokens are good for, once they are meant for the issuer's clients. */
  readonly apiAudiences: readonly string[];
}

export class JwtTokens implements TokenAuthenticator {
  readonly #options: JwtTokensOptions;
  readonly #mapping: ClaimMapping;

  constructor(options: JwtTokensOptions) {
    this.#options = options;
    this.#mapping = new ClaimMapping(options.settings);
  }

  async authenticateToken(token: string, asked: readonly string[]): Promise<TokenAuthentication> {
    if (unverifiedIssuer(token) !== this.#options.settings.issuer.url) return none;
    const audiences = this.#options.apiAudiences.filter((audience) => asked.includes(audience));
    if (asked.length > 0 && audiences.length === 0) return none;
    try {
      const claims = await this.#proven(token);
      return { type: 'user', user: this.#mapping.userOf(claims), audiences };
    } catch (error) {
      if (error instanceof RefusedClaims) return { type: 'refused', reason: error.message };
      throw error;
    }
  }

  async #proven(token: string): Promise<Claims> {
    const { keys, algorithms, clock } = this.#options;
    const refuse = (why: string): never => {
      throw new RefusedClaims(`oidc: verify token: ${why}`);
    };
    const candidates = await keys.of(keyIdOf(token)).catch((error: Error) => {
      return refuse(`failed to verify signature: ${error.message}`);
    });
    const claims = candidates
      .filter(({ algorithm }) => algorithms?.includes(algorithm) !== false)
      .map((key) => key.verify(token))
      .find((each) => each !== undefined);
    if (claims === undefined)
      return refuse('failed to verify signature: failed to verify id token signature');
    const { aud, exp, nbf } = claims;
    const meant: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
    const expected = this.#mapping.audiences;
    if (!expected.some((audience) => meant.includes(audience)))
      refuse(`oidc: expected audience in ${JSON.stringify(expected)} got ${JSON.stringify(meant)}`);
    const nowSeconds = clock.now() / 1000;
    if (typeof exp !== 'number' || exp < nowSeconds) refuse('oidc: token is expired');
    // go-oidc allows issuers' clocks to be five minutes ahead.
    if (typeof nbf === 'number' && nowSeconds + 300 < nbf)
      refuse('oidc: current time before the nbf (not before) time');
    return claims;
  }
}

function keyIdOf(token: string): string | undefined {
  try {
    const head = Buffer.from(token.split('.')[0] ?? '', 'base64url').toString();
    const { kid } = JSON.parse(head) as { kid?: unknown };
    return typeof kid === 'string' ? kid : undefined;
  } catch {
    return undefined;
  }
}
