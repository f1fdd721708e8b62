/** Rules of webhooks and policies: which requests they are about. */
import type { ResourceType } from '../../../api/resource.ts';
import type { Operation } from '../admission.ts';

/** RuleWithOperations, and NamedRuleWithOperations with its names. */
export interface Rule {
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly scope?: string;
}

export interface Asked {
  readonly operation: Operation;
  readonly type: ResourceType;
  readonly subresource: string;
  readonly name: string;
}

const includes = (list: readonly string[] | undefined, value: string): boolean =>
  list !== undefined && (list.includes('*') || list.includes(value));

export function matchesRule(rule: Rule, { operation, type, subresource, name }: Asked): boolean {
  return (
    includes(rule.operations, operation) &&
    includes(rule.apiGroups, type.group) &&
    includes(rule.apiVersions, type.version) &&
    (rule.resources ?? []).some((text) => matchesResource(text, type.resource, subresource)) &&
    matchesScope(rule.scope, type) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(name))
  );
}

/** "pods", "pods/status", "pods/*", "*", "*" + "/scale", "*" + "/*". */
function matchesResource(text: string, resource: string, subresource: string): boolean {
  const slash = text.indexOf('/');
  const wanted = slash < 0 ? text : text.slice(0, slash);
  const part = slash < 0 ? '' : text.slice(slash + 1);
  return (wanted === '*' || wanted === resource) && (part === '*' || part === subresource);
}

function matchesScope(scope: string | undefined, { namespaced }: ResourceType): boolean {
  if (scope === 'Namespaced') return namespaced;
  return scope !== 'Cluster' || !namespaced;
}
