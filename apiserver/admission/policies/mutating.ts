/**
 * MutatingAdmissionPolicy (KEP-3962): changes in CEL, as configurations to be merged or as JSON
 * patches. Off unless its kinds are served. Policies act one after the other on what the last one
 * left, and once more where they ask for it and others changed the object after them.
 */
import { deepCopy } from '../../../api/deep.ts';
import { StatusError, statusError } from '../../../api/status.ts';
import type {
  MutatingAdmissionPolicySpec,
  Mutation,
} from '../../../api/types/admissionregistration-v1beta1.ts';
import { CelError } from '../../../api/cel/values.ts';
import { jsonText } from '../../../platform/json-text.ts';
import type { AdmissionAttributes, AdmissionPlugin, Rounds } from '../admission.ts';
import { ConditionFailure, matchConditions } from '../expressions/match-conditions.ts';
import { bindingsOf } from '../expressions/variables.ts';
import type { Lookups } from '../lookups.ts';
import { inVersion, readable, replaceObject } from '../matching/versioned.ts';
import type { ReviewRequest } from '../webhooks/review.ts';
import { type Bound, boundPolicies, isPolicyExempt } from './bound-policies.ts';
import { PolicyRun } from './evaluation.ts';
import { type Compiled, conditionsEnvironment, PolicyExpressions } from './expressions.ts';
import { APPLIED, applyConfigured, applyPatched, mutationStructs, PATCH } from './mutations.ts';
import { ConfigurationError } from './params.ts';

interface CompiledPolicy {
  readonly expressions: PolicyExpressions;
  readonly conditions: ReturnType<typeof conditionsEnvironment>;
  readonly mutations: readonly {
    readonly mutation: Mutation;
    readonly expression: string;
    readonly program: Compiled;
  }[];
}

const compiled = new WeakMap<MutatingAdmissionPolicySpec, CompiledPolicy>();

/** Remembered with the policy, which belongs to the cache. */
function compileMutations(spec: MutatingAdmissionPolicySpec): CompiledPolicy {
  let policy = compiled.get(spec);
  if (policy === undefined) {
    const expressions = new PolicyExpressions(spec, mutationStructs);
    policy = {
      expressions,
      conditions: conditionsEnvironment(spec),
      mutations: (spec.mutations ?? []).map((mutation) => {
        const merges = mutation.patchType === 'ApplyConfiguration';
        const of = merges ? mutation.applyConfiguration : mutation.jsonPatch;
        const expression = of?.expression ?? '';
        const program = expressions.compile(expression, [merges ? APPLIED : PATCH]);
        return { mutation, expression, program };
      }),
    };
    compiled.set(spec, policy);
  }
  return policy;
}

const INTERNAL = /^Internal error occurred: /;

/** A policy that could not do its work, and must not be ignored. */
class PolicyFailure extends Error {
  override readonly name = 'PolicyFailure';
}

type BoundPolicy = Bound<MutatingAdmissionPolicySpec>;

interface Memory {
  readonly reinvocable: Set<string>;
  readonly outdated: Set<string>;
  last: string;
}

export class MutatingPolicies implements AdmissionPlugin {
  readonly name = 'MutatingAdmissionPolicy';
  readonly #lookups: Lookups;

  constructor(lookups: Lookups) {
    this.#lookups = lookups;
  }

  handles(attributes: AdmissionAttributes): boolean {
    const { mutatingPolicies: policies, mutatingBindings: bindings } = this.#lookups;
    return policies.served && bindings.some() && !isPolicyExempt(attributes);
  }

  async mutate(attributes: AdmissionAttributes, rounds: Rounds): Promise<void> {
    if (attributes.object === undefined) return;
    const lookups = this.#lookups;
    const of = { policies: lookups.mutatingPolicies, bindings: lookups.mutatingBindings };
    const memory = (rounds.memory.get(this.name) as Memory | undefined) ?? {
      reinvocable: new Set(),
      outdated: new Set(),
      last: '',
    };
    rounds.memory.set(this.name, memory);
    if (rounds.isSecond && memory.last !== jsonText(attributes.object))
      for (const each of memory.reinvocable) memory.outdated.add(each);
    for await (const bound of boundPolicies(attributes, of, lookups)) {
      const id = [bound.policy, bound.binding, bound.param].map(uidOf).join('/');
      if (rounds.isSecond && !memory.outdated.delete(id)) continue;
      if (await this.#act(bound, attributes)) {
        for (const each of memory.reinvocable) memory.outdated.add(each);
        rounds.again();
      }
      if (bound.policy.spec.reinvocationPolicy === 'IfNeeded') memory.reinvocable.add(id);
    }
    if (memory.reinvocable.size > 0) memory.last = jsonText(attributes.object);
  }

