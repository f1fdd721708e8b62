/** The proof that an issuer signed a token, for whom it is meant, and that it is in force. */
import type { Clock } from '../../../platform/clock.ts';
import type { Claims, VerificationKey } from '../../../platform/crypto/token-keys.ts';
import { formatTime } from '../../../api/time.ts';
import type { ProviderKeys } from './provider-keys.ts';

/** Why a token proves nothing, in the words of Kubernetes' OpenID Connect library. */
export class UnprovenToken extends Error {
  override readonly name = 'UnprovenToken';
}

export interface TokenVerifierOptions {
  readonly issuer: string;
  /** A token is for one of them at least. */
  readonly audiences: readonly string[];
  readonly keys: ProviderKeys;
  /** "RS256", "ES256", … */
  readonly algorithms: readonly string[];
  readonly clock: Clock;
}

/** Clocks of issuers may be so far ahead. */
const LEEWAY_SECONDS = 60;

/** All that tokens of issuers may be signed with. */
export const SIGNING_ALGORITHMS = ['RS', 'ES', 'PS'].flatMap((family) =>
  ['256', '384', '512'].map((size) => family + size),
);

/** As Go names it: "array", "bool", "number". */
export const jsonType = (value: unknown): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;

const refuse = (why: string): never => {
  throw new UnprovenToken(why);
};
const quoted = (value: unknown): string => JSON.stringify(value) ?? '""';
const list = (values: readonly unknown[]): string => `[${values.map(quoted).join(' ')}]`;

export class TokenVerifier {
  readonly #options: TokenVerifierOptions;

  constructor(options: TokenVerifierOptions) {
    this.#options = options;
  }

  /** Throws {@link UnprovenToken}. */
  async verify(token: string): Promise<Claims> {
    const parts = token.split('.');
    if (parts.length !== 3)
      refuse('oidc: malformed jwt: square/go-jose: compact JWS format must have three parts');
    const [head, claims] = parts.slice(0, 2).map(jsonOf);
    if (head === undefined || claims === undefined) return refuse('oidc: malformed jwt');
    this.#checkClaims(claims);
    const { algorithms } = this.#options;
    if (!algorithms.some((algorithm) => algorithm === head['alg']))
      refuse(
        'oidc: id token signed with unsupported algorithm, ' +
          `expected ${list(algorithms)} got ${quoted(head['alg'] ?? '')}`,
      );
    const { kid } = head;
    await this.#checkSignature(token, typeof kid === 'string' ? kid : '');
    return claims;
  }

  #checkClaims(claims: Claims): void {
    checkTypes(claims);
    const { iss, aud, exp, nbf } = claims;
    const { issuer, audiences, clock } = this.#options;
    if (iss !== issuer)
      refuse(
        'oidc: id token issued by a different provider, ' +
          `expected ${quoted(issuer)} got ${quoted(iss)}`,
      );
    const meant: readonly unknown[] = Array.isArray(aud) ? aud : aud === undefined ? [] : [aud];
    if (!audiences.some((audience) => meant.includes(audience))) {
      const [only = '', ...more] = audiences;
      const expected = more.length === 0 ? quoted(only) : `in ${list([...audiences].sort())}`;
      refuse(`oidc: expected audience ${expected} got ${list(meant)}`);
    }
    const nowSeconds = clock.now() / 1000;
    if (typeof exp !== 'number' || exp < nowSeconds)
      refuse(`oidc: token is expired (Token Expiry: ${timeText(exp)})`);
    if (nbf !== undefined && nbf !== null)
      if (typeof nbf !== 'number' || nowSeconds + LEEWAY_SECONDS < nbf)
        refuse(
          `oidc: current time ${timeText(nowSeconds)} before the nbf (not before) ` +
            `time: ${timeText(nbf)}`,
        );
  }

  /** Keys are replaced, under their old name or without one: then they are asked for again. */
  async #checkSignature(token: string, keyId: string): Promise<void> {
    const { keys } = this.#options;
    const proven = (all: readonly VerificationKey[]): boolean =>
      all.some((key) => (keyId === '' || key.keyId === keyId) && key.verify(token) !== undefined);
    if (proven(keys.known)) return;
    const fresh = await keys.refreshed().catch((error: Error) => {
      return refuse(`failed to verify signature: fetching keys ${error.message}`);
    });
    if (!proven(fresh)) refuse('failed to verify signature: failed to verify id token signature');
  }
}

/** Registered claims have types, whoever reads them. */
function checkTypes(claims: Claims): void {
  const failed = (why: string): never => refuse(`oidc: failed to unmarshal claims: json: ${why}`);
  const { sub } = claims;
  if (sub !== undefined && sub !== null && typeof sub !== 'string')
    failed(`cannot unmarshal ${jsonType(sub)} into Go struct field idToken.sub of type string`);
  for (const time of [claims['exp'], claims['iat'], claims['nbf']])
    if (time !== undefined && time !== null && typeof time !== 'number')
      failed(`invalid number literal, trying to unmarshal ${quoted(quoted(time))} into Number`);
}

function jsonOf(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Claims)
      : undefined;
  } catch {
    return undefined;
  }
}

/** As Go prints a time of whole seconds. */
function timeText(seconds: unknown): string {
  if (typeof seconds !== 'number' || Math.abs(seconds) > 1e11)
    return '0001-01-01 00:00:00 +0000 UTC';
  const text = formatTime(Math.trunc(seconds) * 1000);
  return text.replace('T', ' ').replace('Z', ' +0000 UTC');
}
