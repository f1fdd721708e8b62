import type { PolicyRule } from '../../api/types/rbac-v1.ts';
import { PRIVILEGED_GROUP } from '../authn/user.ts';
import { type Authorizer, noOpinion } from './authorizer.ts';

const all = ['*'];
const everything: readonly PolicyRule[] = [
  { verbs: all, apiGroups: all, resources: all },
  { verbs: all, nonResourceURLs: all },
];

/** --authorization-mode=AlwaysAllow: everything to everybody. */
export const alwaysAllow: Authorizer = {
  authorize: () => ({ allowed: true }),
  rulesFor: () => ({ rules: everything, incomplete: false, errors: [] }),
};

/** --authorization-mode=AlwaysDeny: for tests of clients. */
export const alwaysDeny: Authorizer = {
  authorize: () => ({ allowed: false, reason: 'Everything is forbidden.' }),
  rulesFor: () => ({ rules: [], incomplete: false, errors: [] }),
};

/**
 * Everything to system:masters, asked before all others: the server's own requests must pass even
 * where no rule can be read yet, and whoever broke the rules must be able to mend them.
 */
export const privilegedGroup: Authorizer = {
  authorize: ({ groups }) => (groups.includes(PRIVILEGED_GROUP) ? { allowed: true } : noOpinion),
  rulesFor: ({ groups }) => ({
    rules: groups.includes(PRIVILEGED_GROUP) ? everything : [],
    incomplete: false,
    errors: [],
  }),
};
