/** Which of one list of RBAC rules another list does not grant. */
import type { PolicyRule } from '../../api/types/rbac-v1.ts';

/** A rule about one verb on one thing. */
function pieces(rule: PolicyRule): PolicyRule[] {
  const found: PolicyRule[] = [];
  for (const apiGroup of rule.apiGroups ?? []) {
    for (const resource of rule.resources ?? []) {
      for (const verb of rule.verbs) {
        const one = { apiGroups: [apiGroup], resources: [resource], verbs: [verb] };
        const names = rule.resourceNames ?? [];
        if (names.length === 0) found.push(one);
        else for (const name of names) found.push({ ...one, resourceNames: [name] });
      }
    }
  }
  for (const url of rule.nonResourceURLs ?? []) {
    for (const verb of rule.verbs) found.push({ nonResourceURLs: [url], verbs: [verb] });
  }
  return found;
}

const has = (list: readonly string[] | undefined, value: string): boolean =>
  (list ?? []).includes('*') || (list ?? []).includes(value);

function grants(rule: PolicyRule, piece: PolicyRule): boolean {
  if (!has(rule.verbs, piece.verbs[0]!)) return false;
  const url = piece.nonResourceURLs?.[0];
  if (url !== undefined) {
    return (rule.nonResourceURLs ?? []).some(
      (pattern) =>
        pattern === '*' ||
        pattern === url ||
        (pattern.endsWith('*') && url.startsWith(pattern.slice(0, -1))),
    );
  }
  const resource = piece.resources![0]!;
  const slash = resource.indexOf('/');
  const resources =
    has(rule.resources, resource) ||
    (slash >= 0 && (rule.resources ?? []).includes(`*${resource.slice(slash)}`));
  if (!resources || !has(rule.apiGroups, piece.apiGroups![0]!)) return false;
  const names = rule.resourceNames ?? [];
  return names.length === 0 || (piece.resourceNames?.every((n) => names.includes(n)) ?? false);
}

/** The pieces of `wanted` that no rule of `granted` covers. */
export function uncovered(
  granted: readonly PolicyRule[],
  wanted: readonly PolicyRule[],
): readonly PolicyRule[] {
  return wanted.flatMap(pieces).filter((piece) => !granted.some((rule) => grants(rule, piece)));
}
