/**
 * Users, roles and what they may do, as replicated state: pure, changed by commands only, so
 * that every member lets the same commands pass.
 *
 * In: etcd's rules (server/auth/store.go) on changes and permissions. Out: passwords and tokens
 * themselves (`store/server/auth-service.ts`), which a member checks before it proposes.
 */
import { StoreError } from '../kv.ts';
import type { AuthChange, Caller, Command, Permission } from '../mvcc/command.ts';
import type { Lessor } from '../mvcc/lessor.ts';
import type { Fact } from '../mvcc/writer.ts';
import { Access } from './access.ts';
import { checkCommand } from './check-command.ts';

const ROOT = 'root';

export interface User {
  readonly passwordHash: string;
  /** Only a client certificate can say that it is this user. */
  readonly noPassword: boolean;
  /** Sorted. */
  readonly roles: readonly string[];
}

const PREFIX = 'auth/';

/** Told of what makes tokens worthless, and of new ones. */
export interface TokenKeeper {
  assign(user: string, token: string): void;
  /** Absent: every user's. */
  invalidate(user?: string): void;
}

/** Where changed facts and answers go. */
interface Surroundings {
  readonly current: number;
  changed(fact: Fact): void;
}

export class AuthStore {
  enabled = false;
  /** Grows with each change of what somebody may do. */
  revision = 1;
  readonly #users = new Map<string, User>();
  readonly #roles = new Map<string, readonly Permission[]>();
  readonly #access = new Map<string, Access>();
  tokens: TokenKeeper = { assign() {}, invalidate() {} };

  user(name: string): User | undefined {
    return this.#users.get(name);
  }

  role(name: string): readonly Permission[] | undefined {
    return this.#roles.get(name);
  }

  users(): string[] {
    return [...this.#users.keys()].sort(byBytes);
  }

  roles(): string[] {
    return [...this.#roles.keys()].sort(byBytes);
  }

  /** What the caller may do now. Throws if that cannot be said. */
  accessOf(caller: Caller | undefined): Access {
    if (caller === undefined || caller.user === '') throw new StoreError('userEmpty');
    if (caller.revision < this.revision) throw new StoreError('authOldRevision');
    let access = this.#access.get(caller.user);
    if (access === undefined) {
      const user = this.#users.get(caller.user);
      if (user === undefined) throw new StoreError('permissionDenied');
      const permissions = user.roles.flatMap((role) => this.#roles.get(role) ?? []);
      access = new Access(user.roles, permissions);
      this.#access.set(caller.user, access);
    }
    return access;
  }

  /** Administration looks at the user alone, not at the revision. */
  checkAdmin(caller: Caller | undefined): void {
    if (caller === undefined || caller.user === '') throw new StoreError('userEmpty');
    if (this.#users.get(caller.user)?.roles.includes(ROOT) !== true)
      throw new StoreError('permissionDenied');
  }

  /** Throws if the caller may not have the command applied. No caller: the store itself. */
  check(caller: Caller | undefined, command: Command, lessor: Lessor): void {
    if (caller === undefined) return;
    checkCommand(command, {
      lessor,
      access: () => this.accessOf(caller),
      checkAdmin: () => this.checkAdmin(caller),
    });
  }

  /** Applies a change whole, or throws and changes nothing. `index` is the log's. */
  apply(
    change: AuthChange,
    index: number,
    around: Surroundings,
  ): { readonly revision: number; readonly token?: string } {
    if (change.do === 'authenticate') return this.#authenticate(change, index, around.current);
    const facts: Fact[] = [];
    if (this.#change(change, facts)) {
      this.revision++;
      this.#access.clear();
      facts.push(fact('revision', String(this.revision)));
    }
    for (const each of facts) around.changed(each);
    return { revision: around.current };
  }

  /** A token is the same on all members: the part chosen by one, and the place in the log. */
  #authenticate(
    { user, token }: { readonly user: string; readonly token: string },
    index: number,
    current: number,
  ): { readonly revision: number; readonly token: string } {
    if (!this.enabled) throw new StoreError('authNotEnabled');
    if (!this.#users.has(user)) throw new StoreError('authFailed');
    const whole = `${token}.${index}`;
    this.tokens.assign(user, whole);
    return { revision: current, token: whole };
  }

  /** Whether somebody may do something else now; puts what changed into `facts`. */
  #change(change: Exclude<AuthChange, { do: 'authenticate' }>, facts: Fact[]): boolean {
    switch (change.do) {
      case 'enable':
        this.#enable(facts);
        return false;
      case 'disable':
        if (!this.enabled) return false;
        this.enabled = false;
        facts.push(fact('enabled'));
        this.tokens.invalidate();
        return true;
      case 'userAdd':
      case 'userDelete':
      case 'userChangePassword':
      case 'userGrantRole':
      case 'userRevokeRole':
        return this.#changeUser(change, facts);
      case 'roleAdd':
      case 'roleDelete':
      case 'roleGrantPermission':
      case 'roleRevokePermission':
        return this.#changeRole(change, facts);
    }
  }

  #enable(facts: Fact[]): void {
    if (this.enabled) return;
    const root = this.#users.get(ROOT);
    if (root === undefined) throw new StoreError('rootUserNotExist');
    if (!root.roles.includes(ROOT)) throw new StoreError('rootRoleNotExist');
    this.enabled = true;
    facts.push(fact('enabled', '1'));
  }

  #changeUser(change: Extract<AuthChange, { do: `user${string}` }>, facts: Fact[]): boolean {
    const name = change.user;
    const user = this.#users.get(name);
    if (change.do === 'userAdd') {
      if (name === '') throw new StoreError('userEmpty');
      if (user !== undefined) throw new StoreError('userExists');
      const { passwordHash, noPassword } = change;
      this.#setUser(name, { passwordHash, noPassword, roles: [] }, facts);
      return true;
    }
    const protectsRoot =
      change.do === 'userDelete' || (change.do === 'userRevokeRole' && change.role === ROOT);
    if (this.enabled && name === ROOT && protectsRoot) throw new StoreError('invalidAuthMgmt');
    if (user === undefined) throw new StoreError('userNotFound');
    switch (change.do) {
      case 'userDelete':
        this.#users.delete(name);
        facts.push(fact(`user/${name}`));
        this.tokens.invalidate(name);
        return true;
      case 'userChangePassword':
        this.#setUser(name, { ...user, passwordHash: change.passwordHash }, facts);
        this.tokens.invalidate(name);
        return true;
      case 'userGrantRole': {
        const { role } = change;
        if (role !== ROOT && !this.#roles.has(role)) throw new StoreError('roleNotFound');
        if (user.roles.includes(role)) return false;
        this.#setUser(name, { ...user, roles: [...user.roles, role].sort(byBytes) }, facts);
        return true;
      }
      case 'userRevokeRole': {
        const { role } = change;
        if (!user.roles.includes(role)) throw new StoreError('roleNotGranted');
        const roles = user.roles.filter((each) => each !== role);
        this.#setUser(name, { ...user, roles }, facts);
        return true;
      }
    }
  }

  #changeRole(change: Extract<AuthChange, { do: `role${string}` }>, facts: Fact[]): boolean {
    const name = change.role;
    const permissions = this.#roles.get(name);
    if (change.do === 'roleAdd') {
      if (name === '') throw new StoreError('roleEmpty');
      if (permissions !== undefined) throw new StoreError('roleExists');
      this.#setRole(name, [], facts);
      return true;
    }
    if (change.do === 'roleDelete' && this.enabled && name === ROOT)
      throw new StoreError('invalidAuthMgmt');
    if (change.do === 'roleGrantPermission') checkRange(change.permission);
    if (permissions === undefined) throw new StoreError('roleNotFound');
    switch (change.do) {
      case 'roleDelete':
        this.#deleteRole(name, facts);
        return true;
      case 'roleGrantPermission': {
        const { permission } = change;
        const others = permissions.filter((each) => !sameRange(each, permission));
        const sorted = [...others, permission].sort((a, b) => byBytes(a.key, b.key));
        this.#setRole(name, sorted, facts);
        return true;
      }
      case 'roleRevokePermission': {
        const kept = permissions.filter((each) => !sameRange(each, change));
        if (kept.length === permissions.length) throw new StoreError('permissionNotGranted');
        this.#setRole(name, kept, facts);
        return true;
      }
    }
  }

  #deleteRole(name: string, facts: Fact[]): void {
    this.#roles.delete(name);
    facts.push(fact(`role/${name}`));
    for (const [userName, user] of this.#users) {
      if (!user.roles.includes(name)) continue;
      const roles = user.roles.filter((each) => each !== name);
      this.#setUser(userName, { ...user, roles }, facts);
      this.tokens.invalidate(userName);
    }
  }

