/**
 * A member as one caller may use it, while authentication is on. Writes take the caller into the
 * log, where every member checks them at the same place; reads are checked here, before they
 * look and, because permissions may change meanwhile, after.
 */
import type { Access } from '../auth/access.ts';
import type { AuthStore } from '../auth/auth-store.ts';
import { checkTxn } from '../auth/check-command.ts';
import type {
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  TxnRequest,
  WatchRequest,
} from '../kv.ts';
import type { Alarm, AuthChange, Caller } from '../mvcc/command.ts';
import type { Lessor } from '../mvcc/lessor.ts';
import type { Auth, Leases, LocalWatch, Maintenance, Member, MemberCalls } from './interface.ts';

export interface Guarded {
  readonly member: Member;
  readonly auth: AuthStore;
  readonly lessor: Lessor;
  readonly caller: Caller | undefined;
}

export class GuardedCalls implements MemberCalls {
  readonly #guarded: Guarded;
  readonly #member: Member;
  readonly #caller: Caller | undefined;

  constructor(guarded: Guarded) {
    this.#guarded = guarded;
    this.#member = guarded.member;
    this.#caller = guarded.caller;
  }

  get #access(): Access {
    return this.#guarded.auth.accessOf(this.#caller);
  }

  /** Writes are checked where they are applied; without a name they need not get there. */
  get #writer(): Caller {
    void this.#access;
    return this.#caller!;
  }

  get #admin(): Caller {
    this.#guarded.auth.checkAdmin(this.#caller);
    return this.#caller!;
  }

  async #checked<T>(check: () => void, read: () => Promise<T>): Promise<T> {
    check();
    const result = await read();
    check();
    return result;
  }

  range(request: RangeRequest): ReturnType<Member['range']> {
    const check = (): void => this.#access.checkRead(request.key, request.rangeEnd);
    return this.#checked(check, () => this.#member.range(request));
  }

  async put(request: PutRequest): ReturnType<Member['put']> {
    return this.#member.put(request, this.#writer);
  }

  async deleteRange(request: DeleteRangeRequest): ReturnType<Member['deleteRange']> {
    return this.#member.deleteRange(request, this.#writer);
  }

  /** One that only reads never gets to the log: it is checked here, like every other. */
  txn(request: TxnRequest): ReturnType<Member['txn']> {
    const { lessor } = this.#guarded;
    const check = (): void => checkTxn(request, this.#access, lessor);
    check();
    return this.#member.txn(request, { caller: this.#caller!, check });
  }

  async compact(revision: number, physical?: boolean): Promise<void> {
    await this.#member.compact(revision, physical, this.#admin);
  }

  watch(request: WatchRequest): LocalWatch {
    this.#access.checkRead(request.key, request.rangeEnd);
    return this.#member.watch(request);
  }

  async checkUser(): Promise<void> {
    void this.#access;
  }

  async checkAdmin(): Promise<void> {
    void this.#admin;
  }

  get leases(): Leases {
    const { leases } = this.#member;
    const { lessor } = this.#guarded;
    /** Of every key on it. */
    const ofLease = (id: string, check: 'checkRead' | 'checkWrite'): void => {
      const access = this.#access;
      if (access.isRoot) return;
      for (const key of lessor.get(id)?.keys ?? []) access[check](key);
    };
    return {
      grant: async (request) => leases.grant(request, this.#writer),
      revoke: async (id) => leases.revoke(id, this.#writer),
      keepAlive: async (id) => {
        ofLease(id, 'checkWrite');
        return leases.keepAlive(id);
      },
      timeToLive: (id, withKeys) => {
        const check = withKeys ? () => ofLease(id, 'checkRead') : () => void this.#access;
        return this.#checked(check, () => leases.timeToLive(id, withKeys));
      },
      list: () => {
        const check = (): void => {
          const access = this.#access;
          if (access.isRoot) return;
          for (const { keys } of lessor.all()) for (const key of keys) access.checkRead(key);
        };
        return this.#checked(check, () => leases.list());
      },
    };
  }

  get maintenance(): Maintenance {
    const { maintenance } = this.#member;
    const admin = async <T>(call: () => Promise<T>): Promise<T> => {
      void this.#admin;
      return call();
    };
    return {
      alarms: () =>
        this.#checked(
          () => void this.#access,
          () => maintenance.alarms(),
        ),
      standing: () => maintenance.standing(),
      changeAlarm: (action: 'activate' | 'deactivate', alarm: Alarm) =>
        admin(() => maintenance.changeAlarm(action, alarm)),
      hashKv: (revision) => admin(() => maintenance.hashKv(revision)),
      hash: () => admin(() => maintenance.hash()),
      defragment: () => admin(() => maintenance.defragment()),
      snapshot: () => admin(() => maintenance.snapshot()),
    };
  }

  get auth(): Auth {
    const { auth } = this.#member;
    const admin = async <T>(call: () => Promise<T>): Promise<T> => {
      void this.#admin;
      return call();
    };
    /** Everybody may see themselves. */
    const own = async <T>(isOwn: () => boolean, call: () => Promise<T>): Promise<T> => {
      if (this.#caller === undefined || !isOwn()) void this.#admin;
      return call();
    };
    return {
      enabled: auth.enabled,
      revision: auth.revision,
      identify: (credentials) => auth.identify(credentials),
      authenticate: (user, password) => auth.authenticate(user, password),
      hashPassword: (password) => admin(() => auth.hashPassword(password)),
      change: async (change: AuthChange) => auth.change(change, this.#admin),
      userRoles: (name) =>
        own(
          () => name === this.#caller!.user,
          () => auth.userRoles(name),
        ),
      rolePermissions: (name) =>
        own(
          () => this.#access.hasRole(name),
          () => auth.rolePermissions(name),
        ),
      users: () => admin(() => auth.users()),
      roles: () => admin(() => auth.roles()),
    };
  }
}
