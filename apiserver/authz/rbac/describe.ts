import type { PolicyRule, Subject } from '../../../api/types/rbac-v1.ts';

/** Go's %q of a list: ["a" "b"]. */
export function quotedList(list: readonly string[]): string {
  return `[${list.map((item) => JSON.stringify(item)).join(' ')}]`;
}

const FIELDS = [
  ['APIGroups', 'apiGroups'],
  ['Resources', 'resources'],
  ['NonResourceURLs', 'nonResourceURLs'],
  ['ResourceNames', 'resourceNames'],
  ['Verbs', 'verbs'],
] as const;

/** {APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "list"]} */
function ruleText(rule: PolicyRule): string {
  const parts = FIELDS.flatMap(([name, field]) => {
    const list = rule[field] ?? [];
    return list.length === 0 ? [] : [`${name}:${quotedList(list)}`];
  });
  return `{${parts.join(', ')}}`;
}

/** One line per thing, its verbs together, in order. */
export function missingText(missing: readonly PolicyRule[]): string {
  const byThing = new Map<string, PolicyRule>();
  const lines: string[] = [];
  for (const rule of missing) {
    if (rule.nonResourceURLs !== undefined) {
      lines.push(ruleText(rule));
      continue;
    }
    const { verbs, ...thing } = rule;
    const key = JSON.stringify(thing);
    const known = byThing.get(key);
    byThing.set(key, { ...thing, verbs: [...(known?.verbs ?? []), ...verbs] });
  }
  lines.push(...[...byThing.values()].map(ruleText));
  return [...new Set(lines)].sort().join('\n');
}

/** ServiceAccount "default/kube-system": name first, as Kubernetes has it. */
export function subjectText({ kind, name, namespace }: Subject, bindingNamespace: string): string {
  if (kind !== 'ServiceAccount') return `${kind} ${JSON.stringify(name)}`;
  return `${kind} ${JSON.stringify(`${name}/${namespace || bindingNamespace}`)}`;
}
