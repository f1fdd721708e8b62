import { statusError } from '../../api/status.ts';
import type { Headers } from '../../platform/http.ts';
import { anonymous, authenticated, UNAUTHENTICATED_GROUP, type User } from '../authn/user.ts';
import type { Attributes, Authorizer } from '../authz/authorizer.ts';
import { refusal } from '../authz/refusal.ts';
import type { Filter } from './filter.ts';

const HEADER = 'impersonate-';
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
  for (const header of names) {
    if (!header.startsWith('impersonate-extra-')) continue;
    const key = header.slice('impersonate-extra-'.length);
    attributes.push(...listOf(headers[header]).map((value) => asked('userextras', value, key)));
  }
  const user: User = { name, groups, ...(uid === undefined ? {} : { uid }) };
  const isAnonymous = name === anonymous.name || groups.includes(UNAUTHENTICATED_GROUP);
  if (isAnonymous) return { user: { ...user, groups: anonymous.groups }, attributes };
  return { user: authenticated(user), attributes };
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
    return next({ ...request, user: impersonation.user });
  };
}
