/** From the claims of a proven token to a user, by names of claims or by CEL. */
import type { Claims } from '../../../platform/token-keys.ts';
import { adapt } from '../../../api/cel/adapt.ts';
import { Environment } from '../../../api/cel/environment.ts';
import { CostLimitExceeded, PER_CALL_LIMIT } from '../../../api/cel/evaluation.ts';
import { jsonOf } from '../../../api/cel/json.ts';
import type { Program } from '../../../api/cel/program.ts';
import { schemaType } from '../../../api/cel/schema-type.ts';
import { BOOL, DYN, listOf, mapOf, STRING } from '../../../api/cel/types.ts';
import { CelError } from '../../../api/cel/values.ts';
import type { User } from '../user.ts';
import type { JwtSettings, PrefixedClaim } from './settings.ts';

/** Why a token that is genuine proves nobody. */
export class RefusedClaims extends Error {
  override readonly name = 'RefusedClaims';
}

const CLAIMS = mapOf(STRING, DYN);
const text = { type: 'string' } as const;
const texts = { type: 'array', items: text } as const;
const USER = schemaType(
  {
    type: 'object',
    properties: {
      username: text,
      uid: text,
      groups: texts,
      extra: { type: 'object', additionalProperties: texts },
    },
  },
  { name: 'kubernetes.UserInfo' },
)!;

const environments = {
  claims: (): Environment => new Environment({ claims: CLAIMS }),
  user: (): Environment => new Environment({ user: USER }),
};
const made = new Map<keyof typeof environments, Environment>();

/** Throws CelCompileError. */
export function compile(
  expression: string,
  of: keyof typeof environments,
  results: 'bool' | 'text' | 'texts',
): Program {
  let environment = made.get(of);
  if (environment === undefined) {
    environment = environments[of]();
    made.set(of, environment);
  }
  const wanted = { bool: [BOOL], text: [STRING], texts: [STRING, listOf(STRING), DYN] };
  return environment.compile(expression, wanted[results]);
}

type Run = (claims: Claims) => unknown;

const fail = (why: string): never => {
  throw new RefusedClaims(`oidc: ${why}`);
};

function runner(program: Program, what: string): Run {
  return (claims) => {
    try {
      const bindings = { claims: adapt(claims, CLAIMS) };
      return jsonOf(program.run(bindings, { cost: PER_CALL_LIMIT }).value);
    } catch (error) {
      return fail(`error evaluating ${what}: ${evaluationText(error)}`);
    }
  };
}

function evaluationText(error: unknown): string {
  if (error instanceof CelError || error instanceof CostLimitExceeded) return error.message;
  throw error as Error;
}

/** A string or a list of strings; nothing for null and "". */
function textsOf(value: unknown, what: string): readonly string[] {
  if (value === undefined || value === null || value === '') return [];
  if (typeof value === 'string') return [value];
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
  return fail(`${what}: expected string or list of strings`);
}

export class ClaimMapping {
  readonly #settings: JwtSettings;
  readonly #username: Run;
  readonly #groups: Run;
  readonly #uid: Run;
  readonly #extra: readonly (readonly [key: string, run: Run])[];
  readonly #rules: readonly ((claims: Claims) => void)[];
  readonly #userRules: readonly (readonly [program: Program, message: string])[];

