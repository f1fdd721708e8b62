/**
 * What an expression may cost at most, before it has ever run: so that a rule which could be slow
 * on the largest object its schema allows is refused with its definition (KEP-2876). The rules
 * are cel-go's, as the costs of runs are.
 */
import type { Checked } from './checker.ts';
import type { Overload } from './overloads.ts';
import type { Call, Expr, Fold, Select } from './syntax.ts';
import type { CelType } from './types.ts';

export interface CostEstimate {
  readonly min: number;
  /** Infinity where nothing bounds it. */
  readonly max: number;
}

interface Estimated extends CostEstimate {
  /** How large the result may be. */
  readonly size: number;
}

const FREE: CostEstimate = { min: 0, max: 0 };
const sum = (...costs: readonly CostEstimate[]): CostEstimate => ({
  min: costs.reduce((total, { min }) => total + min, 0),
  max: costs.reduce((total, { max }) => total + max, 0),
});
const plus = ({ min, max }: CostEstimate, units: number): CostEstimate => ({
  min: min + units,
  max: max + units,
});

/** Nothing of a scalar depends on its size; of what is unknown, everything does. */
function typeSize(type: CelType | undefined): number {
  if (type?.maxSize !== undefined) return type.maxSize;
  switch (type?.kind) {
    case 'string':
    case 'bytes':
    case 'list':
    case 'map':
    case 'dyn':
    case 'parameter':
    case undefined:
      return Infinity;
    default:
      return 1;
  }
}

class Estimator {
  readonly #checked: Checked;

  constructor(checked: Checked) {
    this.#checked = checked;
  }

  of(expr: Expr): Estimated {
    const size = typeSize(this.#checked.types.get(expr));
    switch (expr.type) {
      case 'constant':
        return { ...FREE, size: typeof expr.value === 'string' ? expr.value.length : size };
      case 'ident':
        return { min: 1, max: 1, size };
      case 'select':
        return { ...this.#select(expr), size };
      case 'call':
        return this.#call(expr, size);
      case 'logical': {
        const [first, ...rest] = expr.terms.map((term) => this.of(term));
        const max = rest.reduce((total, cost) => total + cost.max, first!.max);
        return { min: first!.min, max, size: 1 };
      }
      case 'conditional': {
        const condition = this.of(expr.condition);
        const [a, b] = [this.of(expr.then), this.of(expr.otherwise)];
        const either = { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
        return { ...sum(condition, either), size: Math.max(a.size, b.size) };
      }
      case 'list': {
        const costs = expr.elements.map(({ value }) => this.of(value));
        return { ...plus(sum(...costs), 10), size: costs.length };
      }
      case 'map': {
        const costs = expr.entries.flatMap(({ key, value }) => [this.of(key), this.of(value)]);
        return { ...plus(sum(...costs), 30), size: expr.entries.length };
      }
      case 'struct':
        return { ...plus(sum(...expr.fields.map(({ value }) => this.of(value))), 40), size: 1 };
      case 'fold':
        return this.#fold(expr);
      case 'optionalMap': {
        const body = this.of(expr.body);
        return { ...sum(this.of(expr.target), { min: 0, max: body.max }), size: body.size };
      }
    }
  }

  #select({ operand, test }: Select): CostEstimate {
    return plus(this.of(operand), test ? 0 : 1);
  }

  #call(expr: Call, typed: number): Estimated {
    const overloads = this.#checked.overloads.get(expr);
    const qualified = overloads?.[0]?.member === false;
    const args = expr.target === undefined || qualified ? expr.args : [expr.target, ...expr.args];
    const estimates = args.map((arg) => this.of(arg));
    const sizes = estimates.map(({ size }) => size);
    const own = (overloads ?? []).map((overload) => callCost(overload, sizes));
    const cost = {
      min: own.length === 0 ? 1 : Math.min(...own.map(({ min }) => min)),
      max: own.length === 0 ? 1 : Math.max(...own.map(({ max }) => max)),
    };
    const results = (overloads ?? []).map(({ size }) => size?.(sizes) ?? typed);
    const size = Math.min(typed, results.length === 0 ? typed : Math.max(...results));
    return { ...sum(...estimates, cost), size };
  }

  #fold({ macro, range, filter, body }: Fold): Estimated {
    const over = this.of(range);
    const inner = this.of(body);
    const test = filter === undefined ? FREE : this.of(filter);
    const step = inner.max + test.max + stepCosts[macro];
    const max = over.max + times(over.size, step) + resultCosts[macro];
    const size = macro === 'map' || macro === 'filter' ? over.size : 1;
    return { min: over.min + 1, max, size };
  }
}

const stepCosts = {
  ...{ all: 3, exists: 4, exists_one: 3, map: 13, filter: 13 },
  ...{ transformMap: 33, transformMapEntry: 33 },
};
const resultCosts = {
  ...{ all: 1, exists: 1, exists_one: 2, map: 1, filter: 1 },
  ...{ transformMap: 1, transformMapEntry: 1 },
};

/** Nothing, however often, is nothing. */
function times(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b;
}

function callCost({ cost }: Overload, sizes: readonly number[]): CostEstimate {
  if (cost === undefined) return { min: 1, max: 1 };
  const max = cost(sizes);
  return { min: cost(sizes.map(() => 0)), max: Number.isNaN(max) ? Infinity : max };
}

/** The largest types of all variables are meant: {@link CelType.maxSize}. */
export function estimateCost(checked: Checked): CostEstimate {
  const { min, max } = new Estimator(checked).of(checked.expr);
  return { min, max };
}
