/**
 * --audit-policy-file: how much of which requests is logged
 * (https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/). The first rule that matches
 * decides; without one nothing is logged.
 */
import type { User } from '../../authn/user.ts';
import type { RequestInfo } from '../request-info.ts';

export const levels = ['None', 'Metadata', 'Request', 'RequestResponse'] as const;
export type Level = (typeof levels)[number];

export const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;
export type Stage = (typeof stages)[number];

interface GroupResources {
  readonly group?: string;
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

export interface Rule {
  readonly level: Level;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly GroupResources[];
  readonly namespaces?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly omitStages?: readonly Stage[];
  readonly omitManagedFields?: boolean;
}

export interface AuditPolicy {
  readonly rules: readonly Rule[];
  /** Which names of the file say nothing. */
  readonly unknown?: string;
  readonly omitStages?: readonly Stage[];
  readonly omitManagedFields?: boolean;
}

/** What a policy says of one request. */
export interface Extent {
  readonly level: Level;
  readonly omitStages: readonly Stage[];
  readonly omitManagedFields: boolean;
}

export function extentOf(policy: AuditPolicy, user: User, info: RequestInfo): Extent {
  const rule = policy.rules.find((one) => matches(one, user, info));
  const omitStages = [...(policy.omitStages ?? []), ...(rule?.omitStages ?? [])];
  return {
    level: rule?.level ?? 'None',
    omitStages,
    omitManagedFields: rule?.omitManagedFields ?? policy.omitManagedFields ?? false,
  };
}

/** An absent or empty list matches everything. */
function matches(rule: Rule, user: User, info: RequestInfo): boolean {
  if (!holds(rule.users, user.name) || !holds(rule.verbs, info.verb)) return false;
  if (isGiven(rule.userGroups) && !rule.userGroups!.some((group) => user.groups.includes(group)))
    return false;
  const ofResources = isGiven(rule.namespaces) || isGiven(rule.resources);
  if (!ofResources && !isGiven(rule.nonResourceURLs)) return true;
  if (info.type === 'path') {
    return rule.nonResourceURLs?.some((url) => urlMatches(url, info.path)) === true;
  }
  if (!ofResources || !holds(rule.namespaces, info.namespace)) return false;
  return !isGiven(rule.resources) || rule.resources!.some((one) => resourceMatches(one, info));
}

const isGiven = (list: readonly unknown[] | undefined): boolean => (list ?? []).length > 0;

const holds = (list: readonly string[] | undefined, value: string): boolean =>
  !isGiven(list) || list!.includes(value);

function urlMatches(url: string, path: string): boolean {
  return url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1)));
}

function resourceMatches(
  { group = '', resources, resourceNames }: GroupResources,
  info: RequestInfo & { type: 'resource' },
): boolean {
  if (group !== info.group) return false;
  if (!isGiven(resources)) return true;
  const { resource, subresource, name } = info;
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  if (!holds(resourceNames, name)) return false;
  return resources!.some(
    (wanted) =>
      wanted === full ||
      wanted === '*' ||
      // The resource itself, too.
      wanted === `${resource}/*` ||
      (subresource !== '' && wanted === `*/${subresource}`),
  );
}
