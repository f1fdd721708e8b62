import { StoreError } from '../kv.ts';
import type { AuthChange, Permission } from '../mvcc/command.ts';
import type { Auth } from '../server/interface.ts';
import { decodeMessage, encodeMessage, type Plain } from './schema/codec.ts';
import { Schema } from './schema/schema.ts';
import { plainHeader, type ServiceContext, type UnaryMethods } from './unary.ts';

/** Every field of the Auth requests, each optional as on the wire. */
interface AuthRequest {
  readonly name?: string;
  readonly user?: string;
  readonly role?: string;
  readonly password?: string;
  readonly hashedPassword?: string;
  readonly options?: { readonly no_password?: boolean };
  readonly perm?: {
    readonly permType?: number;
    readonly key?: Buffer;
    readonly range_end?: Buffer;
  };
  readonly key?: Buffer;
  readonly range_end?: Buffer;
}

/** Positions are authpb.Permission.Type's numbers. */
const accesses: readonly Permission['access'][] = ['read', 'write', 'readwrite'];

const byteString = (bytes: Buffer | undefined): string => bytes?.toString('latin1') ?? '';

/** One made elsewhere travels in base 64, as between etcd's members. */
async function passwordHash(auth: Auth, request: AuthRequest): Promise<string> {
  const { hashedPassword = '', password = '' } = request;
  if (hashedPassword !== '') return Buffer.from(hashedPassword, 'base64').toString();
  return auth.hashPassword(password);
}

function permissionOf({ perm }: AuthRequest): Permission {
  if (perm === undefined) throw new StoreError('permissionNotGiven');
  const access = accesses[perm.permType ?? 0] ?? 'read';
  return { access, key: byteString(perm.key), rangeEnd: byteString(perm.range_end) };
}

const plainPermission = ({ access, key, rangeEnd }: Permission): Plain => ({
  permType: accesses.indexOf(access),
  key: Buffer.from(key, 'latin1'),
  range_end: Buffer.from(rangeEnd, 'latin1'),
});

/** The change that a request asks for, by the method's name. */
const changes: Readonly<
  Record<string, (request: AuthRequest, auth: Auth) => AuthChange | Promise<AuthChange>>
> = {
  AuthEnable: () => ({ do: 'enable' }),
  AuthDisable: () => ({ do: 'disable' }),
  UserAdd: async (request, auth) => {
    const { name: user = '', options } = request;
    if (user === '') throw new StoreError('userEmpty');
    const noPassword = options?.no_password === true;
    const hash = noPassword ? '' : await passwordHash(auth, request);
    return { do: 'userAdd', user, passwordHash: hash, noPassword };
  },
  UserDelete: ({ name: user = '' }) => ({ do: 'userDelete', user }),
  UserChangePassword: async (request, auth) => ({
    do: 'userChangePassword',
    user: request.name ?? '',
    passwordHash: await passwordHash(auth, request),
  }),
  UserGrantRole: ({ user = '', role = '' }) => ({ do: 'userGrantRole', user, role }),
  UserRevokeRole: ({ name: user = '', role = '' }) => ({ do: 'userRevokeRole', user, role }),
  RoleAdd: ({ name: role = '' }) => ({ do: 'roleAdd', role }),
  RoleDelete: ({ role = '' }) => ({ do: 'roleDelete', role }),
  RoleGrantPermission: (request) => ({
    do: 'roleGrantPermission',
    role: request.name ?? '',
    permission: permissionOf(request),
  }),
  RoleRevokePermission: ({ role = '', key, range_end: end }) => ({
    do: 'roleRevokePermission',
    role,
    key: byteString(key),
    rangeEnd: byteString(end),
  }),
};

const answers: Readonly<Record<string, (request: AuthRequest, auth: Auth) => Promise<Plain>>> = {
  AuthStatus: async (_request, auth) => ({
    enabled: auth.enabled,
    authRevision: auth.revision,
  }),
  Authenticate: async ({ name = '', password = '' }, auth) => ({
    token: await auth.authenticate(name, password),
  }),
  UserGet: async ({ name = '' }, auth) => ({ roles: await auth.userRoles(name) }),
  UserList: async (_request, auth) => ({ users: await auth.users() }),
  RoleGet: async ({ role = '' }, auth) => ({
    perm: (await auth.rolePermissions(role)).map(plainPermission),
  }),
  RoleList: async (_request, auth) => ({ roles: await auth.roles() }),
};

/** Whoever asks these may not have a name yet. */
const open: ReadonlySet<string> = new Set(['Authenticate', 'AuthStatus']);

/** etcdserverpb.Auth */
export function authService(context: ServiceContext): UnaryMethods {
  const methods = [...Object.keys(changes), ...Object.keys(answers)].map((name) => {
    const path = `/etcdserverpb.Auth/${name}`;
    const rpc = Schema.shared.rpc(path);
    const serve: UnaryMethods[string] = async (bytes, origin) => {
      const request = decodeMessage<AuthRequest>(rpc.request, bytes);
      const { auth } = open.has(name) ? context.member : context.callsOf(origin);
      const change = changes[name];
      const answer = change === undefined ? await answers[name]!(request, auth) : {};
      if (change !== undefined) await auth.change(await change(request, auth));
      return encodeMessage(rpc.response, { header: plainHeader(context), ...answer });
    };
    return [path, serve] as const;
  });
  return Object.fromEntries(methods);
}
