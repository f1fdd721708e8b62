/** Who asks: every way to prove an identity, put together in kube-apiserver's order. */
import type { KubernetesObject } from '../api/meta.ts';
import type { ResourceType } from '../api/resource.ts';
import { nodes, pods, secrets, serviceAccounts } from '../api/resources.ts';
import type { ServiceAccount } from '../api/types/core-v1.ts';
import type { TokenRequestSpec } from '../api/types/authentication-v1.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { HttpRequest } from '../platform/net/http.ts';
import type { Random } from '../platform/random.ts';
import type { SigningKey, VerificationKey } from '../platform/crypto/token-keys.ts';
import { anyOf, type Authenticator } from './authn/authenticator.ts';
import { BootstrapTokens } from './authn/bootstrap-token.ts';
import { clientCertificate } from './authn/client-certificate.ts';
import type { AccountObjects, TokenSubjects } from './authn/service-account/accounts.ts';
import { type OpenIdDocuments, openIdDocuments } from './authn/service-account/openid.ts';
import { AccountTokens } from './authn/service-account/token-authenticator.ts';
import { type IssuedToken, TokenIssuer } from './authn/service-account/token-issuer.ts';
import { TokenUse } from './authn/service-account/token-use.ts';
import {
  anyToken,
  bearerTokens,
  staticTokens,
  type TokenAuthenticator,
  webSocketTokens,
} from './authn/token-authenticator.ts';
import type { User } from './authn/user.ts';
import type { Storage } from './storage/storage.ts';

export const DEFAULT_ISSUER = 'https://kubernetes.default.svc.cluster.local';

/** Keys and names of service accounts' tokens. */
export interface ServiceAccountTokens {
  /** --service-account-issuer: whose tokens are accepted; the first issues them. */
  readonly issuers: readonly string[];
  /** Absent: no tokens are issued. */
  readonly signingKey?: SigningKey | undefined;
  readonly keys: readonly VerificationKey[];
  /** Where the keys are published, if not at this server. */
  readonly keySetUrl?: string | undefined;
  readonly maxExpirationSeconds?: number | undefined;
  /** Default true. */
  readonly extendExpiration?: boolean | undefined;
}

/** Ways to prove an identity by token, for a server whose own names these are. */
export type TokenSorts = (apiAudiences: readonly string[]) => () => readonly TokenAuthenticator[];

export interface IdentityOptions {
  readonly storage: Storage;
  /** Sends a JSON merge patch to this server. */
  readonly patch: (path: string, patch: object) => Promise<unknown>;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly tokens?: ReadonlyMap<string, User> | undefined;
  readonly serviceAccounts?: ServiceAccountTokens | undefined;
  /** Default: the issuers of service accounts' tokens. */
  readonly apiAudiences?: readonly string[] | undefined;
  readonly authenticators?: readonly Authenticator[] | undefined;
  /** Of other issuers. Tried after those that this server knows by itself. */
  readonly tokenSorts?: TokenSorts | undefined;
  readonly anonymousAuth?: boolean | readonly string[] | undefined;
  /** Tokens in Secrets by which nodes first prove themselves. Default: none. */
  readonly bootstrapTokens?: boolean | undefined;
  readonly serverAddress: () => string;
}

export class Identity {
  readonly authenticator: Authenticator;
  readonly tokens: TokenAuthenticator;
  readonly apiAudiences: readonly string[];
  readonly #options: IdentityOptions;
  readonly #issuer: TokenIssuer | undefined;

  constructor(options: IdentityOptions) {
    this.#options = options;
    const { storage, clock, random, serviceAccounts: accounts } = options;
    this.apiAudiences = options.apiAudiences ?? accounts?.issuers ?? [DEFAULT_ISSUER];
    const objects = accountObjects(storage);
    const shared = { objects, clock, apiAudiences: this.apiAudiences };
    const sorts: TokenAuthenticator[] = [
      staticTokens(options.tokens ?? new Map<string, User>(), this.apiAudiences),
    ];
    if (accounts !== undefined)
      sorts.push(new AccountTokens({ ...shared, ...accounts, use: new TokenUse(options) }));
    if (options.bootstrapTokens === true)
      sorts.push(new BootstrapTokens({ ...shared, secrets: objects.secrets }));
    const others = options.tokenSorts?.(this.apiAudiences) ?? (() => []);
    this.tokens = anyToken(() => [...sorts, ...others()]);
    this.authenticator = anyOf(
      [
        ...(options.authenticators ?? []),
        clientCertificate,
        bearerTokens(this.tokens, this.apiAudiences),
        webSocketTokens(this.tokens, this.apiAudiences),
      ],
      { allowAnonymous: anonymousAt(options.anonymousAuth ?? true) },
    );
    if (accounts?.signingKey === undefined) return;
    this.#issuer = new TokenIssuer({
      ...shared,
      random,
      key: accounts.signingKey,
      issuer: accounts.issuers[0] ?? DEFAULT_ISSUER,
      maxExpirationSeconds: accounts.maxExpirationSeconds ?? 0,
      extendExpiration: accounts.extendExpiration ?? true,
    });
  }

  /** Undefined: this server issues no tokens. */
  issueToken(
    account: ServiceAccount,
    spec: Partial<TokenRequestSpec>,
  ): Promise<IssuedToken> | undefined {
    return this.#issuer?.issue(account, spec);
  }

  /** Undefined: there is nothing to publish, or an issuer that no URL leads to. */
  openId(): OpenIdDocuments | undefined {
    const { serviceAccounts: accounts, serverAddress } = this.#options;
    const issuer = accounts?.issuers[0];
    if (accounts === undefined || issuer?.startsWith('https://') !== true) return undefined;
    const keySetUrl = accounts.keySetUrl ?? `https://${serverAddress()}/openid/v1/jwks`;
    return openIdDocuments({ issuer, keySetUrl, keys: accounts.keys });
  }
}

/** Everywhere, nowhere, or at some paths only. */
function anonymousAt(where: boolean | readonly string[]): (request: HttpRequest) => boolean {
  if (typeof where === 'boolean') return () => where;
  return ({ path }) => where.includes(path);
}

function accountObjects(storage: Storage): AccountObjects {
  const subjects = <T extends KubernetesObject>({
    resource,
  }: ResourceType<T>): TokenSubjects<T> => {
    const stored = storage.resource(resource === 'nodes' ? 'minions' : resource);
    return {
      async find(namespace, name, live = false) {
        const found = live ? await stored?.read(namespace, name) : stored?.cached(namespace, name);
        return found?.value as T | undefined;
      },
    };
  };
  return {
    serviceAccounts: subjects(serviceAccounts),
    pods: subjects(pods),
    secrets: subjects(secrets),
    nodes: subjects(nodes),
  };
}
