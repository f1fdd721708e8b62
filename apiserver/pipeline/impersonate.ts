import { statusError } from '../../api/status.ts';
import type { Headers } from '../../platform/net/http.ts';
import { anonymous, authenticated, UNAUTHENTICATED_GROUP, type User } from '../authn/user.ts';
import type { Attributes, Authorizer } from '../authz/authorizer.ts';
import { refusal } from '../authz/refusal.ts';
import type { Filter } from './filter.ts';

const HEADER = 'impersonate-';
const EXTRA = 'impersonate-extra-';
const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

function asked(resource: string, name: string, subresource = ''): Attributes {
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

function listOf(value: string | undefined): string[] {
  const names = (value ?? '').split(',').map((name) => name.trim());
  return names.filter((name) => name !== '');
}

interface Impersonation {
  readonly user: User;
  /** Each must be allowed. */
  readonly attributes: readonly Attributes[];
}

/** Undefined if the request asks for none. Groups that are not named are those the name implies. */
function impersonationOf(headers: Headers): Impersonation | undefined {
  const names = Object.keys(headers).filter((name) => name.startsWith(HEADER));
  if (names.length === 0) return undefined;
  const name = headers['impersonate-user'] ?? '';
  if (name === '') {
    const text = 'requested impersonation of groups, uid or extra without impersonating a user';
    throw statusError('BadRequest', text);
  }
  const account = SERVICE_ACCOUNT.exec(name);
  const uid = headers['impersonate-uid'];
  let groups = listOf(headers['impersonate-group']);
  const attributes = groups.map((group) => asked('groups', group));
  if (account === null) attributes.unshift(asked('users', name));
  else {
    const [, namespace = '', account1 = ''] = account;
    attributes.unshift({ ...asked('serviceaccounts', account1), namespace } as Attributes);
    const implied = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
    if (groups.length === 0) groups = implied;
  }
  if (uid !== undefined) attributes.push(asked('uids', uid));
  const extra = extraOf(headers);
  for (const [key, values] of Object.entries(extra))
    attributes.push(...values.map((value) => asked('userextras', value, key)));
  const user: User = {
    name,
    groups,
    ...(uid === undefined ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
  return { user: groupedUser(user), attributes };
}

/** Keys are escaped like URLs, so that they may hold what no header's name can. */
function extraOf(headers: Headers): Record<string, readonly string[]> {
  const extra: Record<string, readonly string[]> = {};
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith(EXTRA)) continue;
    const escaped = header.slice(EXTRA.length);
    extra[unescaped(escaped)] = listOf(value);
  }
  return extra;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text).toLowerCase();
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
    const impersonation = impersonationOf(request.http.headers);
    if (impersonation === undefined) return next(request);
    for (const attributes of impersonation.attributes) {
      const decision = await authorizer.authorize(request.user, attributes);
      if (!decision.allowed) throw refusal(request.user, attributes, decision.reason);
    }
    request.notes.impersonated = impersonation.user;
    return next({ ...request, user: impersonation.user });
  };
}
