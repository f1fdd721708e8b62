/**
 * Service accounts' tokens: signed by us, for us, in time, of an account that is still the same,
 * and bound to something that is still there. The proof by cryptography is remembered; what can
 * change is looked up anew each time.
 */
import type { KubernetesObject } from '../../../api/meta.ts';
import { parseTime } from '../../../api/time.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Claims, VerificationKey } from '../../../platform/crypto/token-keys.ts';
import {
  forApi,
  none,
  type TokenAuthentication,
  type TokenAuthenticator,
} from '../token-authenticator.ts';
import { CREDENTIAL_ID, type User } from '../user.ts';
import type { AccountObjects, TokenSubjects } from './accounts.ts';
import {
  type AccountClaim,
  accountUser,
  LEGACY_ISSUER,
  type LegacyClaims,
  legacyOf,
  type ObjectName,
  type TokenClaims,
  tokenClaimsOf,
  unverifiedIssuer,
} from './claims.ts';

export interface AccountTokensOptions {
  readonly objects: AccountObjects;
  /** Those of tokens that are accepted; the first is that of new ones. */
  readonly issuers: readonly string[];
  readonly keys: readonly VerificationKey[];
  readonly apiAudiences: readonly string[];
  readonly clock: Clock;
}

/** Tokens that were found right; the oldest is forgotten first. */
const MAX_PROVEN = 4_096;
/** What is being deleted counts for a while: its pods and tokens wind down together. */
const DELETION_LEEWAY_MS = 60_000;
/** Clocks of servers that share keys differ a little. */
const LEEWAY_SECONDS = 60;

/** Why a token that we signed counts no longer. */
class RefusedToken extends Error {
  override readonly name = 'RefusedToken';
}

/** What a token that we signed says, and for whom that speaks. Malformed ones say nothing. */
type Proven =
  | { readonly type: 'bound'; readonly claims: TokenClaims; readonly user: User }
  | { readonly type: 'legacy'; readonly claims: LegacyClaims; readonly user: User }
  | { readonly type: 'malformed' };

export class AccountTokens implements TokenAuthenticator {
  readonly #options: AccountTokensOptions;
  readonly #proven = new Map<string, Proven>();

  constructor(options: AccountTokensOptions) {
    this.#options = options;
  }

