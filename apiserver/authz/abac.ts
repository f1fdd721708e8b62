/**
 * Mode ABAC: rules in a file, one JSON object a line, which only another start changes
 * (https://kubernetes.io/docs/reference/access-authn-authz/abac/).
 */
import { isObject } from '../../api/deep.ts';
import { parseJson } from '../../api/json.ts';
import type { PolicyRule } from '../../api/types/rbac-v1.ts';
import { AUTHENTICATED_GROUP, type User } from '../authn/user.ts';
import type { Attributes, Authorizer, Decision, Rules } from './authorizer.ts';

/** What a rule says; "" says nothing, "*" all. */
export interface AbacPolicy {
  readonly user: string;
  readonly group: string;
  /** It allows to read, and no more. */
  readonly readonly: boolean;
  readonly apiGroup: string;
  readonly namespace: string;
  readonly resource: string;
  readonly nonResourcePath: string;
}

class AbacPolicyError extends Error {
  override readonly name = 'AbacPolicyError';
}

const FORM = { apiVersion: 'abac.authorization.kubernetes.io/v1beta1', kind: 'Policy' };

/** Lines that are blank or begin with "#" are passed over. Throws an Error that names the line. */
export function parseAbacPolicies(text: string): readonly AbacPolicy[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    try {
      return [policyOf(parseJson(trimmed).value)];
    } catch (error) {
      throw new AbacPolicyError(`line ${index + 1}: ${line}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  });
}

function policyOf(value: unknown): AbacPolicy {
  if (!isObject(value)) throw new AbacPolicyError('the line holds no object');
  const { apiVersion, kind, spec } = value as Readonly<Record<string, unknown>>;
  if (!apiVersion || !kind) return unversioned(said(value));
  if (apiVersion !== FORM.apiVersion || kind !== FORM.kind)
    throw new AbacPolicyError(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`,
    );
  return ofAllAuthenticated(said(isObject(spec) ? spec : {}));
}

/** The first form of such lines: what it leaves out is all there is. */
function unversioned(policy: AbacPolicy): AbacPolicy {
  const { user, group, namespace, resource } = policy;
  return ofAllAuthenticated({
    ...policy,
    group: user === '' && group === '' ? '*' : group,
    apiGroup: '*',
    namespace: namespace || '*',
    resource: resource || '*',
    nonResourcePath: namespace === '' && resource === '' ? '*' : '',
  });
}

/** "All" are those who have said who they are. */
const ofAllAuthenticated = (policy: AbacPolicy): AbacPolicy =>
  policy.user === '*' || policy.group === '*'
    ? { ...policy, user: '', group: AUTHENTICATED_GROUP }
    : policy;

function said(fields: object): AbacPolicy {
  const given = fields as Readonly<Record<string, unknown>>;
  const of = <T>(name: keyof AbacPolicy, otherwise: T): T => {
    const value = given[name] ?? otherwise;
    if (typeof value === typeof otherwise) return value as T;
    throw new AbacPolicyError(
      `json: cannot unmarshal ${typeof value} into field ${name} of type ${typeof otherwise}`,
    );
  };
  return {
    user: of('user', ''),
    group: of('group', ''),
    readonly: of('readonly', false),
    apiGroup: of('apiGroup', ''),
    namespace: of('namespace', ''),
    resource: of('resource', ''),
    nonResourcePath: of('nonResourcePath', ''),
  };
}

const READS = ['get', 'list', 'watch'];
const NO_MATCH: Decision = { allowed: false, reason: 'No policy matched.' };

export class AbacAuthorizer implements Authorizer {
  readonly #policies: readonly AbacPolicy[];

  constructor(policies: readonly AbacPolicy[]) {
    this.#policies = policies;
  }

  authorize(user: User, attributes: Attributes): Decision {
    const reads = READS.includes(attributes.verb);
    const allows = this.#policies.some(
      (policy) =>
        (reads || !policy.readonly) &&
        isFor(policy, user) &&
        (attributes.type === 'path'
          ? pathMatches(policy.nonResourcePath, attributes.path)
          : resourceMatches(policy, attributes)),
    );
    return allows ? { allowed: true } : NO_MATCH;
  }

  rulesFor(user: User, namespace: string): Rules {
    const rules = this.#policies
      .filter((policy) => isFor(policy, user) && matches(policy.namespace, namespace))
      .flatMap(rulesOf);
    return { rules, incomplete: false, errors: [] };
  }
}

const matches = (wanted: string, given: string): boolean => wanted === '*' || wanted === given;

/** A rule for nobody in particular is for nobody. */
function isFor({ user: name, group }: AbacPolicy, user: User): boolean {
  if (name === '' && group === '') return false;
  return (name === '' || name === user.name) && (group === '' || user.groups.includes(group));
}

function resourceMatches(
  { namespace, resource, apiGroup }: AbacPolicy,
  asked: Extract<Attributes, { readonly type: 'resource' }>,
): boolean {
  return (
    matches(namespace, asked.namespace) &&
    matches(resource, asked.resource) &&
    matches(apiGroup, asked.group)
  );
}

function pathMatches(wanted: string, path: string): boolean {
  if (matches(wanted, path)) return true;
  return wanted.endsWith('*') && path.startsWith(wanted.replace(/\*+$/, ''));
}

function rulesOf(policy: AbacPolicy): PolicyRule[] {
  const { apiGroup, resource, nonResourcePath } = policy;
  const verbs = policy.readonly ? READS : ['*'];
  return [
    ...(resource === '' ? [] : [{ verbs, apiGroups: [apiGroup], resources: [resource] }]),
    ...(nonResourcePath === '' ? [] : [{ verbs, nonResourceURLs: [nonResourcePath] }]),
  ];
}
