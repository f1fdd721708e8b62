/** user, role, auth */
import { Command } from 'commander';
import type { Plain } from '../../store/grpc/schema/codec.ts';
import { numberText } from '../plain.ts';
import { addRangeFlags, rangeOf, type RangeFlags } from '../range.ts';
import type { EtcdClient } from '../client.ts';
import type { Run, Session } from '../session.ts';
import { badArguments } from '../failure.ts';

interface Row {
  readonly usage: string;
  readonly text: string;
  readonly method: string;
  readonly request: (words: readonly string[], password: string) => Plain;
  readonly print: (words: readonly string[], answer: Plain) => string;
  /** Standard input holds a password. */
  readonly asksPassword?: (words: readonly string[]) => boolean;
}

const accesses: Readonly<Record<string, number>> = { read: 0, write: 1, readwrite: 2 };
const lines = (names: unknown): string => ((names ?? []) as string[]).join('\n');

const users: readonly Row[] = [
  {
    usage: 'add <name[:password]>',
    text: 'Add a user',
    method: 'UserAdd',
    request: ([spec], password) => {
      const [name, own] = spec!.split(/:(.*)/s);
      return { name: name!, password: own ?? password, options: {} };
    },
    print: ([spec]) => `User ${spec!.split(':')[0]} created`,
    asksPassword: ([spec]) => !spec!.includes(':'),
  },
  {
    usage: 'delete <name>',
    text: 'Delete a user',
    method: 'UserDelete',
    request: ([name]) => ({ name: name! }),
    print: ([name]) => `User ${name} deleted`,
  },
  {
    usage: 'get <name>',
    text: 'Show the roles of a user',
    method: 'UserGet',
    request: ([name]) => ({ name: name! }),
    print: ([name], { roles }) =>
      `User: ${name}\nRoles:${((roles ?? []) as string[]).map((role) => ` ${role}`).join('')}`,
  },
  {
    usage: 'list',
    text: 'List users',
    method: 'UserList',
    request: () => ({}),
    print: (_, { users: names }) => lines(names),
  },
  {
    usage: 'passwd <name>',
    text: 'Change a password, read from standard input',
    method: 'UserChangePassword',
    request: ([name], password) => ({ name: name!, password }),
    print: () => 'Password updated',
    asksPassword: () => true,
  },
  {
    usage: 'grant-role <name> <role>',
    text: 'Give a role to a user',
    method: 'UserGrantRole',
    request: ([user, role]) => ({ user: user!, role: role! }),
    print: ([user, role]) => `Role ${role} is granted to user ${user}`,
  },
  {
    usage: 'revoke-role <name> <role>',
    text: 'Take a role from a user',
    method: 'UserRevokeRole',
    request: ([name, role]) => ({ name: name!, role: role! }),
    print: ([user, role]) => `Role ${role} is revoked from user ${user}`,
  },
];

const roles: readonly Row[] = [
  {
    usage: 'add <role>',
    text: 'Add a role',
    method: 'RoleAdd',
    request: ([name]) => ({ name: name! }),
    print: ([name]) => `Role ${name} created`,
  },
  {
    usage: 'delete <role>',
    text: 'Delete a role',
    method: 'RoleDelete',
    request: ([role]) => ({ role: role! }),
    print: ([name]) => `Role ${name} deleted`,
  },
  {
    usage: 'get <role>',
    text: 'Show the permissions of a role',
    method: 'RoleGet',
    request: ([role]) => ({ role: role! }),
    print: ([name], { perm }) => permissionLines(name!, (perm ?? []) as Plain[]),
  },
  {
    usage: 'list',
    text: 'List roles',
    method: 'RoleList',
    request: () => ({}),
    print: (_, { roles: names }) => lines(names),
  },
];

const authentication: readonly Row[] = [
  {
    usage: 'enable',
    text: 'Ask clients who they are',
    method: 'AuthEnable',
    request: () => ({}),
    print: () => 'Authentication Enabled',
  },
  {
    usage: 'disable',
    text: 'Ask nobody',
    method: 'AuthDisable',
    request: () => ({}),
    print: () => 'Authentication Disabled',
  },
  {
    usage: 'status',
    text: 'Show whether clients are asked',
    method: 'AuthStatus',
    request: () => ({}),
    print: (_, { enabled, authRevision }) =>
      `Authentication Status: ${enabled === true}\nAuthRevision: ${numberText(authRevision)}`,
  },
];

const intervalText = (from: Buffer, end: Buffer): string =>
  `[${from.toString()}, ${end.equals(Buffer.from([0])) ? '<open ended>' : `${end.toString()})`}`;

/** Ranges that are a prefix say so, as etcdctl does. */
function rangeText(permission: Plain): string {
  const key = (permission['key'] as Buffer | undefined) ?? Buffer.alloc(0);
  const end = permission['range_end'] as Buffer | undefined;
  if (end === undefined || end.length === 0) return key.toString();
  const prefix = Buffer.from(end);
  prefix[prefix.length - 1]!--;
  return `${intervalText(key, end)}${prefix.equals(key) ? ` (prefix ${key.toString()})` : ''}`;
}

