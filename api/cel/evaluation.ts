import type { CelValue } from './values.ts';

/** Kubernetes' bounds: of one expression, and what a whole validation may cost. */
export const PER_CALL_LIMIT = 1_000_000;
export const VALIDATION_BUDGET = 10_000_000;
export const MATCH_CONDITIONS_BUDGET = 2_500_000;

export interface Limits {
  /** In cost units. Default {@link PER_CALL_LIMIT}. */
  readonly cost?: number;
}

export class CostLimitExceeded extends Error {
  override readonly name = 'CostLimitExceeded';

  constructor() {
    super('operation cancelled: actual cost limit exceeded');
  }
}

/** An answer that only somebody else has: once it has come, the expression is run anew. */
export class PendingAnswer extends Error {
  override readonly name = 'PendingAnswer';
  readonly answered: Promise<void>;

  constructor(answered: Promise<void>) {
    super('an answer is pending');
    this.answered = answered;
  }
}

/** One run of one program. */
export class Evaluation {
  /** Declared variables, and after them those of comprehensions. */
  readonly slots: (CelValue | undefined)[];
  cost = 0;
  readonly #limit: number;

  constructor(slots: (CelValue | undefined)[], limits: Limits) {
    this.slots = slots;
    this.#limit = limits.cost ?? PER_CALL_LIMIT;
  }

  charge(units: number): void {
    this.cost += units;
    if (this.cost > this.#limit) throw new CostLimitExceeded();
  }
}
