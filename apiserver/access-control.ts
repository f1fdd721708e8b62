import type { PolicyRule } from '../api/types/rbac-v1.ts';
import type { Authenticator } from './authn/authenticator.ts';
import { UNAUTHENTICATED_GROUP, type User } from './authn/user.ts';
import type { Authorizer, Rules } from './authz/authorizer.ts';
import { missingRules } from './authz/rbac/covers.ts';
import { missingText, quotedList } from './authz/rbac/describe.ts';
import { MissingRole, type RbacAuthorizer } from './authz/rbac/rbac-authorizer.ts';
import { refusal } from './authz/refusal.ts';
import type { AccessControl } from './registry/declaration.ts';

export interface AccessControlOptions {
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  /** Roles mean what they say even where something else authorizes requests. */
  readonly rbac: RbacAuthorizer;
}

const unlisted: Rules = { rules: [], incomplete: true, errors: [] };

/** What the pipeline does to every request, as questions of their own. */
export function accessControl(options: AccessControlOptions): AccessControl {
  const { authenticator, authorizer, rbac } = options;
  return {
    async authorize(subject, access) {
      return authorizer.authorize(subject, access);
    },
    async require(subject, access) {
      const decision = await authorizer.authorize(subject, access);
      if (!decision.allowed) throw refusal(subject, access, decision.reason);
    },
    async rules(subject, namespace) {
      return (await authorizer.rulesFor?.(subject, namespace)) ?? unlisted;
    },
    async escalation(subject, namespace, rules) {
      return escalationText(subject, await rbac.rulesFor(subject, namespace), rules);
    },
    async roleRules(role, namespace) {
      try {
        return rbac.rulesOf(role, namespace);
      } catch (error) {
        if (error instanceof MissingRole) return undefined;
        throw error;
      }
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
      return result.user.groups.includes(UNAUTHENTICATED_GROUP) ? undefined : result.user;
    },
  };
}

function escalationText(
  user: User,
  held: Rules,
  wanted: readonly PolicyRule[],
): string | undefined {
  const missing = missingRules(held.rules, wanted);
  if (missing.length === 0) return undefined;
  const who = `user ${JSON.stringify(user.name)} (groups=${quotedList(user.groups)})`;
  const errors = held.errors.length === 0 ? '' : `; resolution errors: [${held.errors.join(', ')}]`;
  const what = 'is attempting to grant RBAC permissions not currently held';
  return `${who} ${what}:\n${missingText(missing)}${errors}`;
}
