/** From the claims of a proven token to a user, by names of claims or by CEL. */
import { type CelValue, isList } from '../../../api/cel/values.ts';
import type { Claims } from '../../../platform/crypto/token-keys.ts';
import { CREDENTIAL_ID, type User } from '../user.ts';
import { ClaimExpression, ExpressionFailed } from './claim-expressions.ts';
import { jsonType } from './token-verifier.ts';
import type { ClaimOrExpression, JwtSettings, PrefixedClaim } from './settings.ts';

/** Why a token that is genuine proves nobody. */
export class RefusedClaims extends Error {
  override readonly name = 'RefusedClaims';
}

const fail = (why: string): never => {
  throw new RefusedClaims(`oidc: ${why}`);
};
const quoted = (value: string): string => JSON.stringify(value);

/** What the expression answers; its failures begin with `what`. */
function evaluated(expression: ClaimExpression, of: object, what: string): CelValue {
  try {
    return expression.run(of);
  } catch (error) {
    if (error instanceof ExpressionFailed) return fail(`${what}${error.message}`);
    throw error;
  }
}

/** "", null and lists of nothing else are no texts. */
function textsOf(value: CelValue, what: string): readonly string[] {
  const all = isList(value) ? [...(value as Iterable<CelValue>)] : value === null ? [] : [value];
  if (!all.every((each) => typeof each === 'string'))
    return fail(`${what}: expression must return a string or a list of strings`);
  return all.filter((each) => each !== '');
}

/** What Go says of JSON that is of another type. */
function mistyped(value: unknown, type: 'string' | 'bool'): string {
  return `json: cannot unmarshal ${jsonType(value)} into Go value of type ${type}`;
}

export class ClaimMapping {
  readonly #username: (claims: Claims) => string;
  readonly #groups: (claims: Claims) => readonly string[];
  readonly #uid: (claims: Claims) => string;
  readonly #extra: readonly (readonly [key: string, value: ClaimExpression])[];
  readonly #rules: readonly ((claims: Claims) => void)[];
  readonly #userRules: readonly (readonly [rule: ClaimExpression, message: string])[];

  /** The settings are valid: their expressions compile. */
  constructor({ claimMappings, claimValidationRules = [], userValidationRules = [] }: JwtSettings) {
    const { username, groups = {}, uid = {}, extra = [] } = claimMappings;
    this.#username = usernameOf(username);
    this.#groups = groupsOf(groups);
    this.#uid = uidOf(uid);
    this.#extra = extra.map(({ key, valueExpression }) => [key, claimsExpression(valueExpression)]);
    // Those of named claims come first, as in Kubernetes.
    const isNamed = ({ claim = '' }: { readonly claim?: string }): boolean => claim !== '';
    const named = claimValidationRules.filter(isNamed);
    const others = claimValidationRules.filter((rule) => !isNamed(rule));
    this.#rules = [...named, ...others].map(ruleOf);
    this.#userRules = userValidationRules.map(({ expression, message = '' }) => [
      new ClaimExpression(expression, { of: 'user', results: 'bool' }),
      message,
    ]);
  }

  /** Throws {@link RefusedClaims}. */
  userOf(claims: Claims): User {
    const name = this.#username(claims);
    const groups = this.#groups(claims);
    const uid = this.#uid(claims);
    const extra = this.#extraOf(claims);
    for (const rule of this.#rules) rule(claims);
    const info = { username: name, uid, groups, extra };
    for (const [rule, message] of this.#userRules) {
      const what = 'error evaluating user info validation rule: ';
      if (evaluated(rule, info, what) !== true)
        fail(`${what}validation expression '${rule.text}' failed: ${message}`);
    }
    return {
      name,
      groups,
      ...(uid === '' ? {} : { uid }),
      ...(Object.keys(extra).length === 0 ? {} : { extra }),
    };
  }

  #extraOf(claims: Claims): Readonly<Record<string, readonly string[]>> {
    const extra: Record<string, readonly string[]> = {};
    const { jti } = claims;
    if (typeof jti === 'string' && jti !== '') extra[CREDENTIAL_ID] = [`JTI=${jti}`];
    for (const [key, expression] of this.#extra) {
      const what = `error evaluating extra claim expression: ${expression.text}`;
      const values = textsOf(evaluated(expression, claims, ''), what);
      if (values.length > 0) extra[key] = values;
    }
    return extra;
  }
}

