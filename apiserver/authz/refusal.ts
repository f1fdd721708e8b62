import { groupResource } from '../../api/resource.ts';
import { StatusError, statusError } from '../../api/status.ts';
import type { User } from '../authn/user.ts';
import type { Attributes } from './authorizer.ts';

/** What an authorizer does not allow; other refusals are the server's own. */
export class AccessRefused extends StatusError {}

/**
 * What Kubernetes says when it refuses, for example: pods is forbidden: User "jane" cannot list
 * resource "pods" in API group "" in the namespace "default"
 */
export function refusal(user: User, attributes: Attributes, reason?: string): AccessRefused {
  return new AccessRefused(refusalStatus(user, attributes, reason).status);
}

function refusalStatus(user: User, attributes: Attributes, reason?: string): StatusError {
  const because = reason ? `: ${reason}` : '';
  const who = `User ${JSON.stringify(user.name)} cannot ${attributes.verb}`;
  if (attributes.type === 'path') {
    const path = JSON.stringify(attributes.path);
    return statusError('Forbidden', `forbidden: ${who} path ${path}${because}`, {});
  }
  const { group, resource, subresource, namespace, name } = attributes;
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  const scope =
    namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const what = `resource ${JSON.stringify(full)} in API group ${JSON.stringify(group)} ${scope}`;
  const subject = groupResource({ group, resource }) + (name === '' ? '' : ` "${name}"`);
  return statusError('Forbidden', `${subject} is forbidden: ${who} ${what}${because}`, {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    kind: resource,
  });
}
