import type { PolicyRule } from '../api/types/rbac-v1.ts';
import { authenticated, type User } from './authn/user.ts';
import type { Authorizer, Rules } from './authz/authorizer.ts';
import { missingRules } from './authz/rbac/covers.ts';
import { missingText, quotedList } from './authz/rbac/describe.ts';
import { MissingRole, type RbacAuthorizer } from './authz/rbac/rbac-authorizer.ts';
import { refusal } from './authz/refusal.ts';
import type { Identity } from './identity.ts';
import type { AccessControl } from './registry/access-control.ts';

export interface AccessControlOptions {
  readonly identity: Identity;
  readonly authorizer: Authorizer;
  /** Roles mean what they say even where something else authorizes requests. */
  readonly rbac: RbacAuthorizer;
}

const unlisted: Rules = { rules: [], incomplete: true, errors: [] };

/** What the pipeline does to every request, as questions of their own. */
export function accessControl(options: AccessControlOptions): AccessControl {
  const { identity, authorizer, rbac } = options;
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
    async authenticate(token, audiences) {
      const asked = audiences.length === 0 ? identity.apiAudiences : audiences;
      const result = await identity.tokens.authenticateToken(token, asked);
      switch (result.type) {
        case 'user':
          return { subject: authenticated(result.user), audiences: result.audiences };
        case 'refused':
          return { error: result.reason };
        case 'none':
          return { error: 'invalid bearer token' };
      }
    },
    async issueToken(account, spec) {
      return identity.issueToken(account, spec);
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
