import type { PolicyRule } from '../../../api/types/rbac-v1.ts';
import { urlCovers } from './rule.ts';

/**
 * What of `wanted` is not among `held`, broken down to one verb, group, resource and name each:
 * nobody may grant it who does not hold it.
 */
export function missingRules(
  held: readonly PolicyRule[],
  wanted: readonly PolicyRule[],
): readonly PolicyRule[] {
  return wanted.flatMap(breakDown).filter((part) => !held.some((rule) => covers(rule, part)));
}

/** The same rights as rules that each speak of one thing. */
export function breakDown(rule: PolicyRule): PolicyRule[] {
  const { apiGroups = [], resources = [], nonResourceURLs = [] } = rule;
  // A role is judged before it is validated.
  const verbs = (rule as Partial<PolicyRule>).verbs ?? [];
  const names = rule.resourceNames ?? [];
  const parts: PolicyRule[] = [];
  for (const group of apiGroups)
    for (const resource of resources)
      for (const verb of verbs) {
        const part = { apiGroups: [group], resources: [resource], verbs: [verb] };
        if (names.length === 0) parts.push(part);
        else for (const name of names) parts.push({ ...part, resourceNames: [name] });
      }
  for (const url of nonResourceURLs)
    for (const verb of verbs) parts.push({ nonResourceURLs: [url], verbs: [verb] });
  return parts;
}

/** `part` speaks of one thing. */
function covers(rule: PolicyRule, part: PolicyRule): boolean {
  const [verb = ''] = part.verbs;
  const [url] = part.nonResourceURLs ?? [];
  if (!has(rule.verbs, verb)) return false;
  if (url !== undefined) return rule.nonResourceURLs?.some((own) => urlCovers(own, url)) === true;
  const [group = ''] = part.apiGroups ?? [];
  const [resource = ''] = part.resources ?? [];
  return has(rule.apiGroups, group) && coversResource(rule, resource) && coversName(rule, part);
}

function has(list: readonly string[] | undefined, value: string): boolean {
  return list !== undefined && (list.includes('*') || list.includes(value));
}

function coversResource({ resources }: PolicyRule, resource: string): boolean {
  if (has(resources, resource)) return true;
  const [, subresource] = resource.split('/');
  return subresource !== undefined && resources?.includes(`*/${subresource}`) === true;
}

function coversName({ resourceNames: own = [] }: PolicyRule, part: PolicyRule): boolean {
  if (own.length === 0) return true;
  const [name] = part.resourceNames ?? [];
  return name !== undefined && own.includes(name);
}