  /** True if the object is another one afterwards. */
  async #act(bound: BoundPolicy, attributes: AdmissionAttributes): Promise<boolean> {
    try {
      return await this.#changed(bound, attributes);
    } catch (error) {
      const said = error instanceof PolicyFailure || error instanceof ConditionFailure;
      if (!said && !(error instanceof CelError)) throw error;
      const { policy, binding } = bound;
      if (policy.spec.failurePolicy === 'Ignore') return false;
      const message =
        `policy '${policy.metadata.name}' with binding '${binding.metadata.name}' ` +
        `denied request: ${error.message}`;
      throw denial(attributes, message, bound);
    }
  }

  async #changed(bound: BoundPolicy, attributes: AdmissionAttributes): Promise<boolean> {
    const { policy, request, namespace, param } = bound;
    const lookups = this.#lookups;
    const { spec } = policy;
    if (param instanceof ConfigurationError)
      throw new PolicyFailure(`failed to configure binding: ${param.message}`);
    const { expressions, conditions, mutations } = compileMutations(spec);
    const bindings = bindingsOf(request, lookups);
    const first = new PolicyRun(expressions, { bindings, namespace, param });
    const { matchConditions: wanted = [], failurePolicy } = spec;
    const options = { lookups, failurePolicy, bindings: first.bindings, environment: conditions };
    if (wanted.length > 0 && !(await matchConditions(wanted, request, options))) return false;
    let changed = false;
    for (const { mutation, expression, program } of mutations) {
      // Each expression sees what the one before has made of the object.
      const objects = await inVersion(attributes, request.type, lookups.versions);
      const now: ReviewRequest = { ...request, objects };
      const own = bindingsOf(now, lookups);
      const run = new PolicyRun(expressions, { bindings: own, namespace, param });
      const answer = await run.ask(program, expression);
      if ('error' in answer) throw new PolicyFailure(answer.error);
      const value = this.#mutated(mutation, now, answer.value);
      const replaced = { type: request.type, value };
      if (await replaceObject(attributes, replaced, lookups.versions)) changed = true;
    }
    return changed;
  }

  #mutated(
    { patchType }: Mutation,
    { attributes, type, objects }: ReviewRequest,
    built: Parameters<typeof applyPatched>[1],
  ): unknown {
    const object = deepCopy(objects.object!);
    const { versions } = this.#lookups;
    const kind = attributes.kind.kind === attributes.type.kind ? type : attributes.kind;
    if (patchType !== 'ApplyConfiguration') {
      const patched = applyPatched(object, built);
      if (attributes.operation !== 'CONNECT')
        readable(() => versions.decode(kind, patched, 'Strict'));
      return patched;
    }
    const mergeType = versions.mergeTypeOf(kind);
    const fields = object as unknown as Record<string, unknown>;
    const merged = applyConfigured(fields, built, mergeType);
    try {
      readable(() => versions.decode(kind, merged));
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      const why = error.message.replace(INTERNAL, '');
      const shown = `${kind.group}/${kind.version}, Kind=${kind.kind}`;
      throw new PolicyFailure(`unable to convert unstructured object to ${shown}: ${why}`);
    }
    return merged;
  }
}

/** Kubernetes' own: code 403 with a reason that has another, unless the binding is at fault. */
function denial(
  { type, name }: AdmissionAttributes,
  message: string,
  by: BoundPolicy,
): StatusError {
  const { group, resource } = type;
  const details = { name, ...(group && { group }), kind: resource, causes: [{ message }] };
  const { status } = statusError('Forbidden', message, details);
  const configured = !(by.param instanceof ConfigurationError);
  return new StatusError({ ...status, ...(configured && { reason: 'Invalid' }) });
}

function uidOf(object: BoundPolicy['policy'] | BoundPolicy['param']): string {
  return object === null || object instanceof Error ? '' : (object.metadata.uid ?? '');
}
