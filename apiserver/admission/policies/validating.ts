/**
 * ValidatingAdmissionPolicy (KEP-3488): rules in CEL on what is about to be stored. A policy does
 * nothing until a binding says where it holds, with which parameters, and what a failure means.
 */
import { StatusError, type StatusReason, statusCodes } from '../../../api/status.ts';
import type {
  AuditAnnotation,
  ValidatingAdmissionPolicySpec,
  Validation,
} from '../../../api/types/admissionregistration-v1.ts';
import { BOOL, NULL, STRING } from '../../../api/cel/types.ts';
import {
  type AdmissionAttributes,
  type AdmissionPlugin,
  admissionForbidden,
} from '../admission.ts';
import { ConditionFailure, matchConditions } from '../expressions/match-conditions.ts';
import { bindingsOf } from '../expressions/variables.ts';
import type { Lookups } from '../lookups.ts';
import { type Bound, boundPolicies, isPolicyExempt } from './bound-policies.ts';
import { PolicyRun } from './evaluation.ts';
import { type Compiled, conditionsEnvironment, PolicyExpressions } from './expressions.ts';
import { ConfigurationError } from './params.ts';

interface CompiledPolicy {
  readonly expressions: PolicyExpressions;
  readonly conditions: ReturnType<typeof conditionsEnvironment>;
  readonly validations: readonly {
    readonly validation: Validation;
    readonly program: Compiled;
    readonly message: Compiled | undefined;
  }[];
  readonly annotations: readonly {
    readonly annotation: AuditAnnotation;
    readonly program: Compiled;
  }[];
}

const compiled = new WeakMap<ValidatingAdmissionPolicySpec, CompiledPolicy>();

/** Remembered with the policy, which belongs to the cache. */
function compilePolicy(spec: ValidatingAdmissionPolicySpec): CompiledPolicy {
  let policy = compiled.get(spec);
  if (policy === undefined) {
    const expressions = new PolicyExpressions(spec);
    policy = {
      expressions,
      conditions: conditionsEnvironment(spec),
      validations: (spec.validations ?? []).map((validation) => ({
        validation,
        program: expressions.compile(validation.expression, [BOOL]),
        message:
          validation.messageExpression === undefined
            ? undefined
            : expressions.compile(validation.messageExpression, [STRING]),
      })),
      annotations: (spec.auditAnnotations ?? []).map((annotation) => ({
        annotation,
        program: expressions.compile(annotation.valueExpression, [STRING, NULL]),
      })),
    };
    compiled.set(spec, policy);
  }
  return policy;
}

interface Failure {
  readonly message: string;
  readonly reason: string | undefined;
  /** Which validation; undefined if it was none. */
  readonly index?: number;
}

type BoundPolicy = Bound<ValidatingAdmissionPolicySpec>;

const MAX_MESSAGE_BYTES = 5 * 1024;
const FAILURE_KEY = 'validation.policy.admission.k8s.io/validation_failure';

export class ValidatingPolicies implements AdmissionPlugin {
  readonly name = 'ValidatingAdmissionPolicy';
  readonly #lookups: Lookups;

  constructor(lookups: Lookups) {
    this.#lookups = lookups;
  }

  handles(attributes: AdmissionAttributes): boolean {
    const { validatingPolicies: policies, validatingBindings: bindings } = this.#lookups;
    return policies.served && bindings.some() && !isPolicyExempt(attributes);
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    const lookups = this.#lookups;
    const of = { policies: lookups.validatingPolicies, bindings: lookups.validatingBindings };
    const notes = new Notes();
    let denial: { readonly bound: BoundPolicy; readonly failure: Failure } | undefined;
    for await (const bound of boundPolicies(attributes, of, lookups)) {
      for (const failure of await this.#judge(bound, notes)) {
        const { validationActions: actions = ['Deny'] } = bound.binding.spec;
        if (actions.includes('Deny')) denial ??= { bound, failure };
        if (actions.includes('Warn')) attributes.request?.warn(warningOf(bound, failure));
        if (actions.includes('Audit')) notes.fail(bound, failure);
      }
    }
    notes.tell(attributes);
    if (denial !== undefined) throw denied(attributes, denial);
  }

