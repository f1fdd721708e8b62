/**
 * Authorization: may this user do this? In: the seam, what combines authorizers, RBAC, the rules
 * of nodes, a webhook. Out: what a write must not grant (registry), admission.
 */
import type { PolicyRule } from '../../api/types/rbac-v1.ts';
import type { User } from '../authn/user.ts';

/** What is asked for, in the words of RBAC. Names are "" where they do not apply. */
export type Attributes = ResourceAttributes | PathAttributes;

export interface ResourceAttributes {
  readonly type: 'resource';
  /** "get" … "deletecollection", and "impersonate", "bind", "escalate". */
  readonly verb: string;
  readonly group: string;
  readonly version?: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** As in the query of a list, watch or deletecollection: only narrower rules ask. */
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

export interface PathAttributes {
  readonly type: 'path';
  readonly verb: string;
  readonly path: string;
}

/**
 * `reason` is appended to the refusal that the client sees. Not `allowed` means "no opinion", so
 * that the next authorizer is asked, unless it is `denied`. `error`: what kept an authorizer from
 * deciding; a request that nobody allows then fails with 500, as in Kubernetes.
 */
export type Decision =
  | { readonly allowed: true; readonly reason?: string }
  | {
      readonly allowed: false;
      readonly denied?: true;
      readonly reason?: string;
      readonly error?: string;
    };

/** What a user may do in a namespace, as far as it can be listed. */
export interface Rules {
  readonly rules: readonly PolicyRule[];
  /** True if there may be more. */
  readonly incomplete: boolean;
  readonly errors: readonly string[];
}

export interface Authorizer {
  authorize(user: User, attributes: Attributes): Decision | Promise<Decision>;
  /** Absent: its rules cannot be listed. */
  rulesFor?(user: User, namespace: string): Rules | Promise<Rules>;
}

export const noOpinion: Decision = { allowed: false };
