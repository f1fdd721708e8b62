/** What is wrong with an admission policy, its expressions included. */
import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
} from '../../../../api/field-errors.ts';
import type {
  AuditAnnotation,
  ValidatingAdmissionPolicyBindingSpec,
  ValidatingAdmissionPolicySpec,
  Validation,
  Variable,
} from '../../../../api/types/admissionregistration-v1.ts';
import type {
  MutatingAdmissionPolicyBindingSpec,
  MutatingAdmissionPolicySpec,
  Mutation,
} from '../../../../api/types/admissionregistration-v1beta1.ts';
import { dns1123Subdomain, qualifiedName } from '../../../../api/validation/names.ts';
import {
  type Compiled,
  conditionsEnvironment,
  PolicyExpressions,
} from '../../../admission/policies/expressions.ts';
import { APPLIED, mutationStructs, PATCH } from '../../../admission/policies/mutations.ts';
import { CelCompileError } from '../../../../api/cel/parser/source.ts';
import { BOOL, type CelType, NULL, STRING } from '../../../../api/cel/types.ts';
import { check, oneOf } from '../checks.ts';
import {
  validateConstraints,
  validateMatchResources,
  validateParamKind,
  validateParamRef,
} from './match-resources.ts';
import { compileText, conditionErrors } from './webhook-validation.ts';

const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const MAX_ANNOTATIONS = 20;
const MAX_VALUE_EXPRESSION = 5 * 1024;

/** `compile` answers a program, or what the expression's author has to be told. */
function expressionErrors(
  expression: string | undefined,
  field: string,
  compile: (expression: string) => Compiled,
): FieldError[] {
  if (!expression?.trim()) return [required(field, 'expression is not specified')];
  const program = compile(expression);
  if (!(program instanceof CelCompileError)) return [];
  return [invalid(field, expression, compileText(program))];
}

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

function variableErrors(
  variables: readonly Variable[],
  expressions: PolicyExpressions,
): FieldError[] {
  return variables.flatMap(({ name, expression }, i) => {
    const field = `spec.variables[${i}]`;
    const errors: FieldError[] = [];
    if (!name) errors.push(required(`${field}.name`, 'name is not specified'));
    else if (!IDENTIFIER.test(name))
      errors.push(invalid(`${field}.name`, name, 'must be a valid CEL identifier'));
    const compiled = (): Compiled => expressions.variables.get(name)!;
    return [...errors, ...expressionErrors(expression, `${field}.expression`, compiled)];
  });
}

function validationErrors(
  validation: Validation,
  field: string,
  compile: (expression: string, results: readonly CelType[]) => Compiled,
): FieldError[] {
  const { expression, message, messageExpression, reason } = validation;
  const errors = expressionErrors(expression, `${field}.expression`, (text) =>
    compile(text, [BOOL]),
  );
  const empty = 'must be non-empty if specified';
  if (messageExpression?.trim())
    errors.push(
      ...expressionErrors(messageExpression, `${field}.messageExpression`, (text) =>
        compile(text, [STRING]),
      ),
    );
  else if (messageExpression)
    errors.push(invalid(`${field}.messageExpression`, messageExpression, empty));
  if (message && message.trim() === '') errors.push(invalid(`${field}.message`, message, empty));
  else if (message && /[\r\n]/.test(message.trim()))
    errors.push(invalid(`${field}.message`, message, 'must not contain line breaks'));
  if (reason !== undefined && !REASONS.includes(reason))
    errors.push(notSupported(`${field}.reason`, reason, REASONS));
  return errors;
}

function annotationErrors(
  annotations: readonly AuditAnnotation[],
  expressions: PolicyExpressions,
  policyName: string,
): FieldError[] {
  const field = 'spec.auditAnnotations';
  if (annotations.length > MAX_ANNOTATIONS) {
    const detail = `must not have more than ${MAX_ANNOTATIONS} auditAnnotations`;
    const shown = annotations.map(({ key, valueExpression }) => ({
      Key: key,
      ValueExpression: valueExpression,
    }));
    return [invalid(field, shown, detail)];
  }
  return annotations.flatMap(({ key = '', valueExpression }, i) => {
    const at = `${field}[${i}]`;
    // The key in the audit log has the policy's name before it.
    const named = `${policyName}/${key}`;
    const errors =
      policyName === ''
        ? [invalid(`${at}.key`, key, 'requires metadata.name be non-empty')]
        : check(qualifiedName, named, `${at}.key`);
    if (annotations.findIndex((other) => other.key === key) < i)
      errors.push(duplicate(`${at}.key`, key));
    const compile = (text: string): Compiled => expressions.compile(text, [STRING, NULL]);
    const where = `${at}.valueExpression`;
    const trimmed = valueExpression.trim();
    if (trimmed === '') return [...errors, required(where, 'valueExpression is not specified')];
    if (Buffer.byteLength(trimmed) > MAX_VALUE_EXPRESSION) {
      const detail = `must not exceed ${MAX_VALUE_EXPRESSION} bytes in length`;
      return [...errors, required(where, detail)];
    }
    return [...errors, ...expressionErrors(valueExpression, where, compile)];
  });
}

type CommonSpec = Pick<
  ValidatingAdmissionPolicySpec,
  'failurePolicy' | 'paramKind' | 'matchConstraints' | 'matchConditions' | 'variables'
