/**
 * Authorization: may this user do this? In: the seam, and the rule of a cluster without RBAC.
 * Out: roles and bindings, node restrictions.
 */
import type { User } from '../authn/user.ts';

/** What is asked for, in the words of RBAC. Names are "" where they do not apply. */
export type Attributes =
  | {
      readonly type: 'resource';
      /** "get" … "deletecollection", and "impersonate". */
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      readonly subresource: string;
      readonly namespace: string;
      readonly name: string;
    }
  | { readonly type: 'path'; readonly verb: string; readonly path: string };

/** `reason` is appended to the refusal that the client sees. */
export type Decision =
  { readonly allowed: true } | { readonly allowed: false; readonly reason?: string };

export interface Authorizer {
  authorize(user: User, attributes: Attributes): Decision | Promise<Decision>;
}
