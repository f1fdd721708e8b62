/** Users and roles as etcd's backend keeps them, from our facts and back. */
import type { Entry } from '../bolt/format.ts';
import { AuthStore, type User } from '../auth/auth-store.ts';
import { decodeMessage, encodeMessage } from '../grpc/schema/codec.ts';
import type { Permission } from '../mvcc/command.ts';

/** Positions are authpb.Permission.Type's numbers. */
const accesses: readonly Permission['access'][] = ['read', 'write', 'readwrite'];

export type AuthBuckets = Readonly<Record<'auth' | 'authUsers' | 'authRoles', readonly Entry[]>>;

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** `facts` may hold others, which are passed over. */
export function authBuckets(facts: ReadonlyMap<string, Buffer>): AuthBuckets {
  const store = new AuthStore();
  for (const [name, value] of facts) store.restore(name, value);
  return {
    auth: [
      [Buffer.from('authEnabled'), Buffer.from([store.enabled ? 1 : 0])],
      [Buffer.from('authRevision'), u64(store.revision)],
    ],
    authUsers: store.users().map((name): Entry => {
      const { passwordHash, noPassword, roles } = store.user(name)!;
      const options = { no_password: noPassword };
      const user = { name, password: passwordHash, roles, options };
      return [Buffer.from(name), encodeMessage('authpb.User', user)];
    }),
    authRoles: store.roles().map((name): Entry => {
      const keyPermission = store.role(name)!.map(({ access, key, rangeEnd }) => ({
        permType: accesses.indexOf(access),
        key: Buffer.from(key, 'latin1'),
        range_end: Buffer.from(rangeEnd, 'latin1'),
      }));
      return [Buffer.from(name), encodeMessage('authpb.Role', { name, keyPermission })];
    }),
  };
}

interface StoredUser {
  readonly password?: Buffer;
  readonly roles?: readonly string[];
  readonly options?: { readonly no_password?: boolean };
}

interface StoredRole {
  readonly keyPermission?: readonly {
    readonly permType?: number;
    readonly key?: Buffer;
    readonly range_end?: Buffer;
  }[];
}

/** The facts that say what the buckets say. Throws a WireError. */
export function authFacts(buckets: AuthBuckets): [name: string, value: Buffer][] {
  const facts: [string, Buffer][] = [];
  const add = (name: string, text: string): void => {
    facts.push([Buffer.from(`auth/${name}`).toString('latin1'), Buffer.from(text)]);
  };
  for (const [key, value] of buckets.auth) {
    if (key.toString() === 'authEnabled' && value[0] === 1) add('enabled', '1');
    if (key.toString() === 'authRevision') add('revision', String(value.readBigUInt64BE(0)));
  }
  for (const [key, value] of buckets.authUsers) {
    const { password, roles = [], options } = decodeMessage<StoredUser>('authpb.User', value);
    const user: User = {
      passwordHash: password?.toString() ?? '',
      noPassword: options?.no_password === true,
      roles,
    };
    add(`user/${key.toString()}`, JSON.stringify(user));
  }
  for (const [key, value] of buckets.authRoles) {
    const { keyPermission = [] } = decodeMessage<StoredRole>('authpb.Role', value);
    const permissions = keyPermission.map(
      ({ permType = 0, key: from, range_end: end }): Permission => ({
        access: accesses[permType] ?? 'read',
        key: from?.toString('latin1') ?? '',
        rangeEnd: end?.toString('latin1') ?? '',
      }),
    );
    add(`role/${key.toString()}`, JSON.stringify(permissions));
  }
  return facts;
}
