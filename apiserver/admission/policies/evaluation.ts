import type { KubernetesObject } from '../../../api/meta.ts';
import { adapt } from '../../../api/cel/adapt.ts';
import {
  CostLimitExceeded,
  PendingAnswer,
  PER_CALL_LIMIT,
  VALIDATION_BUDGET,
} from '../../../api/cel/evaluation.ts';
import type { Bindings } from '../../../api/cel/program.ts';
import { CelCompileError, compileFault } from '../../../api/cel/parser/source.ts';
import { DYN } from '../../../api/cel/types.ts';
import { BuiltMap, CelError, type CelValue } from '../../../api/cel/values.ts';
import { OUT_OF_BUDGET, spentBy } from '../expressions/match-conditions.ts';
import { answered } from '../expressions/variables.ts';
import type { Compiled, PolicyExpressions } from './expressions.ts';

/** What one expression answered, or why it did not. */
export type Answer = { readonly value: CelValue } | { readonly error: string };

/** `variables`: each is evaluated when first asked for, once. */
class LazyVariables extends BuiltMap {
  readonly #evaluate: (name: string) => CelValue | undefined;

  constructor(evaluate: (name: string) => CelValue | undefined) {
    super();
    this.#evaluate = evaluate;
  }

  override get(key: CelValue): CelValue | undefined {
    return typeof key === 'string' ? this.#evaluate(key) : undefined;
  }
}

/** The expressions of one policy on one request with one parameter, within one budget. */
export class PolicyRun {
  readonly bindings: Bindings;
  #left = VALIDATION_BUDGET;

  constructor(
    expressions: PolicyExpressions,
    of: {
      readonly bindings: Bindings;
      readonly namespace: KubernetesObject | undefined;
      readonly param: KubernetesObject | null;
    },
  ) {
    const known = new Map<string, CelValue | CelError>();
    const bindings: Record<string, CelValue | undefined> = {
      ...of.bindings,
      namespaceObject: adapt(of.namespace ?? null, DYN),
      params: adapt(of.param, DYN),
    };
    bindings['variables'] = new LazyVariables((name) => {
      const program = expressions.variables.get(name);
      if (program === undefined) return undefined;
      let value = known.get(name);
      if (value === undefined) known.set(name, (value = this.#variable(program)));
      if (value instanceof CelError) throw value;
      return value;
    });
    this.bindings = bindings;
  }

  /** Its cost is the policy's, however often it is used. */
  #variable(program: Compiled): CelValue | CelError {
    if (program instanceof CelCompileError) return new CelError(program.message);
    try {
      const { value, cost } = program.run(this.bindings, { cost: this.#limit });
      this.#left -= cost;
      return value;
    } catch (error) {
      if (error instanceof CelError) return error;
      throw error;
    }
  }

  get #limit(): number {
    return Math.max(0, Math.min(this.#left, PER_CALL_LIMIT));
  }

  /** One expression alone took too much, or all together. */
  #overspent(expression: string, error: CostLimitExceeded): string {
    this.#left -= spentBy(error);
    if (this.#left < 0) return OUT_OF_BUDGET;
    return `expression '${expression}' resulted in error: ${error.message}`;
  }

  async ask(program: Compiled, expression: string): Promise<Answer> {
    if (program instanceof CelCompileError)
      return { error: `compilation error: ${compileFault(program)}` };
    try {
      const { value, cost } = await answered(program, this.bindings, this.#limit);
      this.#left -= cost;
      return { value };
    } catch (error) {
      if (error instanceof CostLimitExceeded) return { error: this.#overspent(expression, error) };
      if (error instanceof PendingAnswer) return { error: 'too many authorization checks' };
      if (!(error instanceof CelError)) throw error;
      return { error: `expression '${expression}' resulted in error: ${error.message}` };
    }
  }
}
