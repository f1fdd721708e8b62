/**
 * Claims that stand elsewhere: a token names an endpoint, which answers with a token that has the
 * claim (OpenID Connect Core 1.0, 5.6.2). As in Kubernetes, of groups that a claim names only; and
 * aggregated claims, which come within the token, are not read.
 */
import type { Clock } from '../../../platform/clock.ts';
import type { OutgoingHttp } from '../../../platform/net/outgoing-http.ts';
import type { Claims } from '../../../platform/crypto/token-keys.ts';
import { callFailureText } from '../../webhook/call-failure.ts';
import { unverifiedIssuer } from '../service-account/claims.ts';
import { type TokenVerifier, UnprovenToken } from './token-verifier.ts';

export interface DistributedClaimsOptions {
  readonly claim: string;
  readonly http: OutgoingHttp;
  readonly clock: Clock;
  /** PEM. Absent: the system's authorities. */
  readonly ca: string | undefined;
  /** The verifier of another issuer's tokens, for the same audiences. */
  readonly verifierOf: (issuer: string) => TokenVerifier;
}

const TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 1 << 20;
/** Issuers whose keys are kept; the one known longest goes. */
const MAX_ISSUERS = 16;

interface Endpoint {
  readonly url: string;
  readonly accessToken: string;
}

const refuse = (why: string): never => {
  throw new UnprovenToken(why);
};

export class DistributedClaims {
  readonly #options: DistributedClaimsOptions;
  readonly #verifiers = new Map<string, TokenVerifier>();

  constructor(options: DistributedClaimsOptions) {
    this.#options = options;
  }

  /** The claims with the one that stands elsewhere. Throws {@link UnprovenToken}. */
  async expand(claims: Claims): Promise<Claims> {
    const { claim } = this.#options;
    const endpoint = claims[claim] === undefined ? endpointOf(claims, claim) : undefined;
    if (endpoint === undefined) return claims;
    const jwt = await this.#fetch(endpoint);
    const at = `from endpoint ${endpoint.url} failed for claim ${JSON.stringify(claim)}`;
    const issuer =
      unverifiedIssuer(jwt) ?? refuse(`getting untrusted issuer ${at}: malformed token`);
    const found = await this.#verifier(issuer)
      .verify(jwt)
      .catch((error: Error) => refuse(`verify distributed claim token: ${error.message}`));
    const value =
      found[claim] ??
      refuse(
        `jwt returned by distributed claim endpoint ${JSON.stringify(endpoint.url)} ` +
          `did not contain claim: ${claim}`,
      );
    return { ...claims, [claim]: value };
  }

  #verifier(issuer: string): TokenVerifier {
    const known = this.#verifiers.get(issuer);
    if (known !== undefined) return known;
    const verifier = this.#options.verifierOf(issuer);
    if (this.#verifiers.size >= MAX_ISSUERS)
      this.#verifiers.delete(this.#verifiers.keys().next().value!);
    this.#verifiers.set(issuer, verifier);
    return verifier;
  }

  async #fetch({ url, accessToken }: Endpoint): Promise<string> {
    const { claim, http, clock, ca } = this.#options;
    const failed = (why: string): never =>
      refuse(`while getting distributed claim ${JSON.stringify(claim)}: ${why}`);
    if (!/^https?:\/\//i.test(url) || !URL.canParse(url))
      return failed(`Get ${JSON.stringify(url)}: unsupported protocol scheme`);
    const controller = new AbortController();
    const timer = clock.after(TIMEOUT_MS, () => {
      controller.abort(new Error('context deadline exceeded'));
    });
    try {
      const { status, body } = await http.send({
        method: 'GET',
        url,
        headers: accessToken === '' ? {} : { authorization: `Bearer ${accessToken}` },
        ...(ca === undefined ? {} : { ca }),
        maxAnswerBytes: MAX_ANSWER_BYTES,
        signal: controller.signal,
      });
      if (status < 200 || status > 226)
        return failed(`error while getting distributed claim JWT: ${status}`);
      return Buffer.from(body).toString('utf8').trim();
    } catch (error) {
      if (error instanceof UnprovenToken) throw error;
      const { hostname } = new URL(url);
      return failed(`Get ${JSON.stringify(url)}: ${callFailureText(error, hostname)}`);
    } finally {
      timer.cancel();
    }
  }
}

/** Where the claim stands, if the token says so. */
function endpointOf(claims: Claims, claim: string): Endpoint | undefined {
  const { _claim_names: names, _claim_sources: sources } = claims;
  if (names === undefined) return undefined;
  if (!isMap(names))
    return refuse('oidc: error parsing distributed claim names: no map of strings');
  if (sources === undefined) return refuse('oidc: no claim sources');
  if (!isMap(sources)) return refuse('oidc: could not parse claim sources: no map');
  const source = Object.hasOwn(names, claim) ? names[claim] : undefined;
  if (source === undefined) return undefined;
  const endpoint =
    typeof source === 'string' && Object.hasOwn(sources, source) ? sources[source] : undefined;
  if (!isMap(endpoint))
    return refuse(
      `id token _claim_names contained a source ${JSON.stringify(source)} missing in _claims_sources`,
    );
  const { endpoint: url = '', access_token: accessToken = '' } = endpoint;
  if (typeof url !== 'string' || typeof accessToken !== 'string')
    return refuse('oidc: could not parse claim sources: no strings');
  return url === '' ? undefined : { url, accessToken };
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