>;

function commonErrors(spec: CommonSpec, expressions: PolicyExpressions): FieldError[] {
  const conditions = spec.matchConditions ?? [];
  return [
    ...oneOf(spec.failurePolicy, ['Fail', 'Ignore'], {
      field: 'spec.failurePolicy',
      pointer: true,
    }),
    ...validateParamKind(spec.paramKind, 'spec.paramKind'),
    ...validateConstraints(spec.matchConstraints, 'spec.matchConstraints'),
    ...conditionErrors(conditions, 'spec.matchConditions', conditionsEnvironment(spec)),
    ...variableErrors(spec.variables ?? [], expressions),
  ];
}

export function validatePolicy(spec: ValidatingAdmissionPolicySpec, name: string): FieldError[] {
  const expressions = new PolicyExpressions(spec);
  const { validations = [], auditAnnotations: annotations = [] } = spec;
  const errors = commonErrors(spec, expressions);
  if (validations.length === 0 && annotations.length === 0) {
    const detail = 'validations or auditAnnotations must contain at least one item';
    errors.push(required('spec.validations', detail), required('spec.auditAnnotations', detail));
  }
  return [
    ...errors,
    ...validations.flatMap((validation, i) =>
      validationErrors(validation, `spec.validations[${i}]`, (text, results) =>
        expressions.compile(text, results),
      ),
    ),
    ...annotationErrors(annotations, expressions, name),
  ];
}

/** What a mutation may change the object of. */
const MUTABLE = ['*', 'CONNECT', 'CREATE', 'UPDATE'];

export function validateMutations(spec: MutatingAdmissionPolicySpec): FieldError[] {
  const expressions = new PolicyExpressions(spec, mutationStructs);
  const { mutations = [], reinvocationPolicy } = spec;
  const errors = commonErrors(spec, expressions);
  const verbs = spec.matchConstraints?.resourceRules?.flatMap(({ operations = [] }) => operations);
  for (const verb of new Set(verbs))
    if (verb === 'DELETE')
      errors.push(notSupported('spec.matchConstraints.resourceRules.operations', verb, MUTABLE));
  const reinvocation = { field: 'spec.reinvocationPolicy' };
  errors.push(...oneOf(reinvocationPolicy, ['IfNeeded', 'Never'], reinvocation));
  if (mutations.length === 0)
    errors.push(required('spec.mutations', 'mutations must contain at least one item'));
  for (const [i, mutation] of mutations.entries())
    errors.push(...mutationErrors(mutation, `spec.mutations[${i}]`, expressions));
  return errors;
}

const PARTS = {
  ApplyConfiguration: { own: 'applyConfiguration', other: 'jsonPatch', result: APPLIED },
  JSONPatch: { own: 'jsonPatch', other: 'applyConfiguration', result: PATCH },
} as const;

function mutationErrors(
  mutation: Mutation,
  field: string,
  expressions: PolicyExpressions,
): FieldError[] {
  const { patchType } = mutation;
  const at = { field: `${field}.patchType` };
  const errors = oneOf(patchType, Object.keys(PARTS), at);
  if (errors.length > 0) return errors;
  const { own, other, result } = PARTS[patchType as keyof typeof PARTS];
  const where = `${field}.${own}`;
  const { expression } = mutation[own] ?? {};
  if (mutation[own] === undefined)
    errors.push(required(where, `must be specified when patchType is ${patchType}`));
  else if (!expression?.trim()) errors.push(required(`${where}.expression`));
  else
    errors.push(
      ...expressionErrors(expression.trim(), `${where}.expression`, (text) =>
        expressions.compile(text, [result]),
      ),
    );
  const detail = `must not be specified when patchType is ${patchType}`;
  if (mutation[other] !== undefined)
    errors.push(invalid(`${field}.${other}`, `{${other}}`, detail));
  return errors;
}

const ACTIONS = ['Audit', 'Deny', 'Warn'];

function bindingErrors(spec: MutatingAdmissionPolicyBindingSpec): FieldError[] {
  const { policyName, paramRef, matchResources } = spec;
  return [
    ...(policyName
      ? check(dns1123Subdomain, policyName, 'spec.policyName')
      : [required('spec.policyName')]),
    ...validateParamRef(paramRef, 'spec.paramRef'),
    ...validateMatchResources(matchResources, 'spec.matchResources'),
  ];
}

export const validateMutatingBinding = bindingErrors;

export function validateBinding(spec: ValidatingAdmissionPolicyBindingSpec): FieldError[] {
  const { validationActions: actions = [] } = spec;
  const field = 'spec.validationActions';
  const errors = bindingErrors(spec);
  if (actions.length === 0)
    errors.push(required(field, 'at least one validation action is required'));
  for (const [i, action] of actions.entries()) {
    if (!ACTIONS.includes(action)) errors.push(notSupported(`${field}[${i}]`, action, ACTIONS));
    if (actions.indexOf(action) < i) errors.push(duplicate(`${field}[${i}]`, action));
  }
  if (actions.includes('Deny') && actions.includes('Warn'))
    errors.push(
      invalid(
        field,
        actions,
        'must not contain both Deny and Warn (repeating the same validation failure information ' +
          'in the API response and headers serves no purpose)',
      ),
    );
  return errors;
}