  /** What does not hold. Errors count as failures unless the policy says to ignore them. */
  async #judge(bound: BoundPolicy, notes: Notes): Promise<readonly Failure[]> {
    const { policy, request, namespace, param } = bound;
    const { spec } = policy;
    const strict = spec.failurePolicy !== 'Ignore';
    const failed = (message: string): Failure[] => (strict ? [{ message, reason: undefined }] : []);
    if (param instanceof ConfigurationError)
      return failed(`failed to configure binding: ${param.message}`);
    const { expressions, conditions, validations, annotations } = compilePolicy(spec);
    const bindings = bindingsOf(request, this.#lookups);
    const run = new PolicyRun(expressions, { bindings, namespace, param });
    const options = {
      lookups: this.#lookups,
      failurePolicy: spec.failurePolicy,
      bindings: run.bindings,
      environment: conditions,
    };
    const { matchConditions: wanted = [] } = spec;
    try {
      if (wanted.length > 0 && !(await matchConditions(wanted, request, options))) return [];
    } catch (error) {
      if (error instanceof ConditionFailure) return failed(error.message);
      throw error;
    }
    const failures: Failure[] = [];
    for (const [index, { validation, program, message }] of validations.entries()) {
      const answer = await run.ask(program, validation.expression);
      if ('error' in answer) failures.push(...failed(answer.error));
      else if (answer.value !== true) {
        const text = await messageOf(validation, message, run);
        failures.push({ message: text, reason: validation.reason, index });
      }
    }
    for (const { annotation, program } of annotations) {
      const answer = await run.ask(program, annotation.valueExpression);
      if ('error' in answer) failures.push(...failed(answer.error));
      else if (typeof answer.value === 'string')
        notes.add(`${policy.metadata.name}/${annotation.key}`, answer.value);
    }
    return failures;
  }
}

/** The expression's message counts if it is one line that can be shown. */
async function messageOf(
  { message, expression, messageExpression }: Validation,
  program: Compiled | undefined,
  run: PolicyRun,
): Promise<string> {
  const otherwise = message?.trim() || `failed expression: ${expression.trim()}`;
  if (program === undefined) return otherwise;
  const answer = await run.ask(program, messageExpression!);
  if ('error' in answer || typeof answer.value !== 'string') return otherwise;
  const text = answer.value.trim();
  const shown = text !== '' && !text.includes('\n') && Buffer.byteLength(text) <= MAX_MESSAGE_BYTES;
  return shown ? text : otherwise;
}

const nameOf = ({ metadata }: BoundPolicy['policy' | 'binding']): string => metadata.name ?? '';

function warningOf({ policy, binding }: BoundPolicy, { message }: Failure): string {
  return (
    `Validation failed for ValidatingAdmissionPolicy '${nameOf(policy)}' ` +
    `with binding '${nameOf(binding)}': ${message}`
  );
}

const reasons: readonly string[] = [
  'Forbidden',
  'Unauthorized',
  'RequestEntityTooLarge',
  'Invalid',
];

function denied(
  attributes: AdmissionAttributes,
  { bound, failure }: { readonly bound: BoundPolicy; readonly failure: Failure },
): StatusError {
  const message =
    `ValidatingAdmissionPolicy '${nameOf(bound.policy)}' with binding ` +
    `'${nameOf(bound.binding)}' denied request: ${failure.message}`;
  const { status } = admissionForbidden(attributes, message);
  const { reason = 'Invalid' } = failure;
  const code = statusCodes[(reasons.includes(reason) ? reason : 'Invalid') as StatusReason];
  const details = { ...status.details, causes: [{ message }] };
  return new StatusError({ ...status, reason, code, details });
}

/** What goes into the audit log, once all have spoken. */
class Notes {
  readonly #annotations = new Map<string, string[]>();
  readonly #failures: object[] = [];

  add(key: string, value: string): void {
    const values = this.#annotations.get(key) ?? [];
    if (!values.includes(value)) values.push(value);
    this.#annotations.set(key, values);
  }

  fail(bound: BoundPolicy, { message, index }: Failure): void {
    this.#failures.push({
      message,
      policy: nameOf(bound.policy),
      binding: nameOf(bound.binding),
      expressionIndex: index ?? 0,
      validationActions: bound.binding.spec.validationActions ?? [],
    });
  }

  tell({ request }: AdmissionAttributes): void {
    for (const [key, values] of this.#annotations) request?.annotate(key, values.join(', '));
    if (this.#failures.length > 0) request?.annotate(FAILURE_KEY, JSON.stringify(this.#failures));
  }
}
