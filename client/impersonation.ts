/** Acting for somebody else: what a kubeconfig's user and flags say of it, and its headers. */

/** As in kubeconfigs. */
export interface Impersonation {
  readonly as?: string;
  readonly 'as-uid'?: string;
  readonly 'as-groups'?: readonly string[];
  readonly 'as-user-extra'?: Readonly<Record<string, readonly string[]>>;
}

/** Without the rest of what a user says. */
export function impersonationIn(user: Impersonation): Impersonation {
  const { as, 'as-uid': uid, 'as-groups': groups, 'as-user-extra': extra } = user;
  return {
    ...(as && { as }),
    ...(uid && { 'as-uid': uid }),
    ...(groups && { 'as-groups': groups }),
    ...(extra && { 'as-user-extra': extra }),
  };
}

/** None without a user. Several values of a header are joined by line breaks. */
export function impersonationHeaders(of: Impersonation): Record<string, string> {
  const { as, 'as-uid': uid, 'as-groups': groups = [], 'as-user-extra': extra = {} } = of;
  if (!as) return {};
  const extras = Object.entries(extra)
    .filter(([, values]) => values.length > 0)
    .map(([key, values]) => [`impersonate-extra-${headerKey(key)}`, values.join('\n')] as const);
  return {
    'impersonate-user': as,
    ...(uid ? { 'impersonate-uid': uid } : {}),
    ...(groups.length > 0 ? { 'impersonate-group': groups.join('\n') } : {}),
    ...Object.fromEntries(extras),
  };
}

/** Lower case; what may not stand in the name of a header is escaped, and the percent sign. */
function headerKey(key: string): string {
  return [...Buffer.from(key)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      if (/[!#$&'*+.^_`|~0-9A-Za-z-]/.test(character)) return character;
      return `%${byte.toString(16).padStart(2, '0')}`;
    })
    .join('')
    .toLowerCase();
}
