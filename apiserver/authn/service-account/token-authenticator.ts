/**
 * Service accounts' tokens: signed by us, for us, in time, of an account that is still the same,
 * and bound to something that is still there. The proof by cryptography is remembered; what can
 * change is looked up anew each time.
 */
import { INVALID_SINCE } from '../../../api/token-secrets.ts';
import type { KubernetesObject } from '../../../api/meta.ts';
import type { Secret } from '../../../api/types/core-v1.ts';
import { parseTime } from '../../../api/time.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Claims, VerificationKey } from '../../../platform/crypto/token-keys.ts';
import type { Remarks } from '../authenticator.ts';
import { none, type TokenAuthentication, type TokenAuthenticator } from '../token-authenticator.ts';
import { CREDENTIAL_ID, type User } from '../user.ts';
import type { AccountObjects, TokenSubjects } from './accounts.ts';
import {
  type AccountClaim,
  accountUser,
  LEGACY_ISSUER,
  type LegacyClaims,
  legacyOf,
  membersOf,
  type ObjectName,
  RefusedToken,
  type TokenClaims,
  tokenClaimsOf,
  unprovenToken,
} from './claims.ts';
import type { TokenUse } from './token-use.ts';

export interface AccountTokensOptions {
  /** Told of each token in a Secret that proves somebody, or would if it were not invalid. */
  readonly use: Pick<TokenUse, 'note'>;
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
/** Clocks of servers that share keys differ a little, whichever way. */
const LEEWAY_SECONDS = 60;

/** Of the audit log's annotations. */
const AUDITED = 'authentication.k8s.io/';
const GONE = 'service account token has been invalidated';
/** Set by a controller of Kubernetes on Secrets whose tokens nobody used for a year (KEP-2799). */

/** What a token that we signed says, and for whom that speaks. */
type Proven =
  | { readonly type: 'bound'; readonly claims: TokenClaims; readonly user: User }
  | { readonly type: 'legacy'; readonly claims: LegacyClaims; readonly user: User };

/** As Go prints a list of texts. */
const list = (names: readonly string[]): string =>
  `[${names.map((name) => JSON.stringify(name)).join(' ')}]`;

export class AccountTokens implements TokenAuthenticator {
  readonly #options: AccountTokensOptions;
  readonly #proven = new Map<string, Proven>();

  constructor(options: AccountTokensOptions) {
    this.#options = options;
  }

  async authenticateToken(
    token: string,
    asked: readonly string[],
    remarks?: Remarks,
  ): Promise<TokenAuthentication> {
    try {
      const proven = this.#proven.get(token) ?? this.#prove(token);
      if (proven === undefined) return none;
      const { user } = proven;
      const audiences = this.#audiencesOf(proven, { asked, remarks });
      if (proven.type === 'bound') await this.#checkBound(proven.claims, remarks);
      else await this.#checkLegacy(token, proven.claims, remarks);
      return { type: 'user', user, audiences };
    } catch (error) {
      if (error instanceof RefusedToken) return { type: 'refused', reason: error.message };
      throw error;
    }
  }

  /** Undefined: none of ours. Throws {@link RefusedToken} for one that we did not sign so. */
  #prove(token: string): Proven | undefined {
    const unproven = unprovenToken(token);
    if (unproven === undefined) return undefined;
    const { issuer, keyId, isCritical } = unproven;
    const isLegacy = issuer === LEGACY_ISSUER;
    if (!isLegacy && !this.#options.issuers.includes(issuer)) return undefined;
    const keys = this.#options.keys.filter((key) => keyId === '' || key.keyId === keyId);
    if (keys.length === 0) throw new RefusedToken('invalid signature, no keys found');
    if (isCritical || !keys.some((key) => key.verify(token) !== undefined))
      throw new RefusedToken('go-jose/go-jose: error in cryptographic primitive');
    const claims = membersOf(unproven.claims);
    const proven = isLegacy ? provenLegacy(claims) : provenBound(claims);
    if (this.#proven.size >= MAX_PROVEN) this.#proven.delete(this.#proven.keys().next().value!);
    this.#proven.set(token, proven);
    return proven;
  }

  #audiencesOf(
    proven: Proven,
    {
      asked,
      remarks,
    }: { readonly asked: readonly string[]; readonly remarks: Remarks | undefined },
  ): readonly string[] {
    let meant = proven.type === 'bound' ? proven.claims.aud : [];
    if (meant.length === 0) {
      remarks?.annotate(`${AUDITED}legacy-token`, proven.user.name);
      meant = this.#options.apiAudiences;
    }
    const audiences = asked.filter((audience) => meant.includes(audience));
    if (audiences.length > 0) return audiences;
    throw new RefusedToken(
      `token audiences ${list(meant)} is invalid for the target audiences ${list(asked)}`,
    );
  }