const claimsExpression = (text: string): ClaimExpression =>
  new ClaimExpression(text, { of: 'claims', results: 'any' });

function usernameOf({ claim = '', prefix = '', expression = '' }: PrefixedClaim) {
  if (expression !== '') {
    const what = 'error evaluating username claim expression: ';
    const read = claimsExpression(expression);
    return (claims: Claims): string => {
      const name = evaluated(read, claims, what);
      if (typeof name !== 'string')
        return fail(`${what}username claim expression must return a string`);
      return name === '' ? fail('empty username via CEL expression is not allowed') : name;
    };
  }
  return (claims: Claims): string => {
    const name = claims[claim];
    const what = `parse username claims ${quoted(claim)}: `;
    if (name === undefined) return fail(`${what}claim not present`);
    if (typeof name !== 'string') return fail(what + mistyped(name, 'string'));
    if (claim === 'email') checkVerified(claims['email_verified']);
    return prefix + name;
  };
}

/** An address that nobody has verified is anybody's; an issuer need not say. */
function checkVerified(verified: unknown): void {
  if (verified === undefined || verified === true) return;
  if (verified === false || verified === null) fail('email not verified');
  fail(`parse 'email_verified' claim: ${mistyped(verified, 'bool')}`);
}

function groupsOf({ claim = '', prefix = '', expression = '' }: PrefixedClaim) {
  if (expression !== '') {
    const what = 'error evaluating group claim expression';
    const read = claimsExpression(expression);
    return (claims: Claims) => textsOf(evaluated(read, claims, `${what}: `), what);
  }
  return (claims: Claims): readonly string[] => {
    const value = claim === '' ? undefined : claims[claim];
    if (value === undefined || value === null) return [];
    const all: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (!all.every((each) => typeof each === 'string'))
      return fail(`parse groups claim ${quoted(claim)}: ${mistyped(value, 'string')}`);
    return all.map((group) => prefix + group);
  };
}

function uidOf({ claim = '', expression = '' }: ClaimOrExpression) {
  if (expression !== '') {
    const what = 'error evaluating uid claim expression: ';
    const read = claimsExpression(expression);
    return (claims: Claims): string => {
      const uid = evaluated(read, claims, what);
      return typeof uid === 'string'
        ? uid
        : fail(`${what}uid claim expression must return a string`);
    };
  }
  if (claim === '') return () => '';
  return (claims: Claims): string => {
    const uid = claims[claim];
    if (typeof uid === 'string') return uid;
    const why = uid === undefined ? 'claim not present' : mistyped(uid, 'string');
    return fail(`parse uid claim ${quoted(claim)}: ${why}`);
  };
}

function ruleOf(rule: NonNullable<JwtSettings['claimValidationRules']>[number]) {
  const { claim = '', requiredValue = '', expression = '', message = '' } = rule;
  if (expression !== '') {
    const what = 'error evaluating claim validation expression: ';
    const check = new ClaimExpression(expression, { of: 'claims', results: 'bool' });
    return (claims: Claims): void => {
      if (evaluated(check, claims, what) !== true)
        fail(`${what}validation expression '${expression}' failed: ${message}`);
    };
  }
  return (claims: Claims): void => {
    const value = claims[claim];
    if (value === undefined) fail(`required claim ${claim} not present in ID token`);
    if (typeof value !== 'string') fail(`parse claim ${claim}: ${mistyped(value, 'string')}`);
    if (value !== requiredValue)
      fail(
        `required claim ${claim} value does not match. ` +
          `Got = ${value as string}, want = ${requiredValue}`,
      );
  };
}
