/** Conditions in CEL over a SubjectAccessReview's spec, as `request`. */
import { adapt } from '../../api/cel/adapt.ts';
import { Environment } from '../../api/cel/environment.ts';
import {
  CostLimitExceeded,
  MATCH_CONDITIONS_BUDGET,
  PER_CALL_LIMIT,
} from '../../api/cel/evaluation.ts';
import type { Program } from '../../api/cel/program.ts';
import { BOOL, type CelType, listOf, mapOf, STRING } from '../../api/cel/types.ts';
import { CelError } from '../../api/cel/values.ts';

/** Fields by their own names: what is reserved in CEL (namespace) may follow a dot. */
function struct(name: string, fields: Readonly<Record<string, CelType>>): CelType {
  const all = new Map(
    Object.entries(fields).map(([property, type]) => [property, { type, property }]),
  );
  return { kind: 'object', name: `kubernetes.${name}`, fields: () => all };
}

const SELECTOR = struct('SelectorAttributes', {
  rawSelector: STRING,
  requirements: listOf(
    struct('SelectorRequirement', { key: STRING, operator: STRING, values: listOf(STRING) }),
  ),
});
const REQUEST = struct('SubjectAccessReviewSpec', {
  resourceAttributes: struct('ResourceAttributes', {
    namespace: STRING,
    verb: STRING,
    group: STRING,
    version: STRING,
    resource: STRING,
    subresource: STRING,
    name: STRING,
    fieldSelector: SELECTOR,
    labelSelector: SELECTOR,
  }),
  nonResourceAttributes: struct('NonResourceAttributes', { path: STRING, verb: STRING }),
  user: STRING,
  groups: listOf(STRING),
  uid: STRING,
  extra: mapOf(STRING, listOf(STRING)),
});

let environment: Environment | undefined;

/** Throws CelCompileError. */
export function compileCondition(expression: string): Program {
  environment ??= new Environment({ request: REQUEST });
  return environment.compile(expression, [BOOL], true);
}

export class AccessConditions {
  readonly #conditions: readonly { readonly text: string; readonly program: Program }[];

  constructor(expressions: readonly string[]) {
    this.#conditions = expressions.map((text) => ({ text, program: compileCondition(text) }));
  }

  /** One that is false decides, whatever fails. */
  judge(spec: object): 'matches' | 'differs' | { readonly failed: string } {
    if (this.#conditions.length === 0) return 'matches';
    const request = adapt(complete(spec), REQUEST);
    let budget = MATCH_CONDITIONS_BUDGET;
    const failures: string[] = [];
    for (const { text, program } of this.#conditions) {
      try {
        const cost = Math.min(budget, PER_CALL_LIMIT);
        const outcome = program.run({ request }, { cost });
        budget -= outcome.cost;
        if (outcome.value === false) return 'differs';
      } catch (error) {
        if (!(error instanceof CelError || error instanceof CostLimitExceeded)) throw error;
        failures.push(
          `cel evaluation error: expression '${text}' resulted in error: ${error.message}`,
        );
      }
    }
    const [first, ...more] = failures;
    if (first === undefined) return 'matches';
    return { failed: more.length === 0 ? first : `[${failures.join(', ')}]` };
  }
}

/** Strings that are not set are empty, as Go has them; `has` still tells the two sorts apart. */
function complete(spec: object): object {
  const { resourceAttributes } = spec as { readonly resourceAttributes?: object };
  const filled = { uid: '', groups: [], extra: {}, ...spec };
  if (resourceAttributes === undefined) return filled;
  const empty = { namespace: '', group: '', version: '', subresource: '', name: '' };
  return { ...filled, resourceAttributes: { ...empty, ...resourceAttributes } };
}
