import { isTokenProtocol, TOKEN_PROTOCOL } from '../../api/token-protocol.ts';
import type { HttpRequest } from '../../platform/net/http.ts';
import { isWebSocketRequest, offeredProtocols } from '../../platform/net/websocket-server.ts';
import type { Authentication, Authenticator, Remarks } from './authenticator.ts';
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
    remarks?: Remarks,
  ): TokenAuthentication | Promise<TokenAuthentication>;
}

export const none: TokenAuthentication = { type: 'none' };

/** The bearer token of a request. Other schemes of Authorization are none of ours. */
function bearerOf(
  { headers }: Pick<HttpRequest, 'headers'>,
  remarks: Remarks | undefined,
): string | undefined {
  const [scheme, token, ...more] = (headers['authorization'] ?? '').trim().split(' ');
  if (scheme?.toLowerCase() !== 'bearer') return undefined;
  if (token === '' && more.length > 0)
    remarks?.warn(
      'the provided Authorization header contains extra space before the bearer token, ' +
        'and is ignored',
    );
  return token || undefined;
}

/** The first that knows the token wins; a token that nobody knows is refused. */
export function anyToken(authenticators: () => readonly TokenAuthenticator[]): TokenAuthenticator {
  return {
    async authenticateToken(token, audiences, remarks) {
      const reasons: string[] = [];
      for (const authenticator of authenticators()) {
        const result = await authenticator.authenticateToken(token, audiences, remarks);
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
    authenticate(request, remarks) {
      const token = bearerOf(request, remarks);
      return token === undefined ? none : tokens.authenticateToken(token, audiences, remarks);
    },
  };
}

/**
 * Browsers may set no headers of a WebSocket but its subprotocols: one of those offered may be a
 * bearer token, another one is what is spoken.
 */
export function webSocketTokens(
  tokens: TokenAuthenticator,
  audiences: readonly string[],
): Authenticator {
  return {
    authenticate({ headers }, remarks) {
      if (!isWebSocketRequest(headers)) return none;
      const offered = offeredProtocols(headers);
      const [token, ...others] = offered.filter(isTokenProtocol);
      const refused = (reason: string): Authentication => ({ type: 'refused', reason });
      if (token === undefined || token === TOKEN_PROTOCOL) return none;
      if (others.length > 0)
        return refused('multiple base64.bearer.authorization tokens specified');
      const encoded = token.slice(TOKEN_PROTOCOL.length);
      const bytes = Buffer.from(encoded, 'base64url');
      if (bytes.toString('base64url') !== encoded)
        return refused('invalid base64.bearer.authorization token encoding');
      if (offered.length === 1) return refused('missing additional subprotocol');
      return tokens.authenticateToken(bytes.toString(), audiences, remarks);
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
