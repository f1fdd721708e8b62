/** CEL rules of one node of a structural schema (KEP-2876), ready to run. */
import type { Json, ValidationRule } from '../../api/structural/schema.ts';
import { Environment } from '../../api/cel/environment.ts';
import type { Program } from '../../api/cel/program.ts';
import { schemaType } from '../../api/cel/schema-type.ts';
import { CelCompileError, compileFault } from '../../api/cel/parser/source.ts';
import { type CelType, optionalOf } from '../../api/cel/types.ts';
import { normalizedFieldPath } from './field-path.ts';

export interface CompiledRule {
  readonly rule: ValidationRule;
  /** Undefined where the rule has a fault. */
  readonly program: Program | undefined;
  readonly fault: string | undefined;
  readonly message: Program | undefined;
  readonly messageFault: string | undefined;
  readonly usesOldSelf: boolean;
  readonly fieldPath: string | undefined;
}

export interface CompiledRules {
  readonly type: CelType;
  readonly rules: readonly CompiledRule[];
}

/** Undefined if the schema has no rules, or says too little to be asked about. */
export function compileRules(schema: Json, isResource: boolean): CompiledRules | undefined {
  const rules = (schema['x-kubernetes-validations'] ?? []) as readonly ValidationRule[];
  if (rules.length === 0) return undefined;
  const type = schemaType(schema, { name: 'selfType', resource: isResource });
  if (type === undefined) return undefined;
  const plain = new Environment({ self: type, oldSelf: type });
  let optional: Environment | undefined;
  return {
    type,
    rules: rules.map((rule) => {
      if (rule.optionalOldSelf !== true) return compileRule(rule, plain, schema);
      optional ??= new Environment({ self: type, oldSelf: optionalOf(type) });
      return compileRule(rule, optional, schema);
    }),
  };
}

function compileRule(rule: ValidationRule, environment: Environment, schema: Json): CompiledRule {
  const main = compiled(rule.rule, environment, {
    type: 'bool',
    prefix: '',
    wrong: 'cel expression must evaluate to a bool',
  });
  const message =
    rule.messageExpression === undefined || main.program === undefined
      ? undefined
      : compiled(rule.messageExpression, environment, {
          type: 'string',
          prefix: 'messageExpression ',
          wrong: 'messageExpression must evaluate to a string',
        });
  return {
    rule,
    program: main.program,
    fault: main.fault,
    message: message?.program,
    messageFault: message?.fault,
    usesOldSelf: main.program?.uses('oldSelf') ?? false,
    fieldPath: rule.fieldPath ? normalizedFieldPath(rule.fieldPath, schema) : undefined,
  };
}

function compiled(
  source: string,
  environment: Environment,
  of: { readonly type: 'bool' | 'string'; readonly prefix: string; readonly wrong: string },
): { readonly program?: Program; readonly fault?: string } {
  if (source.trim() === '') return {};
  try {
    const program = environment.compile(source);
    return program.type.kind === of.type ? { program } : { fault: of.wrong };
  } catch (error) {
    if (error instanceof CelCompileError) return { fault: of.prefix + compileFault(error) };
    throw error;
  }
}
