/**
 * What a service account's token says (KEP-1205, KEP-4193): the registered claims of RFC 7519,
 * and one private claim that names the account and what the token is bound to. Read as strictly
 * as kube-apiserver reads them, for a token may come from another server with the same keys.
 */
import { type ParsedJson, parseJson } from '../../../api/json.ts';

export interface ObjectName {
  readonly name: string;
  readonly uid: string;
}

/** Of a pod's node, which was gone when the token was issued if there is no uid. */
export type NodeName = Pick<ObjectName, 'name'> & Partial<ObjectName>;

/** The claim "kubernetes.io". A name or uid that is missing is empty, and fits nothing. */
export interface AccountClaim {
  readonly namespace: string;
  readonly serviceaccount: ObjectName;
  readonly pod?: ObjectName;
  readonly secret?: ObjectName;
  readonly node?: NodeName;
  /** From when on a token that lasts longer than asked for is one that should be gone. */
  readonly warnafter?: number;
}

/** Times are in seconds. */
export interface TokenClaims {
  /** Empty: whoever the API is for. */
  readonly aud: readonly string[];
  readonly exp?: number;
  readonly iat?: number;
  readonly nbf?: number;
  readonly iss: string;
  readonly jti: string;
  readonly sub: string;
  readonly 'kubernetes.io': AccountClaim;
}

export const LEGACY_ISSUER = 'kubernetes/serviceaccount';
const LEGACY = 'kubernetes.io/serviceaccount/';

/** Why a token that we signed counts no longer, or never did, in kube-apiserver's words. */
export class RefusedToken extends Error {
  override readonly name = 'RefusedToken';
}

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

type Json = Readonly<Record<string, unknown>>;

/** A token in the compact form of RFC 7515, of which nothing is proven. */
export interface UnprovenToken {
  /** Empty: the token names no key. */
  readonly keyId: string;
  /** It asks for what its reader may not know. */
  readonly isCritical: boolean;
  readonly issuer: string;
  readonly claims: ParsedJson;
}

/** Undefined: no such token. */
export function unprovenToken(token: string): UnprovenToken | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  try {
    const [head, claims] = parts
      .slice(0, 2)
      .map((part) => parseJson(Buffer.from(part, 'base64url').toString(), { duplicates: true }));
    const { alg = '', kid = '', crit } = objectOf(head!.value, 'Header') ?? {};
    const { iss: issuer } = objectOf(claims!.value, 'Claims') ?? {};
    if (head!.duplicates.length > 0 || typeof alg !== 'string') return undefined;
    const keyId = textOf(kid);
    const isCritical = Array.isArray(crit) && crit.length > 0;
    return typeof issuer === 'string' ? { keyId, isCritical, issuer, claims: claims! } : undefined;
  } catch {
    return undefined;
  }
}

const goType = (value: unknown): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  throw new RefusedToken(`json: cannot unmarshal ${goType(value)} into Go value of type string`);
}

function objectOf(value: unknown, type: string): Json | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'object' && !Array.isArray(value)) return value as Json;
  throw new RefusedToken(`json: cannot unmarshal ${goType(value)} into Go value of type ${type}`);
}

/** Beyond it Go's integers are negative. */
const END_OF_TIME = 2 ** 63;

function timeOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  const seconds = typeof value === 'bigint' ? Number(value) : value;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds))
    throw new RefusedToken('go-jose/go-jose/jwt: expected number value to unmarshal NumericDate');
  return Math.abs(seconds) >= END_OF_TIME ? -END_OF_TIME : Math.trunc(seconds);
}

function audiencesOf(value: unknown): readonly string[] {
  if (value === undefined) return [];
  const all: readonly unknown[] = typeof value === 'string' ? [value] : (value as unknown[]);
  if (Array.isArray(all) && all.every((each) => typeof each === 'string')) return all;
  throw new RefusedToken(
    'go-jose/go-jose/jwt: expected string or array value to unmarshal to Audience',
  );
}

/** Throws {@link RefusedToken}. */
export function membersOf({ value, duplicates: [twice] }: ParsedJson): Json {
  if (twice !== undefined) throw new RefusedToken(`json: duplicate key '${twice}' in object`);
  return objectOf(value, 'jwt.Claims') ?? {};
}

/** Of a token in a Secret: it never expires, and lives as long as the Secret. */
export interface LegacyClaims {
  readonly namespace: string;
  readonly secret: string;
  readonly account: ObjectName;
}

/** Throws {@link RefusedToken}. */
export function legacyOf(claims: Json): LegacyClaims {
  const need = (key: string, shown: string): string => {
    const text = textOf(claims[key]);
    if (text === '') throw new RefusedToken(`${shown} claim is missing`);
    return text;
  };
  const subject = need('sub', 'sub');
  const namespace = need(`${LEGACY}namespace`, 'namespace');
  const secret = need(`${LEGACY}secret.name`, 'secretName');
  const name = need(`${LEGACY}service-account.name`, 'serviceAccountName');
  const uid = need(`${LEGACY}service-account.uid`, 'serviceAccountUID');
  if (subject !== accountUser(namespace, name)) throw new RefusedToken('sub claim is invalid');
  return { namespace, secret, account: { name, uid } };
}

function objectName(value: unknown): ObjectName | undefined {
  const named = objectOf(value, 'serviceaccount.ref');
  return named && { name: textOf(named['name']), uid: textOf(named['uid']) };
}

/** Throws {@link RefusedToken}. */
export function tokenClaimsOf(claims: Json): TokenClaims {
  const [iss, sub, jti] = ['iss', 'sub', 'jti'].map((key) => textOf(claims[key]));
  const aud = audiencesOf(claims['aud']);
  const times = timesOf(claims, ['exp', 'nbf', 'iat']);
  const own = objectOf(claims['kubernetes.io'], 'serviceaccount.kubernetes') ?? {};
  const account = objectName(own['serviceaccount']) ?? { name: '', uid: '' };
  const bound: { pod?: ObjectName; secret?: ObjectName; node?: ObjectName } = {};
  for (const kind of ['pod', 'secret', 'node'] as const) {
    const named = objectName(own[kind]);
    if (named !== undefined) bound[kind] = named;
  }
  const namespace = textOf(own['namespace']);
  const claim = { namespace, serviceaccount: account, ...bound, ...timesOf(own, ['warnafter']) };
  return { ...times, aud, iss: iss!, sub: sub!, jti: jti!, 'kubernetes.io': claim };
}

function timesOf<Key extends string>(claims: Json, keys: readonly Key[]) {
  const times: { [each in Key]?: number } = {};
  for (const key of keys) {
    const time = timeOf(claims[key]);
    if (time !== undefined) times[key] = time;
  }
  return times;
}