  async authenticateToken(token: string, asked: readonly string[]): Promise<TokenAuthentication> {
    let proven = this.#proven.get(token);
    if (proven === undefined) {
      const issuer = unverifiedIssuer(token);
      const isLegacy = issuer === LEGACY_ISSUER;
      if (issuer === undefined || !(isLegacy || this.#options.issuers.includes(issuer)))
        return none;
      const claims = this.#verify(token);
      if (claims === undefined) return { type: 'refused', reason: 'invalid signature' };
      proven = isLegacy ? provenLegacy(claims) : provenBound(claims);
      if (this.#proven.size >= MAX_PROVEN) this.#proven.delete(this.#proven.keys().next().value!);
      this.#proven.set(token, proven);
    }
    try {
      switch (proven.type) {
        case 'bound':
          return await this.#bound(proven, asked);
        case 'legacy':
          return await this.#legacy(token, proven, asked);
        case 'malformed':
          throw new RefusedToken('token could not be validated');
      }
    } catch (error) {
      if (error instanceof RefusedToken) return { type: 'refused', reason: error.message };
      throw error;
    }
  }

  #verify(token: string): Claims | undefined {
    for (const key of this.#options.keys) {
      const claims = key.verify(token);
      if (claims !== undefined) return claims;
    }
    return undefined;
  }

  async #bound(
    { claims, user }: Proven & { readonly type: 'bound' },
    asked: readonly string[],
  ): Promise<TokenAuthentication> {
    const audiences = claims.aud.filter((audience) => asked.includes(audience));
    if (audiences.length === 0) {
      const list = (names: readonly string[]): string => `[${names.join(' ')}]`;
      throw new RefusedToken(
        `token audiences ${list(claims.aud)} is invalid for the target audiences ${list(asked)}`,
      );
    }
    this.#checkTime(claims);
    const { objects } = this.#options;
    const { namespace, serviceaccount, pod, secret, node } = claims['kubernetes.io'];
    await this.#checkAlive('service account', objects.serviceAccounts, {
      namespace,
      ...serviceaccount,
    });
    if (secret) await this.#checkAlive('secret', objects.secrets, { namespace, ...secret });
    if (pod) await this.#checkAlive('pod', objects.pods, { namespace, ...pod });
    // A pod's token names its node for information only.
    else if (node) await this.#checkAlive('node', objects.nodes, { namespace: '', ...node });
    return { type: 'user', user, audiences };
  }

  #checkTime({ exp, nbf }: TokenClaims): void {
    const now = this.#options.clock.now() / 1000;
    if (now > exp) throw new RefusedToken('service account token has expired');
    if (now + LEEWAY_SECONDS < nbf)
      throw new RefusedToken('service account token is not valid yet');
  }

  /** The same object still, and not gone. */
  async #checkAlive<T extends KubernetesObject>(
    what: string,
    subjects: TokenSubjects<T>,
    at: ObjectName & { readonly namespace: string },
  ): Promise<T> {
    const isGone = (object: T | undefined): boolean =>
      object === undefined || object.metadata.uid !== at.uid;
    let object = await subjects.find(at.namespace, at.name);
    // What this server knows may be behind the server that issued the token.
    if (isGone(object)) object = await subjects.find(at.namespace, at.name, true);
    if (object === undefined || isGone(object))
      throw new RefusedToken(`${what} token has been invalidated`);
    const { deletionTimestamp } = object.metadata;
    const deletedAt = deletionTimestamp === undefined ? undefined : parseTime(deletionTimestamp);
    if (deletedAt !== undefined && deletedAt + DELETION_LEEWAY_MS < this.#options.clock.now())
      throw new RefusedToken(`${what} token has been invalidated`);
    return object;
  }

  async #legacy(
    token: string,
    { claims, user }: Proven & { readonly type: 'legacy' },
    asked: readonly string[],
  ): Promise<TokenAuthentication> {
    const audiences = forApi(this.#options.apiAudiences, asked);
    if (audiences.length === 0) return none;
    const { namespace, account } = claims;
    const { objects } = this.#options;
    await this.#checkAlive('service account', objects.serviceAccounts, { namespace, ...account });
    await this.#checkSecret(token, claims);
    return { type: 'user', user, audiences };
  }

  async #checkSecret(token: string, { namespace, secret }: LegacyClaims): Promise<void> {
    const { secrets } = this.#options.objects;
    const holds = async (live: boolean): Promise<boolean> => {
      const found = await secrets.find(namespace, secret, live);
      const text = Buffer.from(found?.data?.['token'] ?? '', 'base64').toString();
      return found?.metadata.deletionTimestamp === undefined && text === token;
    };
    if (!(await holds(false)) && !(await holds(true)))
      throw new RefusedToken('service account token has been invalidated');
  }
}

function accountGroups(namespace: string, { name, uid }: ObjectName): User {
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  return { name: accountUser(namespace, name), uid, groups };
}

function provenLegacy(said: Claims): Proven {
  const claims = legacyOf(said);
  if (claims === undefined) return { type: 'malformed' };
  const user = { ...accountGroups(claims.namespace, claims.account), extra: {} };
  return { type: 'legacy', claims, user };
}

function provenBound(said: Claims): Proven {
  const claims = tokenClaimsOf(said);
  if (claims === undefined) return { type: 'malformed' };
  return { type: 'bound', claims, user: userOf(claims['kubernetes.io'], claims.jti) };
}

const EXTRA = 'authentication.kubernetes.io/';

function userOf({ namespace, serviceaccount, pod, node }: AccountClaim, jti: string): User {
  const extra: Record<string, readonly string[]> = {};
  if (jti !== '') extra[CREDENTIAL_ID] = [`JTI=${jti}`];
  if (node !== undefined) {
    extra[`${EXTRA}node-name`] = [node.name];
    extra[`${EXTRA}node-uid`] = [node.uid];
  }
  if (pod !== undefined) {
    extra[`${EXTRA}pod-name`] = [pod.name];
    extra[`${EXTRA}pod-uid`] = [pod.uid];
  }
  return { ...accountGroups(namespace, serviceaccount), extra };
}
