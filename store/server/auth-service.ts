/** Passwords and tokens of one member, in front of the replicated users and roles. */
import type { Clock } from '../../platform/clock.ts';
import type { Crypto } from '../../platform/crypto/crypto.ts';
import type { Random } from '../../platform/random.ts';
import type { AuthStore, TokenKeeper } from '../auth/auth-store.ts';
import { StoreError } from '../kv.ts';
import type { AuthChange, Caller, Permission } from '../mvcc/command.ts';
import type { Auth, Credentials } from './interface.ts';
import type { AuthSettings } from '../replica/options.ts';
import type { Replica } from '../replica/replica.ts';

const TOKEN_LETTERS = 16;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** bcrypt looks at no more: a longer password would be right with any other end. */
const MAX_PASSWORD_BYTES = 72;
/** A password checked against users that changed meanwhile is checked again, so often. */
const AUTHENTICATE_ATTEMPTS = 10;

interface Token {
  readonly user: string;
  expiresAt: number;
}

/** Tokens that the log told this member of. They are lost with the process, as etcd's are. */
class SimpleTokens implements TokenKeeper {
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #tokens = new Map<string, Token>();

  constructor(clock: Clock, ttlMs: number) {
    this.#clock = clock;
    this.#ttlMs = ttlMs;
  }

  /** Whose token it is; using it makes it last. */
  userOf(text: string): string | undefined {
    const token = this.#tokens.get(text);
    if (token === undefined) return undefined;
    const now = this.#clock.monotonic();
    if (token.expiresAt < now) {
      this.#tokens.delete(text);
      return undefined;
    }
    token.expiresAt = now + this.#ttlMs;
    return token.user;
  }

  assign(user: string, text: string): void {
    const now = this.#clock.monotonic();
    for (const [old, token] of this.#tokens) if (token.expiresAt < now) this.#tokens.delete(old);
    this.#tokens.set(text, { user, expiresAt: now + this.#ttlMs });
  }

  invalidate(user?: string): void {
    for (const [text, token] of this.#tokens)
      if (user === undefined || token.user === user) this.#tokens.delete(text);
  }
}

export class AuthService implements Auth {
  #replica: Replica;
  readonly #settings: AuthSettings;
  readonly #effects: { readonly clock: Clock; readonly random: Random; readonly crypto: Crypto };
  readonly #tokens: SimpleTokens;

  constructor(
    replica: Replica,
    settings: AuthSettings,
    effects: { readonly clock: Clock; readonly random: Random; readonly crypto: Crypto },
  ) {
    this.#replica = replica;
    this.#settings = settings;
    this.#effects = effects;
    this.#tokens = new SimpleTokens(effects.clock, settings.tokenTtlSeconds * 1000);
    replica.auth.tokens = this.#tokens;
  }

  /** The state was replaced by a snapshot. */
  serve(replica: Replica): void {
    this.#replica = replica;
    replica.auth.tokens = this.#tokens;
  }

  get #store(): AuthStore {
    return this.#replica.auth;
  }

  get enabled(): boolean {
    return this.#store.enabled;
  }

  get revision(): number {
    return this.#store.revision;
  }

  identify({ token, commonName }: Credentials): Caller | undefined {
    if (token !== undefined) {
      const caller = this.#callerOf(token);
      if (caller === undefined) throw new StoreError('invalidAuthToken');
      return caller;
    }
    if (commonName === undefined) return undefined;
    return { user: commonName, revision: this.#store.revision };
  }

  #callerOf(token: string): Caller | undefined {
    const { signer } = this.#settings;
    if (signer === undefined) {
      const user = this.#tokens.userOf(token);
      return user === undefined ? undefined : { user, revision: this.#store.revision };
    }
    const claims = signer.verify(token);
    const { username, revision, exp } = claims ?? {};
    if (typeof username !== 'string' || typeof revision !== 'number') return undefined;
    if (typeof exp !== 'number' || exp * 1000 < this.#effects.clock.now()) return undefined;
    return { user: username, revision };
  }

  async authenticate(user: string, password: string): Promise<string> {
    await this.#replica.confirmRead();
    for (let attempt = 1; ; attempt++) {
      if (!this.#store.enabled) throw new StoreError('authNotEnabled');
      const { revision } = this.#store;
      const known = this.#store.user(user);
      if (known === undefined || known.noPassword) throw new StoreError('authFailed');
      if (!(await this.#effects.crypto.passwordMatches(password, known.passwordHash)))
        throw new StoreError('authFailed');
      // The password may have been changed while it was compared.
      if (revision !== this.#store.revision && attempt < AUTHENTICATE_ATTEMPTS) continue;
      return this.#issue(user, revision);
    }
  }

  async #issue(user: string, revision: number): Promise<string> {
    const { signer, tokenTtlSeconds } = this.#settings;
    if (signer !== undefined) {
      const exp = Math.floor(this.#effects.clock.now() / 1000) + tokenTtlSeconds;
      return signer.sign({ username: user, revision, exp });
    }
    const letters = this.#effects.random.bytes(TOKEN_LETTERS, 'auth token');
    const token = [...letters].map((byte) => LETTERS[byte % LETTERS.length]).join('');
    const change = { do: 'authenticate', user, token } as const;
    return (await this.#replica.propose({ type: 'auth', change })).token!;
  }

  async hashPassword(password: string): Promise<string> {
    if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) throw new StoreError('passwordTooLong');
    return this.#effects.crypto.hashPassword(password, this.#settings.bcryptCost);
  }

  async change(change: AuthChange, caller?: Caller): Promise<void> {
    await this.#replica.propose({ type: 'auth', change }, caller);
  }

  /** Reads prove first that they see every change that was answered before. */
  async userRoles(name: string): Promise<readonly string[]> {
    await this.#replica.confirmRead();
    const user = this.#store.user(name);
    if (user === undefined) throw new StoreError('userNotFound');
    return user.roles;
  }

  async rolePermissions(name: string): Promise<readonly Permission[]> {
    await this.#replica.confirmRead();
    const permissions = this.#store.role(name);
    if (permissions === undefined) throw new StoreError('roleNotFound');
    // Root's own role reaches everything, whatever it was granted.
    if (name === 'root') return [{ access: 'readwrite', key: '', rangeEnd: '\0' }];
    return permissions;
  }

  async users(): Promise<readonly string[]> {
    await this.#replica.confirmRead();
    return this.#store.users();
  }

  async roles(): Promise<readonly string[]> {
    await this.#replica.confirmRead();
    return this.#store.roles();
  }
}
