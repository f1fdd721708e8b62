/**
 * What a service account's token says (KEP-1205, KEP-4193): the registered claims of RFC 7519,
 * and one private claim that names the account and what the token is bound to.
 */
import type { Claims } from '../../../platform/crypto/token-keys.ts';

export interface ObjectName {
  readonly name: string;
  readonly uid: string;
}

/** The claim "kubernetes.io". */
export interface AccountClaim {
  readonly namespace: string;
  readonly serviceaccount: ObjectName;
  readonly pod?: ObjectName;
  readonly secret?: ObjectName;
  readonly node?: ObjectName;
  /** From when on a token that lasts longer than asked for is one that should be gone. */
  readonly warnafter?: number;
}

export interface TokenClaims {
  readonly aud: readonly string[];
  readonly exp: number;
  readonly iat: number;
  readonly nbf: number;
  readonly iss: string;
  readonly jti: string;
  readonly sub: string;
  readonly 'kubernetes.io': AccountClaim;
}

export const LEGACY_ISSUER = 'kubernetes/serviceaccount';
const LEGACY = 'kubernetes.io/serviceaccount/';

export function accountUser(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** The issuer a token names, without any proof of it. */
export function unverifiedIssuer(token: string): string | undefined {
  const [, claims, signature] = token.split('.');
  if (claims === undefined || signature === undefined) return undefined;
  try {
    const { iss } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { iss?: unknown };
    return typeof iss === 'string' ? iss : undefined;
  } catch {
    return undefined;
  }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** What a token in a Secret says: it never expires, and lives as long as the Secret. */
export interface LegacyClaims {
  readonly namespace: string;
  readonly secret: string;
  readonly account: ObjectName;
}

/** Undefined unless they have the form of ours. */
export function legacyOf(claims: Claims): LegacyClaims | undefined {
  const [namespace, secret, name, uid] = [
    'namespace',
    'secret.name',
    'service-account.name',
    'service-account.uid',
  ].map((key) => claims[LEGACY + key]);
  if (!isText(namespace) || !isText(secret) || !isText(name) || !isText(uid)) return undefined;
  if (claims['sub'] !== accountUser(namespace, name)) return undefined;
  return { namespace, secret, account: { name, uid } };
}

function objectName(value: unknown): ObjectName | undefined {
  const { name, uid } = (value ?? {}) as Partial<Record<'name' | 'uid', unknown>>;
  return isText(name) && isText(uid) ? { name, uid } : undefined;
}

/** Undefined unless they have the form of ours. */
export function tokenClaimsOf(claims: Claims): TokenClaims | undefined {
  const { aud, exp, iat = 0, nbf = 0, iss, jti = '', sub } = claims;
  const own = claims['kubernetes.io'] as Record<string, unknown> | undefined;
  const account = objectName(own?.['serviceaccount']);
  const namespace = own?.['namespace'];
  const audiences = typeof aud === 'string' ? [aud] : aud;
  if (account === undefined || !isText(namespace) || !isText(iss) || !isText(sub)) return undefined;
  if (!Array.isArray(audiences) || !audiences.every(isText)) return undefined;
  if (![exp, iat, nbf].every((time) => typeof time === 'number')) return undefined;
  if (sub !== accountUser(namespace, account.name)) return undefined;
  const bound = { namespace, serviceaccount: account, ...boundTo(own ?? {}) };
  const times = { exp, iat, nbf } as { exp: number; iat: number; nbf: number };
  return { ...times, aud: audiences, iss, jti: String(jti), sub, 'kubernetes.io': bound };
}

function boundTo(claim: Readonly<Record<string, unknown>>) {
  const bound: { pod?: ObjectName; secret?: ObjectName; node?: ObjectName } = {};
  for (const kind of ['pod', 'secret', 'node'] as const) {
    const named = objectName(claim[kind]);
    if (named !== undefined) bound[kind] = named;
  }
  return bound;
}
