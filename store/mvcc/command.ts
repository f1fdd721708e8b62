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

export type Command =
  | { readonly type: 'put'; readonly request: PutRequest }
  | { readonly type: 'deleteRange'; readonly request: DeleteRangeRequest }
  | { readonly type: 'txn'; readonly request: TxnRequest }
  | { readonly type: 'compact'; readonly revision: number }
  | { readonly type: 'leaseGrant'; readonly id: string; readonly ttlSeconds: number }
  | { readonly type: 'leaseRevoke'; readonly id: string }
  | { readonly type: 'leaseCheckpoint'; readonly checkpoints: readonly LeaseCheckpoint[] }
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
  /** `changed`: whether the alarm was not in the state asked for already. */
  readonly alarm: { readonly revision: number; readonly changed: boolean };
}

export type CommandType = Command['type'];
export type CommandResponse = CommandResponses[CommandType];
