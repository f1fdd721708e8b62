/**
 * Type checking of policies: an expression that could never hold of a kind it is about (a field
 * misspelled, a text compared with a number) is told of in the policy's status. Expressions of a
 * policy are untyped where they run, so nothing is refused.
 */
import type {
  ExpressionWarning,
  ValidatingAdmissionPolicy,
} from '../../api/types/admissionregistration-v1.ts';
import { NAMESPACE, REQUEST } from '../../api/cel/admission-types.ts';
import { authorizerTypes } from '../../api/cel/libraries/authorizer.ts';
import { Environment } from '../../api/cel/environment.ts';
import { CelCompileError } from '../../api/cel/parser/source.ts';
import { type CelType, DYN, type ObjectField } from '../../api/cel/types.ts';
import { kindText, type Kind } from './matched.ts';

export interface TypedKind {
  readonly kind: Kind;
  readonly type: CelType;
}

/** `params`: undefined if there are none, or nobody knows what they are. */
export function expressionWarnings(
  policy: ValidatingAdmissionPolicy,
  kinds: readonly TypedKind[],
  params: CelType | undefined,
): readonly ExpressionWarning[] {
  const { validations = [], variables = [] } = policy.spec ?? {};
  const environments = kinds.map(({ kind, type }) => {
    const fields = new Map<string, ObjectField>();
    const environment = new Environment({
      object: type,
      oldObject: type,
      namespaceObject: NAMESPACE,
      request: REQUEST,
      ...(params === undefined ? {} : { params }),
      authorizer: authorizerTypes.authorizer,
      variables: { kind: 'object', name: 'kubernetes.variables', fields: () => fields },
    });
    for (const { name, expression } of variables) {
      const checked = checkedType(environment, expression);
      fields.set(name, { type: typeof checked === 'string' ? DYN : checked, property: name });
    }
    return { kind, environment };
  });
  const warningOf = (fieldRef: string, expression: string): ExpressionWarning[] => {
    const texts = environments.flatMap(({ kind, environment }) => {
      const fault = checkedType(environment, expression);
      return typeof fault === 'string' ? [`${kindText(kind)}: ${fault}\n`] : [];
    });
    return texts.length === 0 ? [] : [{ fieldRef, warning: texts.join('\n') }];
  };
  return validations.flatMap(({ expression, messageExpression }, i) => [
    ...warningOf(`spec.validations[${i}].expression`, expression),
    ...(messageExpression
      ? warningOf(`spec.validations[${i}].messageExpression`, messageExpression)
      : []),
  ]);
}

/** A text if the expression is wrong. */
function checkedType(environment: Environment, expression: string): CelType | string {
  try {
    return environment.check(expression).type;
  } catch (error) {
    if (error instanceof CelCompileError) return error.message;
    throw error;
  }
}
