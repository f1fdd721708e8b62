import type { Authenticator } from './authn/authenticator.ts';
import type { Authorizer } from './authz/authorizer.ts';
import type { AccessControl } from './registry/declaration.ts';

/** What the pipeline does to every request, as a question of its own. */
export function accessControl(authenticator: Authenticator, authorizer: Authorizer): AccessControl {
  return {
    async authorize(subject, access) {
      return authorizer.authorize(subject, access);
    },
    /** As if the token came with a request that carries nothing else. */
    async authenticate(token) {
      const result = await authenticator.authenticate({
        method: 'GET',
        path: '/',
        query: new URLSearchParams(),
        headers: { authorization: `Bearer ${token}` },
        peer: { address: 'token-review' },
        signal: new AbortController().signal,
      });
      if (result.type !== 'user') return undefined;
      return result.user.groups.includes('system:unauthenticated') ? undefined : result.user;
    },
  };
}
