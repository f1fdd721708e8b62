/** The server's own authentication and authorization, as the registry asks them. */
import type { TokenRequestSpec } from '../../api/types/authentication-v1.ts';
import type { ServiceAccount } from '../../api/types/core-v1.ts';
import type { PolicyRule, RoleRef } from '../../api/types/rbac-v1.ts';

/** Who a review is about, as authentication found out or the review says. */
export interface Subject {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What is to be decided, in the words of RBAC. Names are "" where they do not apply. */
export type Access =
  | {
      readonly type: 'resource';
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      readonly subresource: string;
      readonly namespace: string;
      readonly name: string;
      readonly version?: string;
      readonly fieldSelector?: string;
      readonly labelSelector?: string;
    }
  | { readonly type: 'path'; readonly verb: string; readonly path: string };

/** Not `allowed` may become so; `denied` may not. */
export interface Answer {
  readonly allowed: boolean;
  readonly denied?: boolean;
  readonly reason?: string;
  /** What kept it from being decided. */
  readonly error?: string;
}

export interface AccessControl {
  authorize(subject: Subject, access: Access): Promise<Answer>;
  /** Rejects with Forbidden unless the subject may. */
  require(subject: Subject, access: Access): Promise<void>;
  /** What the subject may do in a namespace, as far as it can be listed. */
  rules(
    subject: Subject,
    namespace: string,
  ): Promise<{
    readonly rules: readonly PolicyRule[];
    readonly incomplete: boolean;
    readonly errors: readonly string[];
  }>;
  /** Why the subject must not grant the rules: it lacks some. Undefined if it holds all. */
  escalation(
    subject: Subject,
    namespace: string,
    rules: readonly PolicyRule[],
  ): Promise<string | undefined>;
  /** Of the role that a binding in `namespace` ("": of the cluster) names; undefined: no such. */
  roleRules(role: RoleRef, namespace: string): Promise<readonly PolicyRule[] | undefined>;
  /** Whom a token proves to one of the audiences; none: to the API itself. */
  authenticate(token: string, audiences: readonly string[]): Promise<TokenAnswer>;
  /** Undefined if this server issues none. */
  issueToken(
    account: ServiceAccount,
    spec: Partial<TokenRequestSpec>,
  ): Promise<IssuedToken | undefined>;
}

export type TokenAnswer =
  | { readonly subject: Subject; readonly audiences: readonly string[] }
  | { readonly subject?: undefined; readonly error: string };

/** What a TokenRequest is answered with. */
export interface IssuedToken {
  readonly token: string;
  readonly expirationTimestamp: string;
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  /** Of the token, by which the audit log knows it. */
  readonly id: string;
  readonly warning?: string;
}
