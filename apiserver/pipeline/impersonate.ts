import { dns1123Label, dns1123Subdomain } from '../../api/validation/names.ts';
import { headerValues, type HttpRequest } from '../../platform/net/http.ts';
import { anonymous, authenticated, UNAUTHENTICATED_GROUP, type User } from '../authn/user.ts';
import type { Attributes, Authorizer, ResourceAttributes } from '../authz/authorizer.ts';
import { refusal } from '../authz/refusal.ts';
import type { Filter } from './filter.ts';
import { internalError } from './status-response.ts';

const PREFIX = 'impersonate-';
const EXTRA = 'impersonate-extra-';
const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

const GO_KINDS: Readonly<Record<string, string>> = {
  groups: 'Group',
  uids: 'UID',
  userextras: 'UserExtra',
};

function asked(resource: string, name: string, subresource = ''): ResourceAttributes {
  const group = resource === 'userextras' || resource === 'uids' ? 'authentication.k8s.io' : '';
  return {
    type: 'resource',
    verb: 'impersonate',
    group,
    resource,
    subresource,
    namespace: '',
    name,
  };
}

interface Impersonation {
  readonly user: User;
  /** Each must be allowed. */
  readonly attributes: readonly Attributes[];
}

/**
 * Undefined if the request asks for none; a user without a name if it does not say for whom. Groups
 * that are not named are those the name implies.
 */
function impersonationOf(request: HttpRequest): Impersonation | undefined {
  if (!asksForImpersonation(request)) return undefined;
  const [name = ''] = headerValues(request, 'impersonate-user');
  const account = accountOf(name);
  const [uid = ''] = headerValues(request, 'impersonate-uid');
  let groups = headerValues(request, 'impersonate-group');
  const attributes: Attributes[] = [];
  if (account !== undefined)
    attributes.push({ ...asked('serviceaccounts', account.name), namespace: account.namespace });
  else if (name !== '') attributes.push(asked('users', name));
  attributes.push(...groups.map((group) => asked('groups', group)));
  if (account !== undefined && groups.length === 0)
    groups = ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`];
  const extra = extraOf(request);
  for (const [key, values] of Object.entries(extra))
    attributes.push(...values.map((value) => asked('userextras', value, key)));
  if (uid !== '') attributes.push(asked('uids', uid));
  if (attributes.length === 0) return undefined;
  const user: User = {
    name,
    groups,
    ...(uid === '' ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
  return { user: groupedUser(user), attributes };
}

/** Of most requests this is all that is looked at. */
function asksForImpersonation({ headers }: HttpRequest): boolean {
  for (const header in headers) if (header.startsWith(PREFIX)) return true;
  return false;
}

/** A name that no account can have is a user's. */
function accountOf(user: string): { namespace: string; name: string } | undefined {
  const [, namespace = '', name = ''] = SERVICE_ACCOUNT.exec(user) ?? [];
  const valid = dns1123Label(namespace).length === 0 && dns1123Subdomain(name).length === 0;
  return valid ? { namespace, name } : undefined;
}

/** What is asked for, as Go prints references to objects. */
function shown(attributes: Attributes): string {
  const { resource, group, subresource, name } = attributes as ResourceAttributes;
  const version = group === '' ? '' : `${group}/v1`;
  return `{${GO_KINDS[resource]}  ${name}  ${version}  ${subresource}}`;
}

/** Keys are escaped like URLs, so that they may hold what no header's name can. */
function extraOf(request: HttpRequest): Record<string, readonly string[]> {
  // No plain object: any key may be sent, those of its prototype, too.
  const extra = new Map<string, readonly string[]>();
  for (const header of Object.keys(request.headers)) {
    if (!header.startsWith(EXTRA)) continue;
    const key = unescaped(header.slice(EXTRA.length));
    extra.set(key, [...(extra.get(key) ?? []), ...headerValues(request, header)]);
  }
  return Object.fromEntries(extra);
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Everybody is in one of the two groups, whatever groups were asked for. */
function groupedUser(user: User): User {
  if (user.groups.includes(UNAUTHENTICATED_GROUP)) return user;
  if (user.name !== anonymous.name) return authenticated(user);
  return { ...user, groups: [...user.groups, UNAUTHENTICATED_GROUP] };
}

/** kubectl --as: the rest of the pipeline sees another user, if this one may act for it. */
export function impersonate(authorizer: Authorizer): Filter {
  return (next) => async (request) => {
    const impersonation = impersonationOf(request.http);
    if (impersonation === undefined) return next(request);
    if (impersonation.user.name === '') {
      const what = impersonation.attributes.map(shown).join(' ');
      const why = `requested [${what}] without impersonating a user`;
      return internalError(request.http.path, why);
    }
    for (const attributes of impersonation.attributes) {
      const decision = await authorizer.authorize(request.user, attributes);
      if (!decision.allowed) throw refusal(request.user, attributes, decision.reason);
    }
    request.notes.impersonated = impersonation.user;
    return next({ ...request, user: impersonation.user });
  };
}
