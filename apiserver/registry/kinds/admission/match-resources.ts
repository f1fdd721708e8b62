/** Which requests a policy or a binding is about, and with which parameters. */
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  required,
} from '../../../../api/field-errors.ts';
import type { Mutable } from '../../../../api/meta.ts';
import type {
  MatchResources,
  NamedRuleWithOperations,
  ParamKind,
  ParamRef,
} from '../../../../api/types/admissionregistration-v1.ts';
import { validateLabelSelector } from '../../../../api/validation/labels.ts';
import { pathSegment } from '../../../../api/validation/names.ts';
import { check, oneOf } from '../checks.ts';
import { validateRule } from './webhook-validation.ts';

export function defaultMatchResources(resources: Mutable<MatchResources> | undefined): void {
  if (resources === undefined) return;
  resources.matchPolicy ??= 'Equivalent';
  resources.namespaceSelector ??= {};
  resources.objectSelector ??= {};
  for (const rules of [resources.resourceRules, resources.excludeResourceRules])
    for (const rule of rules ?? []) rule.scope ??= '*';
}

function namedRule(rule: NamedRuleWithOperations, field: string): FieldError[] {
  const { resourceNames = [] } = rule;
  const errors = validateRule(rule, field);
  for (const [i, name] of resourceNames.entries()) {
    errors.push(...check(pathSegment, name, `${field}.resourceNames[${i}]`));
    if (resourceNames.indexOf(name) < i)
      errors.push(duplicate(`${field}.resourceNames[${i}]`, name));
  }
  return errors;
}

export function validateMatchResources(
  resources: MatchResources | undefined,
  field: string,
): FieldError[] {
  if (resources === undefined) return [];
  const { resourceRules = [], excludeResourceRules = [], matchPolicy } = resources;
  return [
    ...oneOf(matchPolicy, ['Equivalent', 'Exact'], { field: `${field}.matchPolicy` }),
    ...validateLabelSelector(resources.namespaceSelector, `${field}.namespaceSelector`),
    ...validateLabelSelector(resources.objectSelector, `${field}.objectSelector`),
    ...resourceRules.flatMap((rule, i) => namedRule(rule, `${field}.resourceRules[${i}]`)),
    ...excludeResourceRules.flatMap((rule, i) =>
      namedRule(rule, `${field}.excludeResourceRules[${i}]`),
    ),
  ];
}

/** A policy must say what it is about. */
export function validateConstraints(
  constraints: MatchResources | undefined,
  field: string,
): FieldError[] {
  if (constraints === undefined) return [required(field)];
  const none = (constraints.resourceRules ?? []).length === 0;
  const errors = validateMatchResources(constraints, field);
  return none ? [...errors, required(`${field}.resourceRules`)] : errors;
}

export function validateParamKind(kind: ParamKind | undefined, field: string): FieldError[] {
  if (kind === undefined) return [];
  const errors: FieldError[] = [];
  const { apiVersion = '', kind: name = '' } = kind;
  if (apiVersion === '') errors.push(required(`${field}.apiVersion`));
  else if (apiVersion.split('/').length > 2)
    errors.push(
      invalid(`${field}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`),
    );
  if (name === '') errors.push(required(`${field}.kind`));
  return errors;
}

export function validateParamRef(ref: ParamRef | undefined, field: string): FieldError[] {
  if (ref === undefined) return [];
  const { name, selector, parameterNotFoundAction: action } = ref;
  const errors: FieldError[] = [];
  if (name) {
    errors.push(...check(pathSegment, name, `${field}.name`));
    if (selector !== undefined) {
      const detail = 'name and selector are mutually exclusive';
      errors.push(forbidden(`${field}.name`, detail), forbidden(`${field}.selector`, detail));
    }
  } else if (selector === undefined) {
    errors.push(required(field, 'one of name or selector must be specified'));
  } else errors.push(...validateLabelSelector(selector, `${field}.selector`));
  const at = { field: `${field}.parameterNotFoundAction` };
  return [...errors, ...oneOf(action, ['Allow', 'Deny'], at)];
}