function permissionLines(name: string, permissions: readonly Plain[]): string {
  const of = (wanted: number): string =>
    permissions
      .filter(({ permType = 0 }) => permType === wanted || permType === accesses['readwrite'])
      .map((permission) => `\n\t${rangeText(permission)}`)
      .join('');
  return `Role ${name}\nKV Read:${of(0)}\nKV Write:${of(1)}`;
}

/** Typed twice where somebody types; otherwise the first line of standard input. */
async function newPassword(session: Session, name: string, interactive: boolean): Promise<string> {
  const { readSecret } = session.environment.context;
  if (!interactive || readSecret === undefined) return session.firstLine();
  const password = await readSecret(`Password of ${name}: `);
  const again = await readSecret(`Type password of ${name} again for confirmation: `);
  if (again !== password) throw badArguments('given passwords are different');
  return password;
}

interface ExecuteFlags {
  readonly interactive?: boolean | string;
  readonly detail?: boolean;
  /** False: --no-password. */
  readonly password?: boolean;
  readonly newUserPassword?: string;
}

async function execute(
  session: Session,
  row: Row,
  { words, flags }: { readonly words: readonly string[]; readonly flags: ExecuteFlags },
): Promise<void> {
  const given = flags.newUserPassword;
  const asks =
    row.asksPassword?.(words) === true && flags.password !== false && given === undefined;
  const interactive = flags.interactive !== 'false';
  const password = asks ? await newPassword(session, words[0]!, interactive) : (given ?? '');
  const client = await session.client();
  const request = row.request(words, password);
  if (flags.password === false) request['options'] = { no_password: true };
  const answer = await client.call(`etcdserverpb.Auth/${row.method}`, request);
  const text = flags.detail === true ? await detail(client, words[0]!, answer) : undefined;
  const message = `${row.method.startsWith('Auth') ? '' : 'Auth'}${row.method}Response`;
  session.show(message, answer, () => {
    const shown = text ?? row.print(words, answer);
    if (shown !== '') session.print(shown);
  });
}

/** A user with the permissions of each role. */
async function detail(client: EtcdClient, name: string, { roles: held }: Plain): Promise<string> {
  const texts = [`User: ${name}`];
  for (const role of (held ?? []) as string[]) {
    const { perm } = await client.call('etcdserverpb.Auth/RoleGet', { role });
    texts.push('', permissionLines(role, (perm ?? []) as Plain[]));
  }
  return texts.join('\n');
}

function group(name: string, rows: readonly Row[], run: Run): Command {
  const command = new Command(name).description(`${rows.map((row) => row.text).join('; ')}`);
  for (const row of rows) {
    const each = command.command(row.usage).description(row.text);
    if (row.asksPassword !== undefined)
      each.option('--interactive [bool]', 'ask for the password on the terminal');
    if (row.method === 'UserAdd')
      each
        .option('--new-user-password <password>', 'its password, in place of asking')
        .option('--no-password', 'let only certificates be this user');
    if (row.method === 'UserGet') each.option('--detail', 'and the permissions of its roles');
    each.action((...given: unknown[]) => {
      const words = given.filter((word) => typeof word === 'string');
      const flags = given.find((other) => typeof other === 'object') as ExecuteFlags;
      return run((session) => execute(session, row, { words, flags }));
    });
  }
  return command;
}

export function authCommands(run: Run): Command[] {
  const role = group('role', roles, run);
  addRangeFlags(role.command('grant-permission <role> <type> <key> [rangeEnd]'))
    .description('Let a role read, write or readwrite keys')
    .action(
      (
        ...[name, type, key, end, flags]: [string, string, string, string | undefined, RangeFlags]
      ) =>
        run(async (session) => {
          const permType = accesses[type.toLowerCase()];
          if (permType === undefined) throw badArguments(`invalid permission type: ${type}`);
          const request = { name, perm: { permType, ...rangeOf(key, end, flags) } };
          const method = 'etcdserverpb.Auth/RoleGrantPermission';
          const answer = await (await session.client()).call(method, request);
          session.show('AuthRoleGrantPermissionResponse', answer, () =>
            session.print(`Role ${name} updated`),
          );
        }),
    );
  addRangeFlags(role.command('revoke-permission <role> <key> [rangeEnd]'))
    .description('Take a permission from a role')
    .action((...[name, key, end, flags]: [string, string, string | undefined, RangeFlags]) =>
      run(async (session) => {
        const request = { role: name, ...rangeOf(key, end, flags) };
        const method = 'etcdserverpb.Auth/RoleRevokePermission';
        const answer = await (await session.client()).call(method, request);
        const { key: from, range_end: to } = request;
        const what = to.length === 0 ? `key ${key}` : `range ${intervalText(from, to)}`;
        session.show('AuthRoleRevokePermissionResponse', answer, () =>
          session.print(`Permission of ${what} is revoked from role ${name}`),
        );
      }),
    );
  return [group('user', users, run), role, group('auth', authentication, run)];
}
