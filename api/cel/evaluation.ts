import type { CelValue } from './values.ts';

/** Kubernetes' bounds: of one expression, and what a whole validation may cost. */
export const PER_CALL_LIMIT = 1_000_000;
export const VALIDATION_BUDGET = 10_000_000;
export const MATCH_CONDITIONS_BUDGET = 2_500_000;

/**
 * Ours, in units of {@link weightOf}: what the calls of one run may walk through that Kubernetes
 * charges as a single step. There the request's deadline ends such a run; here it would hold up
 * everybody.
 */
export const MAX_WEIGHT = 4_000_000;

export interface Limits {
  /** In cost units. Default {@link PER_CALL_LIMIT}. */
  readonly cost?: number;
}

export class CostLimitExceeded extends Error {
  override readonly name = 'CostLimitExceeded';
  /** With what was one too many. */
  readonly cost: number;

  constructor(cost: number) {
    super('operation cancelled: actual cost limit exceeded');
    this.cost = cost;
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
  #weight = 0;
  readonly #limit: number;

  constructor(slots: (CelValue | undefined)[], limits: Limits) {
    this.slots = slots;
    this.#limit = limits.cost ?? PER_CALL_LIMIT;
  }

  charge(units: number): void {
    this.cost += units;
    if (this.cost > this.#limit) throw new CostLimitExceeded(this.cost);
  }

  /** Throws as {@link charge} does; costs nothing. */
  carry(weight: number): void {
    this.#weight += weight;
    if (this.#weight > MAX_WEIGHT) throw new CostLimitExceeded(this.cost);
  }
}
