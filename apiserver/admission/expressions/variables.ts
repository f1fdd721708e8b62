/** What expressions of webhooks and policies may speak of, and their values for one request. */
import type { Lookups } from '../lookups.ts';
import { adapt } from '../../../api/cel/adapt.ts';
import { REQUEST } from '../../../api/cel/admission-types.ts';
import { authorizerTypes, authorizerValues } from '../../../api/cel/libraries/authorizer.ts';
import { Environment } from '../../../api/cel/environment.ts';
import { PendingAnswer } from '../../../api/cel/evaluation.ts';
import type { Bindings, Outcome, Program } from '../../../api/cel/program.ts';
import { type CelType, DYN } from '../../../api/cel/types.ts';
import type { CelValue } from '../../../api/cel/values.ts';
import { requestOf, type ReviewRequest } from '../webhooks/review.ts';

/** Of match conditions: what every expression sees. */
export function conditionVariables(): Readonly<Record<string, CelType>> {
  return { object: DYN, oldObject: DYN, request: REQUEST, ...authorizerTypes };
}

let conditions: Environment | undefined;

export function conditionEnvironment(): Environment {
  conditions ??= new Environment(conditionVariables());
  return conditions;
}

/** The values of {@link conditionVariables}. */
export function bindingsOf(
  request: ReviewRequest,
  lookups: Pick<Lookups, 'decide'>,
): Record<string, CelValue> {
  const { attributes, type, objects } = request;
  const { user, subresource, name, namespace } = attributes;
  const { group, resource } = type;
  return {
    object: adapt(objects.object ?? null, DYN),
    oldObject: adapt(objects.oldObject ?? null, DYN),
    request: adapt(requestOf(request, ''), REQUEST),
    ...authorizerValues((check) => lookups.decide(user, check), {
      group,
      resource,
      subresource,
      namespace,
      name,
    }),
  };
}

/** Answers that one run may wait for: more cost more than a run may. */
const MAX_ANSWERS = 32;

/** Runs a program, and again when what it asked for is known. */
export async function answered(
  program: Program,
  bindings: Bindings,
  cost: number,
): Promise<Outcome> {
  for (let asked = 0; ; asked++) {
    try {
      return program.run(bindings, { cost });
    } catch (error) {
      if (!(error instanceof PendingAnswer) || asked === MAX_ANSWERS) throw error;
      await error.answered;
    }
  }
}
