import { AUTHENTICATED_GROUP } from '../authn/user.ts';
import type { Authorizer } from './authorizer.ts';

/** What Kubernetes' role system:public-info-viewer opens to everybody. */
const publicPaths = ['/healthz', '/livez', '/readyz', '/version'];

function isPublic(path: string): boolean {
  return publicPaths.some((open) => path === open || path.startsWith(`${open}/`));
}

/** Everything to those who proved who they are; health and version to everybody. */
export const authenticatedUsers: Authorizer = {
  authorize(user, attributes) {
    if (user.groups.includes(AUTHENTICATED_GROUP)) return { allowed: true };
    const open =
      attributes.type === 'path' && attributes.verb === 'get' && isPublic(attributes.path);
    return open ? { allowed: true } : { allowed: false };
  },
};
