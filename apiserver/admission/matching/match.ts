/**
 * Whether a webhook or policy is about a request, and in which version it wants to see it: rules
 * may name another version of the same objects than the client speaks (matchPolicy Equivalent).
 */
import type { ResourceType } from '../../../api/resource.ts';
import { statusError } from '../../../api/status.ts';
import { matchesLabels, labelRequirements } from '../../../api/selector/label.ts';
import type { KubernetesObject } from '../../../api/meta.ts';
import type { LabelSelector } from '../../../api/types/meta-v1.ts';
import type { AdmissionAttributes } from '../admission.ts';
import type { Lookups } from '../lookups.ts';
import { matchesRule, type Rule } from './rules.ts';

export interface Criteria {
  readonly rules: readonly Rule[];
  readonly excluded?: readonly Rule[];
  readonly matchPolicy?: string | undefined;
  readonly namespaceSelector?: LabelSelector | undefined;
  readonly objectSelector?: LabelSelector | undefined;
}

/** The version to be used; undefined if it is none of their business. */
export async function matched(
  criteria: Criteria,
  attributes: AdmissionAttributes,
  lookups: Pick<Lookups, 'namespaces' | 'versions'>,
): Promise<ResourceType | undefined> {
  const type = versionFor(criteria, attributes, lookups);
  if (type === undefined || !selectsObject(criteria.objectSelector, attributes)) return undefined;
  return (await selectsNamespace(criteria.namespaceSelector, attributes, lookups))
    ? type
    : undefined;
}

function versionFor(
  criteria: Criteria,
  attributes: AdmissionAttributes,
  { versions }: Pick<Lookups, 'versions'>,
): ResourceType | undefined {
  const requested = attributes.requestedType ?? attributes.type;
  const { rules, excluded = [], matchPolicy } = criteria;
  if (ruled(excluded, attributes, requested)) return undefined;
  const equivalent = matchPolicy !== 'Exact';
  const others = equivalent ? versions.othersOf(requested) : [];
  if (others.some((type) => ruled(excluded, attributes, type))) return undefined;
  if (ruled(rules, attributes, requested)) return requested;
  return others.find((type) => ruled(rules, attributes, type));
}

function ruled(rules: readonly Rule[], attributes: AdmissionAttributes, type: ResourceType) {
  return rules.some((rule) => matchesRule(rule, { ...attributes, type }));
}

const isEmpty = ({ matchLabels, matchExpressions }: LabelSelector): boolean =>
  Object.keys(matchLabels ?? {}).length === 0 && !matchExpressions?.length;

/** A change that hides an object from its judges is still seen by them: old or new may match. */
function selectsObject(
  selector: LabelSelector | undefined,
  { object, oldObject }: AdmissionAttributes,
): boolean {
  if (selector === undefined || isEmpty(selector)) return true;
  const requirements = labelRequirements(selector);
  // What a connection is opened with has no metadata, and so no labels.
  const matches = (each: Partial<KubernetesObject> | undefined): boolean =>
    each?.metadata !== undefined && matchesLabels(requirements, each.metadata.labels);
  return matches(object) || matches(oldObject);
}

const isNamespace = ({ type }: AdmissionAttributes): boolean =>
  type.group === '' && type.resource === 'namespaces';

async function selectsNamespace(
  selector: LabelSelector | undefined,
  attributes: AdmissionAttributes,
  lookups: Pick<Lookups, 'namespaces'>,
): Promise<boolean> {
  if (selector === undefined || isEmpty(selector)) return true;
  if (!attributes.type.namespaced && !isNamespace(attributes)) return true;
  const namespace = await namespaceOf(attributes, lookups);
  return matchesLabels(labelRequirements(selector), namespace?.metadata.labels);
}

/** The namespace that a request is about or within; undefined for what is in none. */
export async function namespaceOf(
  attributes: AdmissionAttributes,
  { namespaces }: Pick<Lookups, 'namespaces'>,
): Promise<KubernetesObject | undefined> {
  if (isNamespace(attributes)) return attributes.object ?? attributes.oldObject;
  const { namespace: name } = attributes;
  if (name === '') return undefined;
  const found = await namespaces.named('', name);
  if (found !== undefined) return found;
  const message = `namespaces ${JSON.stringify(name)} not found`;
  throw statusError('NotFound', message, { name, kind: 'namespaces' });
}

/** Nobody may lock the cluster's own admission: it could never be opened again. */
export function isExempt({ type }: AdmissionAttributes): boolean {
  return type.group === 'admissionregistration.k8s.io';
}
