import type { PolicyRule } from '../../../api/types/rbac-v1.ts';

/**
 * Rules by role, each a line of lists between bars: verbs | API groups | resources, and perhaps
 * | names. "core" is the group without a name. Verbs | paths is a rule of non-resource URLs.
 */
export type RoleTable = Readonly<Record<string, readonly string[]>>;

export const READ = 'get list watch';
export const WRITE = 'create delete deletecollection patch update';
export const EVENTS = 'create patch update | core events.k8s.io | events';

const listOf = (text: string): string[] => text.trim().split(' ');

export function ruleOf(line: string): PolicyRule {
  const [verbs = [], second = [], resources, resourceNames] = line.split('|').map(listOf);
  if (resources === undefined) return { verbs, nonResourceURLs: second };
  const apiGroups = second.map((group) => (group === 'core' ? '' : group));
  const rule = { verbs, apiGroups, resources };
  return resourceNames === undefined ? rule : { ...rule, resourceNames };
}
