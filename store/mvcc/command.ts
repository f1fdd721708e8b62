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
  | { readonly type: 'leaseRevoke'; readonly id: string };

/** What applying a command answers, by its type. */
export interface CommandResponses {
  readonly put: PutResponse;
  readonly deleteRange: DeleteRangeResponse;
  readonly txn: TxnResponse;
  readonly compact: { readonly revision: number };
  readonly leaseGrant: { readonly revision: number };
  readonly leaseRevoke: { readonly revision: number };
}

export type CommandType = Command['type'];
export type CommandResponse = CommandResponses[CommandType];