  /** The settings are valid: their expressions compile. */
  constructor(settings: JwtSettings) {
    this.#settings = settings;
    const { username, groups, uid, extra = [] } = settings.claimMappings;
    this.#username = usernameOf(username);
    this.#groups = groupsOf(groups);
    this.#uid = uidOf(uid);
    this.#extra = extra.map(({ key, valueExpression }) => {
      const program = compile(valueExpression, 'claims', 'texts');
      return [key, runner(program, `extra claim expression for key ${JSON.stringify(key)}`)];
    });
    this.#rules = (settings.claimValidationRules ?? []).map(ruleOf);
    this.#userRules = (settings.userValidationRules ?? []).map(({ expression, message = '' }) => [
      compile(expression, 'user', 'bool'),
      message,
    ]);
  }

  /** Throws {@link RefusedClaims}. */
  userOf(claims: Claims): User {
    const name = this.#username(claims) as string;
    const groups = this.#groups(claims) as readonly string[];
    for (const rule of this.#rules) rule(claims);
    const extra: Record<string, readonly string[]> = {};
    for (const [key, run] of this.#extra) {
      const values = textsOf(run(claims), `error evaluating extra claim expression for ${key}`);
      if (values.length > 0) extra[key] = values;
    }
    const uid = this.#uid(claims) as string;
    const user: User = {
      name,
      groups,
      ...(uid === '' ? {} : { uid }),
      ...(Object.keys(extra).length === 0 ? {} : { extra }),
    };
    this.#checkUser(user);
    return user;
  }

  get audiences(): readonly string[] {
    return this.#settings.issuer.audiences;
  }

  #checkUser({ name: username, uid = '', groups, extra = {} }: User): void {
    for (const [program, message] of this.#userRules) {
      const user = adapt({ username, uid, groups, extra }, USER);
      let value: unknown;
      try {
        ({ value } = program.run({ user }, { cost: PER_CALL_LIMIT }));
      } catch (error) {
        fail(`error evaluating user info validation rule: ${evaluationText(error)}`);
      }
      if (value !== true)
        fail(
          `error evaluating user info validation rule: validation expression failed: ${message}`,
        );
    }
  }
}

function usernameOf({ claim = '', prefix = '', expression }: PrefixedClaim): Run {
  if (expression !== undefined) {
    const run = runner(compile(expression, 'claims', 'text'), 'username claim expression');
    return (claims) => {
      const name = run(claims);
      if (typeof name !== 'string')
        return fail('error evaluating username claim expression: must return a string');
      return name === '' ? fail('username claim expression evaluated to an empty string') : name;
    };
  }
  return (claims) => {
    const name = claims[claim];
    if (name === undefined)
      return fail(`parse username claims ${JSON.stringify(claim)}: claim not present`);
    if (typeof name !== 'string')
      return fail(`parse username claims ${JSON.stringify(claim)}: claim is not a string`);
    // An address that nobody has verified is anybody's.
    const verified = claims['email_verified'];
    if (claim === 'email' && verified !== undefined && verified !== true)
      return fail('email not verified');
    return prefix + name;
  };
}

function groupsOf({ claim, prefix = '', expression }: PrefixedClaim = {}): Run {
  if (expression !== undefined) {
    const run = runner(compile(expression, 'claims', 'texts'), 'group claim expression');
    return (claims) => textsOf(run(claims), 'error evaluating group claim expression');
  }
  if (claim === undefined) return () => [];
  return (claims) =>
    textsOf(claims[claim], `parse groups claim ${JSON.stringify(claim)}`).map(
      (group) => prefix + group,
    );
}

function uidOf({ claim, expression }: { claim?: string; expression?: string } = {}): Run {
  const checked = (value: unknown, what: string): string =>
    typeof value === 'string' ? value : fail(`${what} must be a string`);
  if (expression !== undefined) {
    const run = runner(compile(expression, 'claims', 'text'), 'uid claim expression');
    return (claims) => checked(run(claims), 'uid claim expression');
  }
  if (claim === undefined) return () => '';
  return (claims) => checked(claims[claim], `uid claim ${JSON.stringify(claim)}`);
}

function ruleOf(rule: NonNullable<JwtSettings['claimValidationRules']>[number]) {
  const { claim = '', requiredValue = '', expression, message = '' } = rule;
  if (expression !== undefined) {
    const run = runner(compile(expression, 'claims', 'bool'), 'claim validation expression');
    return (claims: Claims): void => {
      if (run(claims) !== true)
        fail(
          `error evaluating claim validation expression: validation expression failed: ${message}`,
        );
    };
  }
  return (claims: Claims): void => {
    const value = claims[claim];
    if (value === undefined) fail(`required claim ${claim} not present in ID token`);
    if (typeof value !== 'string') fail(`parse claim ${claim}: it is not a string`);
    if (value !== requiredValue)
      fail(
        `required claim ${claim} value does not match. Got = ${String(value)}, want = ${requiredValue}`,
      );
  };
}