  async #checkBound(claims: TokenClaims, remarks: Remarks | undefined): Promise<void> {
    this.#checkTime(claims);
    const { objects, clock } = this.#options;
    const { namespace, serviceaccount, pod, secret, node, warnafter } = claims['kubernetes.io'];
    await this.#checkAccount(namespace, serviceaccount);
    if (secret) await this.#checkAlive('secret', objects.secrets, { namespace, ...secret });
    if (pod) await this.#checkAlive('pod', objects.pods, { namespace, ...pod });
    // A pod's token names its node for information only.
    else if (node)
      await this.#checkAlive('node', objects.nodes, { namespace: '', uid: '', ...node });
    const staleSeconds = Math.floor(clock.now() / 1000) - (warnafter ?? Infinity);
    if (staleSeconds > 0)
      remarks?.annotate(
        `${AUDITED}stale-token`,
        `subject: ${claims.sub}, seconds after warning threshold: ${staleSeconds}`,
      );
  }

  #checkTime({ exp, nbf, iat }: TokenClaims): void {
    const now = this.#options.clock.now() / 1000;
    const isAhead = (time = 0): boolean => now + LEEWAY_SECONDS < time;
    if (isAhead(nbf)) throw new RefusedToken('service account token is not valid yet');
    if (exp !== undefined && now - LEEWAY_SECONDS > exp)
      throw new RefusedToken('service account token has expired');
    if (isAhead(iat)) throw new RefusedToken('service account token is issued in the future');
  }

  async #checkAccount(namespace: string, { name, uid }: ObjectName): Promise<void> {
    const { serviceAccounts } = this.#options.objects;
    const found = await sameAs(serviceAccounts, { namespace, name, uid });
    if (found === undefined) throw new RefusedToken(`serviceaccounts "${name}" not found`);
    const { metadata } = found;
    if (metadata.uid !== uid)
      throw new RefusedToken(`service account UID (${metadata.uid}) does not match claim (${uid})`);
    if (this.#isDeleted(found))
      throw new RefusedToken(`service account ${namespace}/${name} has been deleted`);
  }

  async #checkAlive<T extends KubernetesObject>(
    what: string,
    subjects: TokenSubjects<T>,
    at: ObjectName & { readonly namespace: string },
  ): Promise<void> {
    const found = await sameAs(subjects, at);
    if (found === undefined) throw new RefusedToken(GONE);
    const { uid } = found.metadata;
    if (uid !== at.uid)
      throw new RefusedToken(
        `${what} UID (${uid}) does not match service account ${what} ref claim (${at.uid})`,
      );
    if (this.#isDeleted(found)) throw new RefusedToken(GONE);
  }

  #isDeleted({ metadata: { deletionTimestamp } }: KubernetesObject): boolean {
    const atMs = deletionTimestamp === undefined ? undefined : parseTime(deletionTimestamp);
    return atMs !== undefined && atMs + DELETION_LEEWAY_MS < this.#options.clock.now();
  }

  async #checkLegacy(
    token: string,
    claims: LegacyClaims,
    remarks: Remarks | undefined,
  ): Promise<void> {
    const { namespace, account, secret: name } = claims;
    const secret = await this.#checkSecret(token, claims);
    const { serviceAccounts } = this.#options.objects;
    const found = await sameAs(serviceAccounts, { namespace, ...account });
    if (found === undefined) throw new RefusedToken(`serviceaccounts "${account.name}" not found`);
    const { uid, deletionTimestamp } = found.metadata;
    if (deletionTimestamp !== undefined)
      throw new RefusedToken(`ServiceAccount ${namespace}/${account.name} has been deleted`);
    if (uid !== account.uid)
      throw new RefusedToken(`ServiceAccount UID (${uid}) does not match claim (${account.uid})`);
    if ((secret.metadata.labels?.[INVALID_SINCE] ?? '') !== '') {
      remarks?.annotate(`${AUDITED}legacy-token-invalidated`, `${name}/${namespace}`);
      await this.#options.use.note(secret);
      throw new RefusedToken(
        `the token in secret ${namespace}/${name} for service account ` +
          `${namespace}/${account.name} has been marked invalid. Use tokens from the ` +
          'TokenRequest API or manually created secret-based tokens, or remove the ' +
          `'${INVALID_SINCE}' label from the secret to temporarily allow use of this token`,
      );
    }
    const isGenerated = found.secrets?.some((each) => each.name === name) === true;
    const made = isGenerated ? 'autogenerated' : 'manual';
    remarks?.annotate(`${AUDITED}legacy-token-${made}-secret`, name);
    if (isGenerated)
      remarks?.warn(
        'Use tokens from the TokenRequest API or manually created secret-based tokens instead of ' +
          'auto-generated secret-based tokens.',
      );
    await this.#options.use.note(secret);
  }

  async #checkSecret(token: string, { namespace, secret }: LegacyClaims): Promise<Secret> {
    const { secrets } = this.#options.objects;
    const holds = (found: Secret | undefined): boolean =>
      Buffer.from(found?.data?.['token'] ?? '', 'base64').toString() === token;
    let found = await secrets.find(namespace, secret);
    if (!holds(found)) found = await secrets.find(namespace, secret, true);
    if (found === undefined || found.metadata.deletionTimestamp !== undefined)
      throw new RefusedToken('Token has been invalidated');
    if (!holds(found)) throw new RefusedToken("Token does not match server's copy");
    return found;
  }
}

