/** An expression ready to run: as often as wanted, with other values each time. */
import type { Checked } from './checker.ts';
import { Evaluation, type Limits } from './evaluation.ts';
import type { Step } from './compilation.ts';
import { stepOf } from './steps.ts';
import type { CelType } from './types.ts';
import { type CelValue, CelError } from './values.ts';
import { visit } from './literals.ts';

/** By the names of the declared variables; what is not given has no value. */
export type Bindings = Readonly<Record<string, CelValue | undefined>>;

export interface Outcome {
  readonly value: CelValue;
  /** In Kubernetes' units. */
  readonly cost: number;
}

export class Program {
  readonly checked: Checked;
  readonly #variables: readonly string[];
  readonly #step: Step;

  constructor(checked: Checked, variables: readonly string[]) {
    this.checked = checked;
    this.#variables = variables;
    this.#step = stepOf(checked, variables);
  }

  get type(): CelType {
    return this.checked.type;
  }

  /** True if the expression asks for the variable: oldSelf makes a transition rule of it. */
  uses(variable: string): boolean {
    let found = false;
    visit(this.checked.expr, (node) => {
      if (node.type === 'ident' && node.name === variable) found = true;
    });
    return found;
  }

  /**
   * Throws {@link CelError} for what goes wrong in the expression, CostLimitExceeded where it
   * costs more than allowed, and PendingAnswer where something has to be asked first.
   */
  run(bindings: Bindings, limits: Limits): Outcome {
    const evaluation = new Evaluation(
      this.#variables.map((name) => bindings[name]),
      limits,
    );
    try {
      const value = this.#step(evaluation);
      return { value, cost: evaluation.cost };
    } catch (error) {
      // Too deep for the engine: the expression is at fault, and nobody else is.
      const failed =
        error instanceof RangeError ? new CelError('expression is too complex to evaluate') : error;
      if (failed instanceof CelError) failed.cost = evaluation.cost;
      throw failed;
    }
  }
}
