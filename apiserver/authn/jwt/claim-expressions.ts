/** CEL over the claims of a token, and over the user that they make. */
import { adapt } from '../../../api/cel/adapt.ts';
import { Environment } from '../../../api/cel/environment.ts';
import { CostLimitExceeded, PER_CALL_LIMIT } from '../../../api/cel/evaluation.ts';
import { unescapeIdentifier } from '../../../api/cel/identifiers.ts';
import { CelCompileError } from '../../../api/cel/parser/source.ts';
import type { Program } from '../../../api/cel/program.ts';
import { schemaType } from '../../../api/cel/schema-type.ts';
import { ANY, type CelType, DYN, listOf, mapOf, STRING } from '../../../api/cel/types.ts';
import { CelError, type CelValue, JsonList, JsonMap } from '../../../api/cel/values.ts';

const CLAIMS = mapOf(STRING, ANY);
const ANY_LIST = listOf(DYN);
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
const types = { claims: CLAIMS, user: USER } as const;

const made = new Map<keyof typeof types, Environment>();

export interface Expected {
  /** The variable that there is. */
  readonly of: keyof typeof types;
  readonly results: 'bool' | 'any';
}

/** Throws CelCompileError. */
export function compile(expression: string, { of, results }: Expected): Program {
  let environment = made.get(of);
  if (environment === undefined) {
    environment = new Environment({ [of]: types[of] });
    made.set(of, environment);
  }
  const program = environment.compile(expression);
  // What only a run can tell is no bool.
  if (results === 'bool' && program.type.kind !== 'bool')
    throw new CelCompileError('must evaluate to bool');
  return program;
}

/** An expression that failed, in Kubernetes' words. */
export class ExpressionFailed extends Error {
  override readonly name = 'ExpressionFailed';
}

export class ClaimExpression {
  readonly text: string;
  readonly #of: keyof typeof types;
  readonly #program: Program;

  /** Throws CelCompileError. */
  constructor(expression: string, expected: Expected) {
    this.text = expression;
    this.#of = expected.of;
    this.#program = compile(expression, expected);
  }

  /** Throws {@link ExpressionFailed}. */
  run(value: object): CelValue {
    try {
      const bindings = { [this.#of]: adaptJson(value, types[this.#of]) };
      return this.#program.run(bindings, { cost: PER_CALL_LIMIT }).value;
    } catch (error) {
      if (!(error instanceof CelError || error instanceof CostLimitExceeded)) throw error;
      throw new ExpressionFailed(`expression '${this.text}' resulted in error: ${error.message}`);
    }
  }
}

/** Claims have names as `example.com/roles`, which escaped names select. */
class NamedMap extends JsonMap {
  override get(key: CelValue): CelValue | undefined {
    return super.get(typeof key === 'string' ? (unescapeIdentifier(key) ?? key) : key);
  }
}

/** Numbers are floating-point numbers, as Go reads JSON. */
function adaptJson(json: unknown, type: CelType): CelValue {
  if (typeof json === 'number') return json;
  if (Array.isArray(json))
    return new JsonList(json, type.kind === 'list' ? type : ANY_LIST, adaptJson);
  if (typeof json !== 'object' || json === null) return adapt(json, type);
  const typed = type.kind === 'object' || type.kind === 'map' ? type : CLAIMS;
  return new NamedMap(json as Readonly<Record<string, unknown>>, typed, adaptJson);
}
