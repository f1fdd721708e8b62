/** Expressions of admission policies: what they may speak of, compiled and remembered. */
import type { Variable } from '../../../api/types/admissionregistration-v1.ts';
import { NAMESPACE } from '../../../api/cel/admission-types.ts';
import { Environment } from '../../../api/cel/environment.ts';
import type { Declarations } from '../../../api/cel/declarations.ts';
import type { Program } from '../../../api/cel/program.ts';
import { CelCompileError } from '../../../api/cel/parser/source.ts';
import { type CelType, DYN, type ObjectField } from '../../../api/cel/types.ts';
import { conditionVariables } from '../expressions/variables.ts';

export type Compiled = Program | CelCompileError;

export interface PolicyVariables {
  readonly paramKind?: object | undefined;
  readonly variables?: readonly Variable[] | undefined;
}

/** The variables of a policy, which build upon each other in their order. */
export class PolicyExpressions {
  /** By name. */
  readonly variables = new Map<string, Compiled>();
  readonly #environment: Environment;

  constructor(policy: PolicyVariables, structs?: Declarations['structs']) {
    const fields = new Map<string, ObjectField>();
    const variables: CelType = {
      kind: 'object',
      name: 'kubernetes.variables',
      fields: () => fields,
    };
    const declared = {
      ...conditionVariables(),
      namespaceObject: NAMESPACE,
      // Mutations may always ask for them; validations where there are some.
      ...(policy.variables?.length || structs ? { variables } : {}),
      ...(policy.paramKind === undefined ? {} : { params: DYN }),
    };
    this.#environment = new Environment(declared, structs);
    for (const { name, expression } of policy.variables ?? []) {
      const program = this.compile(expression);
      this.variables.set(name, program);
      const type = program instanceof CelCompileError ? DYN : program.type;
      fields.set(name, { type, property: name });
    }
  }

  /** `results`: what it may answer; default anything. */
  compile(expression: string, results?: readonly CelType[]): Compiled {
    try {
      return this.#environment.compile(expression, results, true);
    } catch (error) {
      if (error instanceof CelCompileError) return error;
      throw error;
    }
  }
}

/** Of conditions, which are asked before there are variables. */
export function conditionsEnvironment({ paramKind }: PolicyVariables): Environment {
  return new Environment({
    ...conditionVariables(),
    namespaceObject: NAMESPACE,
    ...(paramKind === undefined ? {} : { params: DYN }),
  });
}
