/**
 * Authentication: from what a request carries to the user who sent it. In: client certificates
 * (verified by the transport), headers of a front proxy, bearer tokens of every sort, anonymous
 * requests. Out: who may act as somebody else (pipeline/impersonate).
 */
import type { HttpRequest } from '../../platform/net/http.ts';
import { anonymous, authenticated, type User } from './user.ts';

/** `none`: no credentials of this sort. `refused`: some, and they are bad. */
export type Authentication =
  | { readonly type: 'user'; readonly user: User }
  | { readonly type: 'none' }
  | { readonly type: 'refused'; readonly reason: string };

/** What is worth telling of credentials besides whom they prove. */
export interface Remarks {
  /** To the client. */
  warn(text: string): void;
  /** To the audit log. */
  annotate(key: string, value: string): void;
}

export interface Authenticator {
  authenticate(request: HttpRequest, remarks?: Remarks): Authentication | Promise<Authentication>;
}

/**
 * The first authenticator that knows the user wins. Bad credentials are refused even when no
 * other sort was tried; only a request with no credentials at all is anonymous.
 */
export function anyOf(
  authenticators: readonly Authenticator[],
  {
    allowAnonymous = () => true,
  }: { readonly allowAnonymous?: (request: HttpRequest) => boolean } = {},
): Authenticator {
  return {
    async authenticate(request, remarks) {
      let refused: Authentication | undefined;
      for (const authenticator of authenticators) {
        const result = await authenticator.authenticate(request, remarks);
        if (result.type === 'user') return { type: 'user', user: authenticated(result.user) };
        if (result.type === 'refused') refused ??= result;
      }
      if (refused !== undefined) return refused;
      return allowAnonymous(request) ? { type: 'user', user: anonymous } : { type: 'none' };
    },
  };
}
