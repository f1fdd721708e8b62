import type { PolicyRule } from '../../../api/types/rbac-v1.ts';
import type { Attributes } from '../authorizer.ts';

/** Whether a rule of RBAC covers what is asked for. */
export function ruleAllows(rule: PolicyRule, asked: Attributes): boolean {
  if (!holds(rule.verbs, asked.verb)) return false;
  if (asked.type === 'path') return rule.nonResourceURLs?.some(covering(asked.path)) === true;
  const { resourceNames } = rule;
  return (
    holds(rule.apiGroups, asked.group) &&
    coversResource(rule.resources, asked) &&
    (resourceNames === undefined ||
      resourceNames.length === 0 ||
      resourceNames.includes(asked.name))
  );
}

function holds(list: readonly string[] | undefined, value: string): boolean {
  return list !== undefined && (list.includes(value) || list.includes('*'));
}

function coversResource(
  list: readonly string[] | undefined,
  asked: { readonly resource: string; readonly subresource: string },
): boolean {
  const { resource, subresource } = asked;
  if (subresource === '') return holds(list, resource);
  return holds(list, `${resource}/${subresource}`) || list?.includes(`*/${subresource}`) === true;
}

const covering = (path: string) => (url: string) => urlCovers(url, path);

/** A star at the end stands for any rest. */
export function urlCovers(url: string, path: string): boolean {
  return url === path || (url.endsWith('*') && path.startsWith(url.replace(/\*+$/, '')));
}
