/** Who asks, as authentication found out: all that authorization knows of the client. */
export interface User {
  /** "system:kube-scheduler", "system:anonymous". */
  readonly name: string;
  readonly uid?: string;
  /** Includes "system:authenticated" or "system:unauthenticated". */
  readonly groups: readonly string[];
  /** What else the credentials say, for authorizers and the audit log. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export const AUTHENTICATED_GROUP = 'system:authenticated';
/** May do everything: no rule can take it away. */
export const PRIVILEGED_GROUP = 'system:masters';
export const UNAUTHENTICATED_GROUP = 'system:unauthenticated';

/** In `extra`: which of a user's credentials was shown. */
export const CREDENTIAL_ID = 'authentication.kubernetes.io/credential-id';

/** A request without credentials. */
export const anonymous: User = { name: 'system:anonymous', groups: [UNAUTHENTICATED_GROUP] };

/** A user whose credentials were verified: in the group, unless the credentials name nobody. */
export function authenticated(user: User): User {
  const { name, groups } = user;
  if (name === anonymous.name || groups.includes(UNAUTHENTICATED_GROUP)) return user;
  if (groups.includes(AUTHENTICATED_GROUP)) return user;
  return { ...user, groups: [...user.groups, AUTHENTICATED_GROUP] };
}
