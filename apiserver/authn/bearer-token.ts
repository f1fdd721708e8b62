import type { Authenticator } from './authenticator.ts';
import type { User } from './user.ts';

const SCHEME = /^bearer +([^ ]+) *$/i;

/** Static tokens. Other schemes of the Authorization header are none of ours. */
export function bearerToken(tokens: ReadonlyMap<string, User>): Authenticator {
  return {
    authenticate({ headers }) {
      const token = SCHEME.exec(headers['authorization'] ?? '')?.[1];
      if (token === undefined) return { type: 'none' };
      const user = tokens.get(token);
      return user === undefined
        ? { type: 'refused', reason: 'invalid bearer token' }
        : { type: 'user', user };
    },
  };
}