/** What this server knows may be behind the server that issued the token. */
async function sameAs<T extends KubernetesObject>(
  subjects: TokenSubjects<T>,
  { namespace, name, uid }: ObjectName & { readonly namespace: string },
): Promise<T | undefined> {
  const known = await subjects.find(namespace, name);
  return known?.metadata.uid === uid ? known : subjects.find(namespace, name, true);
}

function accountGroups(namespace: string, { name, uid }: ObjectName): User {
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  return { name: accountUser(namespace, name), uid, groups };
}

function provenLegacy(said: Claims): Proven {
  const claims = legacyOf(said);
  return { type: 'legacy', claims, user: accountGroups(claims.namespace, claims.account) };
}

function provenBound(said: Claims): Proven {
  const claims = tokenClaimsOf(said);
  return { type: 'bound', claims, user: userOf(claims['kubernetes.io'], claims.jti) };
}

const EXTRA = 'authentication.kubernetes.io/';

function userOf({ namespace, serviceaccount, pod, node }: AccountClaim, jti: string): User {
  const extra: Record<string, readonly string[]> = {};
  if (jti !== '') extra[CREDENTIAL_ID] = [`JTI=${jti}`];
  if (node !== undefined) {
    extra[`${EXTRA}node-name`] = [node.name];
    if (node.uid) extra[`${EXTRA}node-uid`] = [node.uid];
  }
  if (pod !== undefined) {
    extra[`${EXTRA}pod-name`] = [pod.name];
    extra[`${EXTRA}pod-uid`] = [pod.uid];
  }
  const user = accountGroups(namespace, serviceaccount);
  return Object.keys(extra).length === 0 ? user : { ...user, extra };
}
