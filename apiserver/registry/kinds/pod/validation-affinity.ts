/** Which nodes, and near which pods. */
import { type FieldError, forbidden, invalid, required } from '../../../../api/field-errors.ts';
import type {
  Affinity,
  NodeAffinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
} from '../../../../api/types/core-v1.ts';
import {
  validateLabelKey,
  validateLabelSelector,
  validateOperator,
} from '../../../../api/validation/labels.ts';
import { dns1123Label, dns1123Subdomain, labelValue } from '../../../../api/validation/names.ts';
import { check } from '../checks.ts';

/** What is only preferred may name values that no label has. */
type Values = 'labels' | 'any';

function validateExpression(
  need: NodeSelectorRequirement,
  of: Values,
  field: string,
): FieldError[] {
  const { key = '', operator, values = [] } = need;
  const errors: FieldError[] = [];
  if (operator !== 'Gt' && operator !== 'Lt') errors.push(...validateOperator(need, field));
  else if (values.length !== 1) {
    const detail = "must be specified single value when `operator` is 'Lt' or 'Gt'";
    errors.push(required(`${field}.values`, detail));
  }
  errors.push(...validateLabelKey(key, `${field}.key`));
  if (of === 'any') return errors;
  return [
    ...errors,
    ...values.flatMap((value, i) => check(labelValue, value, `${field}.values[${i}]`)),
  ];
}

/** A node has one field to select by: its name. */
function validateFieldExpression(need: NodeSelectorRequirement, field: string): FieldError[] {
  const { key = '', operator, values = [] } = need;
  const errors: FieldError[] = [];
  if (operator !== 'In' && operator !== 'NotIn') {
    errors.push(invalid(`${field}.operator`, operator ?? '', 'not a valid selector operator'));
  } else if (values.length !== 1) {
    const detail =
      "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    errors.push(required(`${field}.values`, detail));
  }
  if (key !== 'metadata.name') {
    return [...errors, invalid(`${field}.key`, key, 'not a valid field selector key')];
  }
  const names = values.flatMap((name, i) => check(dns1123Subdomain, name, `${field}.values[${i}]`));
  return [...errors, ...names];
}

function validateNodeTerm(
  term: NodeSelectorTerm | undefined,
  of: Values,
  field: string,
): FieldError[] {
  const { matchExpressions = [], matchFields = [] } = term ?? {};
  return [
    ...matchExpressions.flatMap((need, i) =>
      validateExpression(need, of, `${field}.matchExpressions[${i}]`),
    ),
    ...matchFields.flatMap((need, i) =>
      validateFieldExpression(need, `${field}.matchFields[${i}]`),
    ),
  ];
}

function validateWeight(weight: number | undefined, field: string): FieldError[] {
  if (weight !== undefined && weight >= 1 && weight <= 100) return [];
  return [invalid(`${field}.weight`, weight ?? 0, 'must be in the range 1-100')];
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

export function validateNodeSelector(selector: NodeSelector, field: string): FieldError[] {
  const at = `${field}.nodeSelectorTerms`;
  const terms = selector.nodeSelectorTerms ?? [];
  if (terms.length === 0) return [required(at, 'must have at least one node selector term')];
  return terms.flatMap((term, i) => validateNodeTerm(term, 'labels', `${at}[${i}]`));
}

function validateNodeAffinity(affinity: NodeAffinity, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const needed = affinity[REQUIRED];
  if (needed) errors.push(...validateNodeSelector(needed, `${field}.${REQUIRED}`));
  for (const [i, { weight, preference }] of (affinity[PREFERRED] ?? []).entries()) {
    const at = `${field}.${PREFERRED}[${i}]`;
    errors.push(...validateWeight(weight, at));
    errors.push(...validateNodeTerm(preference, 'any', `${at}.preference`));
  }
  return errors;
}

function validateTopologyKey(key = '', field: string): FieldError[] {
  const errors = key === '' ? [required(field, 'can not be empty')] : [];
  return [...errors, ...validateLabelKey(key, field)];
}

function validateLabelKeys(term: PodAffinityTerm, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = term;
  for (const [name, keys] of Object.entries({ matchLabelKeys, mismatchLabelKeys })) {
    if (keys.length > 0 && !labelSelector) {
      const detail = 'must not be specified when labelSelector is not set';
      errors.push(forbidden(`${field}.${name}`, detail));
    }
    errors.push(...keys.flatMap((key, i) => validateLabelKey(key, `${field}.${name}[${i}]`)));
  }
  for (const [i, key] of matchLabelKeys.entries()) {
    if (!mismatchLabelKeys.includes(key)) continue;
    const detail = 'exists in both matchLabelKeys and mismatchLabelKeys';
    errors.push(invalid(`${field}.matchLabelKeys[${i}]`, key, detail));
  }
  return errors;
}

function validatePodTerm(term: PodAffinityTerm, field: string): FieldError[] {
  return [
    ...validateLabelSelector(term.labelSelector, `${field}.labelSelector`),
    ...validateLabelSelector(term.namespaceSelector, `${field}.namespaceSelector`),
    ...(term.namespaces ?? []).flatMap((name) => check(dns1123Label, name, `${field}.namespace`)),
    ...validateLabelKeys(term, field),
    ...validateTopologyKey(term.topologyKey, `${field}.topologyKey`),
  ];
}

function validatePodAffinity(affinity: PodAffinity, field: string): FieldError[] {
  return [
    ...(affinity[REQUIRED] ?? []).flatMap((term, i) =>
      validatePodTerm(term, `${field}.${REQUIRED}[${i}]`),
    ),
    ...(affinity[PREFERRED] ?? []).flatMap(({ weight, podAffinityTerm }, i) => {
      const at = `${field}.${PREFERRED}[${i}]`;
      return [
        ...validateWeight(weight, at),
        ...validatePodTerm(podAffinityTerm ?? { topologyKey: '' }, `${at}.podAffinityTerm`),
      ];
    }),
  ];
}

export function validateAffinity(affinity: Affinity | undefined, field: string): FieldError[] {
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity ?? {};
  return [
    ...(nodeAffinity ? validateNodeAffinity(nodeAffinity, `${field}.nodeAffinity`) : []),
    ...(podAffinity ? validatePodAffinity(podAffinity, `${field}.podAffinity`) : []),
    ...(podAntiAffinity ? validatePodAffinity(podAntiAffinity, `${field}.podAntiAffinity`) : []),
  ];
}