  #setUser(name: string, user: User, facts: Fact[]): void {
    this.#users.set(name, user);
    facts.push(fact(`user/${name}`, JSON.stringify(user)));
  }

  #setRole(name: string, permissions: readonly Permission[], facts: Fact[]): void {
    this.#roles.set(name, permissions);
    facts.push(fact(`role/${name}`, JSON.stringify(permissions)));
  }

  /** Takes a stored fact, if it is of users and roles. */
  restore(factName: string, value: Uint8Array): void {
    if (!factName.startsWith(PREFIX)) return;
    const text = Buffer.from(value).toString();
    const name = Buffer.from(factName.slice(PREFIX.length), 'latin1').toString();
    if (name === 'enabled') this.enabled = true;
    else if (name === 'revision') this.revision = Number(text);
    else if (name.startsWith('user/')) this.#users.set(name.slice(5), JSON.parse(text) as User);
    else if (name.startsWith('role/'))
      this.#roles.set(name.slice(5), JSON.parse(text) as Permission[]);
    this.#access.clear();
  }
}

/** etcd sorts names as bytes; so does `<` for texts without surrogates. */
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

type Range = Pick<Permission, 'key' | 'rangeEnd'>;

const sameRange = (a: Range, b: Range): boolean => a.key === b.key && a.rangeEnd === b.rangeEnd;

function checkRange({ key, rangeEnd }: Range): void {
  if (key === '' || (rangeEnd !== '' && rangeEnd !== '\0' && key >= rangeEnd))
    throw new StoreError('invalidAuthMgmt');
}

/** Names of facts are byte strings. */
function fact(name: string, value?: string): Fact {
  const encoded = Buffer.from(PREFIX + name).toString('latin1');
  if (value === undefined) return { type: 'fact', name: encoded };
  return { type: 'fact', name: encoded, value: Buffer.from(value) };
}
