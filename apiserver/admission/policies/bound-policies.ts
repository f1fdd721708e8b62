/** Which policies are about a request, with which parameters, in which version of the object. */
import type { KubernetesObject } from '../../../api/meta.ts';
import type {
  MatchCondition,
  MatchResources,
  ParamKind,
  ParamRef,
  Variable,
} from '../../../api/types/admissionregistration-v1.ts';
import type { AdmissionAttributes } from '../admission.ts';
import type { Lookup, Lookups } from '../lookups.ts';
import { type Criteria, isExempt, matched, namespaceOf } from '../matching/match.ts';
import { inVersion } from '../matching/versioned.ts';
import type { ReviewRequest } from '../webhooks/review.ts';
import { ConfigurationError, paramsOf } from './params.ts';

export interface PolicySpec {
  readonly failurePolicy?: string;
  readonly matchConditions?: readonly MatchCondition[];
  readonly matchConstraints?: MatchResources;
  readonly paramKind?: ParamKind;
  readonly variables?: readonly Variable[];
}

export type Policy<S extends PolicySpec> = KubernetesObject & { readonly spec: S };

export type PolicyBinding = KubernetesObject & {
  readonly spec: {
    readonly policyName?: string;
    readonly paramRef?: ParamRef;
    readonly matchResources?: MatchResources;
    readonly validationActions?: readonly string[];
  };
};

/** A policy to be asked, once. */
export interface Bound<S extends PolicySpec> {
  readonly policy: Policy<S>;
  readonly binding: PolicyBinding;
  readonly request: ReviewRequest;
  readonly namespace: KubernetesObject | undefined;
  /** Null where it has none; an error where it cannot be asked. */
  readonly param: KubernetesObject | null | ConfigurationError;
}

/** Questions that are answered, not stored: a policy on them would lock people out. */
const questions = new Set(['authentication.k8s.io', 'authorization.k8s.io']);

/** Policies do not judge policies; the configurations of webhooks they do. */
export function isPolicyExempt(attributes: AdmissionAttributes): boolean {
  const { group, resource } = attributes.type;
  return questions.has(group) || (isExempt(attributes) && !resource.endsWith('configurations'));
}

function criteriaOf(resources: MatchResources | undefined): Criteria {
  return {
    rules: resources?.resourceRules ?? [],
    excluded: resources?.excludeResourceRules ?? [],
    matchPolicy: resources?.matchPolicy,
    namespaceSelector: resources?.namespaceSelector,
    objectSelector: resources?.objectSelector,
  };
}

const byName = (a: KubernetesObject, b: KubernetesObject): number =>
  (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;

export interface Policies<S extends PolicySpec> {
  readonly policies: Lookup<Policy<S>>;
  readonly bindings: Lookup<PolicyBinding>;
}

/** In the order of their names. Yields as it goes: what mutates changes what the next one sees. */
export async function* boundPolicies<S extends PolicySpec>(
  attributes: AdmissionAttributes,
  of: Policies<S>,
  lookups: Lookups,
): AsyncGenerator<Bound<S>> {
  const policies = [...(await of.policies.known(''))].sort(byName);
  const bindings = [...(await of.bindings.known(''))].sort(byName);
  for (const policy of policies) {
    const own = bindings.filter(({ spec }) => spec.policyName === policy.metadata.name);
    if (own.length === 0) continue;
    const type = await matched(criteriaOf(policy.spec.matchConstraints), attributes, lookups);
    if (type === undefined) continue;
    for (const binding of own) {
      if (!(await isBound(binding, attributes, lookups))) continue;
      const params = await collected({ policy, binding }, attributes, lookups);
      // A Namespace is within none here, though it is for selectors.
      const { namespaced } = attributes.type;
      const namespace = namespaced ? await namespaceOf(attributes, lookups) : undefined;
      for (const param of params) {
        const objects = await inVersion(attributes, type, lookups.versions);
        yield { policy, binding, request: { attributes, type, objects }, namespace, param };
      }
    }
  }
}

/** A binding narrows down: without rules of its own it is about all that its policy is about. */
async function isBound(
  { spec }: PolicyBinding,
  attributes: AdmissionAttributes,
  lookups: Lookups,
): Promise<boolean> {
  const { matchResources } = spec;
  if (matchResources === undefined) return true;
  const criteria = criteriaOf(matchResources);
  const rules = criteria.rules.length > 0 ? criteria.rules : [EVERYTHING];
  return (await matched({ ...criteria, rules }, attributes, lookups)) !== undefined;
}

const EVERYTHING = {
  operations: ['*'],
  apiGroups: ['*'],
  apiVersions: ['*'],
  resources: ['*/*'],
};

async function collected<S extends PolicySpec>(
  { policy, binding }: { readonly policy: Policy<S>; readonly binding: PolicyBinding },
  attributes: AdmissionAttributes,
  lookups: Lookups,
): Promise<readonly (KubernetesObject | null | ConfigurationError)[]> {
  const { paramKind } = policy.spec;
  try {
    return await paramsOf({ paramKind, paramRef: binding.spec.paramRef }, attributes, lookups);
  } catch (error) {
    if (error instanceof ConfigurationError) return [error];
    throw error;
  }
}
