import type { Checked } from './checker.ts';
import type { Evaluation } from './evaluation.ts';
import type { Expr } from './parser/syntax.ts';
import type { CelValue } from './values.ts';

export interface Step {
  (evaluation: Evaluation): CelValue;
  /** What it always answers, at no cost: cel-go evaluates such parts once, beforehand. */
  readonly constant?: CelValue;
}

export function constantStep(value: CelValue): Step {
  return Object.assign(() => value, { constant: value });
}

export const isConstant = (step: Step): step is Step & { readonly constant: CelValue } =>
  Object.hasOwn(step, 'constant');

/** Where variables stand in {@link Evaluation.slots}. */
export class Slots {
  readonly #byName: ReadonlyMap<string, number>;
  /** The next free one. */
  readonly next: number;

  constructor(byName: ReadonlyMap<string, number>, next: number) {
    this.#byName = byName;
    this.next = next;
  }

  get(name: string): number | undefined {
    return this.#byName.get(name);
  }

  with(names: readonly string[]): Slots {
    const added = names.map((name, i) => [name, this.next + i] as const);
    return new Slots(new Map([...this.#byName, ...added]), this.next + names.length);
  }
}

export interface Compilation {
  readonly checked: Checked;
  step(expr: Expr, slots: Slots): Step;
  /**
   * The same where cel-go resolves a path instead of evaluating an expression (a branch of a
   * conditional, an index): its first name costs nothing.
   */
  path(expr: Expr, slots: Slots): Step;
}
