/** Conditions in CEL that narrow down what a webhook or policy is asked about (KEP-3716). */
import type { MatchCondition } from '../../../api/types/admissionregistration-v1.ts';
import {
  CostLimitExceeded,
  MATCH_CONDITIONS_BUDGET,
  PER_CALL_LIMIT,
} from '../../../api/cel/evaluation.ts';
import type { Environment } from '../../../api/cel/environment.ts';
import type { Bindings, Program } from '../../../api/cel/program.ts';
import { CelCompileError } from '../../../api/cel/parser/source.ts';
import { BOOL } from '../../../api/cel/types.ts';
import { CelError } from '../../../api/cel/values.ts';
import type { Lookups } from '../lookups.ts';
import type { ReviewRequest } from '../webhooks/review.ts';
import { answered, bindingsOf, conditionEnvironment } from './variables.ts';

type Compiled = readonly (Program | CelCompileError)[];

const compiled = new WeakMap<readonly MatchCondition[], Compiled>();

/** Remembered with the conditions, which belong to the cache. */
function compile(conditions: readonly MatchCondition[], environment: Environment): Compiled {
  let programs = compiled.get(conditions);
  if (programs === undefined) {
    programs = conditions.map(({ expression }) => {
      try {
        return environment.compile(expression, [BOOL], true);
      } catch (error) {
        // Stored by a server that knew more.
        if (error instanceof CelCompileError) return error;
        throw error;
      }
    });
    compiled.set(conditions, programs);
  }
  return programs;
}

export const OUT_OF_BUDGET =
  'validation failed due to running out of cost budget, no further validation rules will be run';

/** What went wrong in an expression that compiles. */
function evaluationText(expression: string, error: unknown): string {
  if (error instanceof CelError || error instanceof CostLimitExceeded)
    return `expression '${expression}' resulted in error: ${error.message}`;
  if (error instanceof CelCompileError) return `compilation error: ${error.message}`;
  throw error as Error;
}

/** What an expression that was stopped takes from a budget: that it was stopped costs, too. */
export function spentBy({ cost }: CostLimitExceeded): number {
  return Math.max(cost, PER_CALL_LIMIT);
}

/** A condition could not be answered, and the request must not go on without. */
export class ConditionFailure extends Error {
  override readonly name = 'ConditionFailure';
}

export interface ConditionOptions {
  readonly lookups: Pick<Lookups, 'decide'>;
  readonly failurePolicy?: string | undefined;
  /** More variables: params. */
  readonly bindings?: Bindings;
  /** Where they are declared. Default: none more. */
  readonly environment?: Environment;
}

/**
 * True if all hold. One that is false decides, whatever fails, unless they cost too much together:
 * all are run, as in Kubernetes. Else the failure policy decides whether the request is none of the
 * webhook's business or fails ({@link ConditionFailure}).
 */
export async function matchConditions(
  conditions: readonly MatchCondition[],
  request: ReviewRequest,
  options: ConditionOptions,
): Promise<boolean> {
  let failures: string[] = [];
  const bindings = { ...bindingsOf(request, options.lookups), ...options.bindings };
  const environment = options.environment ?? conditionEnvironment();
  let budget = MATCH_CONDITIONS_BUDGET;
  let isRefuted = false;
  for (const [i, program] of compile(conditions, environment).entries()) {
    try {
      if (program instanceof CelCompileError) throw program;
      const { value, cost } = await answered(program, bindings, Math.min(budget, PER_CALL_LIMIT));
      budget -= cost;
      if (value === false) isRefuted = true;
    } catch (error) {
      const spent = error instanceof CostLimitExceeded ? spentBy(error) : 0;
      if (spent > budget) {
        failures = [OUT_OF_BUDGET];
        isRefuted = false;
        break;
      }
      budget -= spent;
      failures.push(evaluationText(conditions[i]!.expression, error));
    }
  }
  if (isRefuted) return false;
  if (failures.length === 0) return true;
  if (options.failurePolicy === 'Ignore') return false;
  const texts = [...new Set(failures)];
  throw new ConditionFailure(texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`);
}
