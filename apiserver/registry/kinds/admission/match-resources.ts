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
import { dns1035Label, dns1123Subdomain, pathSegment } from '../../../../api/validation/names.ts';
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
    ...oneOf(matchPolicy, ['Equivalent', 'Exact'], {
      field: `${field}.matchPolicy`,
      pointer: true,
    }),
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
  else errors.push(...groupVersionErrors(apiVersion, `${field}.apiVersion`));
  if (name === '') errors.push(required(`${field}.kind`));
  else {
    const faults = dns1035Label(name.toLowerCase());
    const detail = `may have mixed case, but should otherwise match: ${faults.join(',')}`;
    if (faults.length > 0) errors.push(invalid(`${field}.kind`, name, detail));
  }
  return errors;
}

function groupVersionErrors(apiVersion: string, field: string): FieldError[] {
  const parts = apiVersion.split('/');
  if (parts.length > 2)
    return [invalid(field, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)];
  const [group, version] = parts.length === 2 ? parts : ['', parts[0]];
  const wrong = (text: string, faults: readonly string[]): FieldError[] =>
    faults.length === 0 ? [] : [invalid(field, text, faults.join(','))];
  return [
    ...(group ? wrong(group, dns1123Subdomain(group)) : []),
    ...(version
      ? wrong(version, dns1035Label(version))
      : [invalid(field, apiVersion, 'version must be specified')]),
  ];
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
  const at = { field: `${field}.parameterNotFoundAction`, asListed: true };
  return [...errors, ...oneOf(action, ['Deny', 'Allow'], at)];
}
