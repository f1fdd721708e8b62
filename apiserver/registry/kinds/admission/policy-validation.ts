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
} from '../../../../api/types/admissionregistration-v1beta1.ts';
import { dns1123Subdomain, qualifiedName } from '../../../../api/validation/names.ts';
import {
  type Compiled,
  conditionsEnvironment,
  PolicyExpressions,
} from '../../../admission/policies/expressions.ts';
import { APPLIED, mutationStructs, PATCH } from '../../../admission/policies/mutations.ts';
import { CelCompileError } from '../../../../api/cel/source.ts';
import { BOOL, type CelType, NULL, STRING } from '../../../../api/cel/types.ts';
import { check, oneOf } from '../checks.ts';
import {
  validateConstraints,
  validateMatchResources,
  validateParamKind,
  validateParamRef,
} from './match-resources.ts';
import { compileText, conditionErrors } from './webhook-validation.ts';

/** Unauthorized is taken too, but not told. */
const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const MAX_ANNOTATIONS = 20;

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
    if (variables.findIndex((other) => other.name === name) < i)
      errors.push(duplicate(`${field}.name`, name));
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
  if (message !== undefined) {
    if (message.trim() === '')
      errors.push(invalid(`${field}.message`, message, 'message must be non-empty if specified'));
    else if (message.includes('\n'))
      errors.push(invalid(`${field}.message`, message, 'message must not contain line breaks'));
  } else if (expression.trim().includes('\n') && messageExpression === undefined) {
    const detail = 'message must be specified if expression contains line breaks';
    errors.push(required(`${field}.message`, detail));
  }
  if (messageExpression !== undefined)
    errors.push(
      ...expressionErrors(messageExpression, `${field}.messageExpression`, (text) =>
        compile(text, [STRING]),
      ),
    );
  if (reason !== undefined && reason !== 'Unauthorized' && !REASONS.includes(reason))
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
    return [invalid(field, annotations.length, detail)];
  }
  return annotations.flatMap(({ key = '', valueExpression }, i) => {
    const at = `${field}[${i}]`;
    // The key in the audit log has the policy's name before it.
    const faults = qualifiedName(`${policyName}/${key}`);
    const errors =
      key === ''
        ? [required(`${at}.key`)]
        : faults.map((fault) => invalid(`${at}.key`, `${policyName}/${key}`, fault));
    if (annotations.findIndex((other) => other.key === key) < i)
      errors.push(duplicate(`${at}.key`, key));
    const compile = (text: string): Compiled => expressions.compile(text, [STRING, NULL]);
    return [...errors, ...expressionErrors(valueExpression, `${at}.valueExpression`, compile)];
  });
}

type CommonSpec = Pick<
  ValidatingAdmissionPolicySpec,
  'failurePolicy' | 'paramKind' | 'matchConstraints' | 'matchConditions' | 'variables'
>;

function commonErrors(spec: CommonSpec, expressions: PolicyExpressions): FieldError[] {
  const conditions = spec.matchConditions ?? [];
  return [
    ...oneOf(spec.failurePolicy, ['Fail', 'Ignore'], { field: 'spec.failurePolicy' }),
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

export function validateMutations(spec: MutatingAdmissionPolicySpec): FieldError[] {
  const expressions = new PolicyExpressions(spec, mutationStructs);
  const { mutations = [], reinvocationPolicy } = spec;
  const errors = commonErrors(spec, expressions);
  const reinvocation = { field: 'spec.reinvocationPolicy' };
  errors.push(...oneOf(reinvocationPolicy, ['IfNeeded', 'Never'], reinvocation));
  if (mutations.length === 0)
    errors.push(required('spec.mutations', 'mutations must contain at least one item'));
  for (const [i, { patchType, applyConfiguration, jsonPatch }] of mutations.entries()) {
    const field = `spec.mutations[${i}]`;
    const merges = patchType === 'ApplyConfiguration';
    errors.push(
      ...oneOf(patchType, ['ApplyConfiguration', 'JSONPatch'], { field: `${field}.patchType` }),
    );
    const part = merges ? 'applyConfiguration' : 'jsonPatch';
    const own = merges ? applyConfiguration : jsonPatch;
    const other = merges ? jsonPatch : applyConfiguration;
    if (own === undefined)
      errors.push(
        required(`${field}.${part}`, `${part} is required when patchType is ${patchType}`),
      );
    else
      errors.push(
        ...expressionErrors(own.expression, `${field}.${part}.expression`, (text) =>
          expressions.compile(text, [merges ? APPLIED : PATCH]),
        ),
      );
    if (other !== undefined) {
      const wrong = merges ? 'jsonPatch' : 'applyConfiguration';
      const detail = `${wrong} is not allowed when patchType is ${patchType}`;
      errors.push(invalid(`${field}.${wrong}`, other, detail));
    }
  }
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
