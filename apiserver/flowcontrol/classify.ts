/** Which flow schema a request falls under: the first, by precedence, of which a rule matches. */
import type {
  FlowSchema,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from '../../api/types/flowcontrol-v1.ts';
import type { User } from '../authn/user.ts';
import type { Attributes, PathAttributes, ResourceAttributes } from '../authz/authorizer.ts';

const DEFAULT_PRECEDENCE = 1_000;
const SERVICE_ACCOUNT = 'system:serviceaccount:';

const precedence = ({ spec }: FlowSchema): number => spec.matchingPrecedence ?? DEFAULT_PRECEDENCE;

/** Lower numbers first; of equals the one whose name comes first. */
export function byPrecedence(schemas: Iterable<FlowSchema>): FlowSchema[] {
  return [...schemas].sort(
    (a, b) =>
      precedence(a) - precedence(b) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1),
  );
}

export function schemaFor(
  sorted: readonly FlowSchema[],
  user: User,
  attributes: Attributes,
): FlowSchema | undefined {
  return sorted.find(({ spec }) => spec.rules?.some((rule) => matches(rule, user, attributes)));
}

/** Requests of one schema that share a place in line: "" where all of them do. */
export function flowName({ spec }: FlowSchema, user: User, attributes: Attributes): string {
  switch (spec.distinguisherMethod?.type) {
    case 'ByUser':
      return user.name;
    case 'ByNamespace':
      return attributes.type === 'resource' ? attributes.namespace : '';
    default:
      return '';
  }
}

function matches(rule: PolicyRulesWithSubjects, user: User, attributes: Attributes): boolean {
  if (!rule.subjects.some((subject) => isSubject(subject, user))) return false;
  return attributes.type === 'resource'
    ? (rule.resourceRules ?? []).some((each) => matchesResource(each, attributes))
    : (rule.nonResourceRules ?? []).some((each) => matchesPath(each, attributes));
}

function isSubject(subject: Subject, user: User): boolean {
  switch (subject.kind) {
    case 'User':
      return subject.user?.name === '*' || subject.user?.name === user.name;
    case 'Group':
      return subject.group?.name === '*' || user.groups.includes(subject.group?.name ?? '');
    case 'ServiceAccount':
      return isAccount(subject.serviceAccount, user.name);
    default:
      return false;
  }
}

function isAccount(account: Subject['serviceAccount'], user: string): boolean {
  if (account === undefined) return false;
  const prefix = `${SERVICE_ACCOUNT}${account.namespace}:`;
  return account.name === '*' ? user.startsWith(prefix) : user === prefix + account.name;
}

const has = (values: readonly string[], value: string): boolean =>
  values.includes('*') || values.includes(value);

function matchesResource(rule: ResourcePolicyRule, asked: ResourceAttributes): boolean {
  const { resource, subresource } = asked;
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  if (!has(rule.verbs, asked.verb) || !has(rule.apiGroups, asked.group)) return false;
  if (!has(rule.resources, full)) return false;
  if (asked.namespace === '') return rule.clusterScope === true;
  return has(rule.namespaces ?? [], asked.namespace);
}

function matchesPath(rule: NonResourcePolicyRule, { verb, path }: PathAttributes): boolean {
  return has(rule.verbs, verb) && rule.nonResourceURLs.some((url) => matchesUrl(url, path));
}

function matchesUrl(url: string, path: string): boolean {
  if (url === '*' || url === path) return true;
  return url.endsWith('/*') && path.startsWith(url.slice(0, -1));
}
