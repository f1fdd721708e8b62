import type { HttpRequest } from '../../platform/net/http.ts';
import type { Authenticator } from './authenticator.ts';
import type { User } from './user.ts';

/**
 * `none`: not a token of this sort. `refused`: one, and it is bad. `audiences`: which of those
 * asked for the token is meant for.
 */
export type TokenAuthentication =
  | { readonly type: 'user'; readonly user: User; readonly audiences: readonly string[] }
  | { readonly type: 'none' }
  | { readonly type: 'refused'; readonly reason: string };

export interface TokenAuthenticator {
  /** `audiences`: who will rely on the answer; the token must be meant for one of them. */
  authenticateToken(
    token: string,
    audiences: readonly string[],
  ): TokenAuthentication | Promise<TokenAuthentication>;
}

export const none: TokenAuthentication = { type: 'none' };

const SCHEME = /^bearer +([^ ]+) *$/i;

/** The bearer token of a request. Other schemes of Authorization are none of ours. */
function bearerOf({ headers }: Pick<HttpRequest, 'headers'>): string | undefined {
  return SCHEME.exec(headers['authorization'] ?? '')?.[1];
}

/** The first that knows the token wins; a token that nobody knows is refused. */
export function anyToken(authenticators: () => readonly TokenAuthenticator[]): TokenAuthenticator {
  return {
    async authenticateToken(token, audiences) {
      const reasons: string[] = [];
      for (const authenticator of authenticators()) {
        const result = await authenticator.authenticateToken(token, audiences);
        if (result.type === 'user') return result;
        if (result.type === 'refused') reasons.push(result.reason);
      }
      const all = ['invalid bearer token', ...reasons];
      return { type: 'refused', reason: all.length === 1 ? all[0]! : `[${all.join(', ')}]` };
    },
  };
}

/** Requests rely on their tokens for the API: `audiences` are the API's own names. */
export function bearerTokens(
  tokens: TokenAuthenticator,
  audiences: readonly string[],
): Authenticator {
  return {
    authenticate(request) {
      const token = bearerOf(request);
      return token === undefined ? none : tokens.authenticateToken(token, audiences);
    },
  };
}

/** For tokens that name no audience: they are meant for the API. */
export function forApi(apiAudiences: readonly string[], asked: readonly string[]): string[] {
  return apiAudiences.filter((audience) => asked.includes(audience));
}

/** The tokens of a file. */
export function staticTokens(
  tokens: ReadonlyMap<string, User>,
  apiAudiences: readonly string[],
): TokenAuthenticator {
  return {
    authenticateToken(token, asked) {
      const user = tokens.get(token);
      if (user === undefined) return none;
      const audiences = forApi(apiAudiences, asked);
      return audiences.length === 0 ? none : { type: 'user', user, audiences };
    },
  };
}
