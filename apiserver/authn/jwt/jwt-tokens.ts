/**
 * Tokens of OpenID Connect providers, and of whoever else signs JSON web tokens and publishes the
 * keys (KEP-3331). Not in: encrypted tokens; the shared-secret methods, which Kubernetes refuses
 * too.
 */
import type { Clock } from '../../../platform/clock.ts';
import type { OutgoingHttp } from '../../../platform/net/outgoing-http.ts';
import type { TokenKeys } from '../../../platform/crypto/token-keys.ts';
import { unverifiedIssuer } from '../service-account/claims.ts';
import { none, type TokenAuthentication, type TokenAuthenticator } from '../token-authenticator.ts';
import { ClaimMapping, RefusedClaims } from './claim-mapping.ts';
import { DistributedClaims } from './distributed-claims.ts';
import { ProviderKeys } from './provider-keys.ts';
import type { JwtSettings } from './settings.ts';
import { SIGNING_ALGORITHMS, TokenVerifier, UnprovenToken } from './token-verifier.ts';

export interface IssuerEffects {
  readonly http: OutgoingHttp;
  readonly clock: Clock;
  readonly tokenKeys: TokenKeys;
}

export interface JwtTokensOptions extends IssuerEffects {
  readonly settings: JwtSettings;
  readonly keys: ProviderKeys;
  /** Default: all. */
  readonly algorithms?: readonly string[] | undefined;
  /** Whom such tokens are good for, once they are meant for the issuer's clients. */
  readonly apiAudiences: readonly string[];
}

export class JwtTokens implements TokenAuthenticator {
  readonly #issuer: string;
  readonly #apiAudiences: readonly string[];
  readonly #mapping: ClaimMapping;
  readonly #verifier: TokenVerifier;
  readonly #distributed: DistributedClaims | undefined;

  constructor(options: JwtTokensOptions) {
    const { settings, algorithms = SIGNING_ALGORITHMS, keys, apiAudiences, ...effects } = options;
    const { url, audiences, certificateAuthority: ca } = settings.issuer;
    const { http, clock } = effects;
    this.#issuer = url;
    this.#apiAudiences = apiAudiences;
    this.#mapping = new ClaimMapping(settings);
    const terms = { audiences, algorithms, clock };
    this.#verifier = new TokenVerifier({ ...terms, issuer: url, keys });
    const claim = settings.claimMappings.groups?.claim ?? '';
    const verifierOf = (issuer: string): TokenVerifier =>
      new TokenVerifier({ ...terms, issuer, keys: new ProviderKeys({ ...effects, issuer, ca }) });
    if (claim !== '')
      this.#distributed = new DistributedClaims({ claim, http, clock, ca, verifierOf });
  }

  async authenticateToken(token: string, asked: readonly string[]): Promise<TokenAuthentication> {
    if (unverifiedIssuer(token) !== this.#issuer) return none;
    const audiences = this.#apiAudiences.filter((audience) => asked.includes(audience));
    if (asked.length > 0 && audiences.length === 0) return none;
    let what = 'verify token';
    try {
      const claims = await this.#verifier.verify(token);
      what = 'could not expand distributed claims';
      const all = (await this.#distributed?.expand(claims)) ?? claims;
      return { type: 'user', user: this.#mapping.userOf(all), audiences };
    } catch (error) {
      if (error instanceof UnprovenToken)
        return { type: 'refused', reason: `oidc: ${what}: ${error.message}` };
      if (error instanceof RefusedClaims) return { type: 'refused', reason: error.message };
      throw error;
    }
  }
}
