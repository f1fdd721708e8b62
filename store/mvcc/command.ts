/**
 * What the log carries to the state machine. Everything non-deterministic (lease IDs, expiry,
 * granted TTLs) is decided before a command is made.
 */
import type {
  DeleteRangeRequest,
  DeleteRangeResponse,
  PutRequest,
  PutResponse,
  TxnRequest,
  TxnResponse,
} from '../kv.ts';

/** What users and roles are changed by; passwords are hashed before they get here. */
export type AuthChange =
  | { readonly do: 'enable' }
  | { readonly do: 'disable' }
  | { readonly do: 'authenticate'; readonly user: string; readonly token: string }
  | {
      readonly do: 'userAdd';
      readonly user: string;
      readonly passwordHash: string;
      readonly noPassword: boolean;
    }
  | { readonly do: 'userDelete'; readonly user: string }
  | { readonly do: 'userChangePassword'; readonly user: string; readonly passwordHash: string }
  | { readonly do: 'userGrantRole'; readonly user: string; readonly role: string }
  | { readonly do: 'userRevokeRole'; readonly user: string; readonly role: string }
  | { readonly do: 'roleAdd'; readonly role: string }
  | { readonly do: 'roleDelete'; readonly role: string }
  | { readonly do: 'roleGrantPermission'; readonly role: string; readonly permission: Permission }
  | {
      readonly do: 'roleRevokePermission';
      readonly role: string;
      readonly key: string;
      readonly rangeEnd: string;
    };

/** Of a role on the keys of a range; an empty `rangeEnd` means the one key. */
export interface Permission {
  readonly access: 'read' | 'write' | 'readwrite';
  readonly key: string;
  readonly rangeEnd: string;
}

/** Who asked for a command, and by which state of users and roles it was let in. */
export interface Caller {
  readonly user: string;
  readonly revision: number;
}

export type Command =
  | { readonly type: 'put'; readonly request: PutRequest }
  | { readonly type: 'deleteRange'; readonly request: DeleteRangeRequest }
  | { readonly type: 'txn'; readonly request: TxnRequest }
  | { readonly type: 'compact'; readonly revision: number }
  | { readonly type: 'leaseGrant'; readonly id: string; readonly ttlSeconds: number }
  | { readonly type: 'leaseRevoke'; readonly id: string }
  | { readonly type: 'leaseCheckpoint'; readonly checkpoints: readonly LeaseCheckpoint[] }
  | { readonly type: 'auth'; readonly change: AuthChange }
  | ({ readonly type: 'alarm'; readonly action: 'activate' | 'deactivate' } & Alarm);

/** What a lease had left when its leader last said so; a new leader counts from there. */
export interface LeaseCheckpoint {
  readonly id: string;
  readonly remainingSeconds: number;
}

export type AlarmType = 'noSpace' | 'corrupt';

/** Raised by a member about itself; it holds for the whole cluster until it is disarmed. */
export interface Alarm {
  /** Decimal. */
  readonly memberId: string;
  readonly alarm: AlarmType;
}

/** What applying a command answers, by its type. */
export interface CommandResponses {
  readonly put: PutResponse;
  readonly deleteRange: DeleteRangeResponse;
  readonly txn: TxnResponse;
  readonly compact: { readonly revision: number };
  readonly leaseGrant: { readonly revision: number };
  readonly leaseRevoke: { readonly revision: number };
  readonly leaseCheckpoint: { readonly revision: number };
  /** `token` answers "authenticate". */
  readonly auth: { readonly revision: number; readonly token?: string };
  /** `changed`: whether the alarm was not in the state asked for already. */
  readonly alarm: { readonly revision: number; readonly changed: boolean };
}

/** What the store of pairs and leases applies; users and roles are beside it. */
export type StoreCommand = Exclude<Command, { type: 'auth' }>;

export type CommandType = Command['type'];
export type CommandResponse = CommandResponses[CommandType];
