/**
 * The store as the API server sees it: etcd v3 semantics without etcd's wire.
 *
 * In: one interface, seven methods, implemented by the embedded member (`store/server`) and by
 * a client of any etcd v3 endpoint (`store/client`). Out: users, membership, maintenance,
 * keepalive streams: what an API server never asks for.
 *
 * Keys are *byte strings*: JavaScript strings in which each unit is one byte (0–255). So `<`
 * orders them as etcd orders bytes, and Kubernetes' ASCII keys need no conversion. Values are
 * bytes that nobody changes after handing them over, in either direction. Revisions and lease
 * IDs are integers; revisions stay below 2^53, lease IDs are decimal strings because etcd's use
 * 63 bits.
 */

/** A pair as stored (etcd's mvccpb.KeyValue). */
export interface KeyValue {
  readonly key: string;
  readonly value: Uint8Array;
  /** Revision of the put that created the key, after its last delete. */
  readonly createRevision: number;
  /** Revision of the last put. */
  readonly modRevision: number;
  /** Puts since creation, from 1. */
  readonly version: number;
  /** Decimal lease ID, "0" when none is attached. */
  readonly lease: string;
}

/** End of a range that takes every key at or above its start. */
export const END_OF_KEYSPACE = '\0';

/** The least byte string above every one that starts with `prefix` (etcd clientv3 WithPrefix). */
export function prefixEnd(prefix: string): string {
  for (let i = prefix.length - 1; i >= 0; i--) {
    const unit = prefix.charCodeAt(i);
    if (unit < 0xff) return prefix.slice(0, i) + String.fromCharCode(unit + 1);
  }
  return END_OF_KEYSPACE;
}

export type SortTarget = 'key' | 'version' | 'create' | 'mod' | 'value';

export interface RangeRequest {
  readonly key: string;
  /** Absent: the one key. Else half-open [key, rangeEnd); {@link END_OF_KEYSPACE} is open. */
  readonly rangeEnd?: string;
  /** 0 or absent: no limit. */
  readonly limit?: number;
  /** 0 or absent: the newest. */
  readonly revision?: number;
  /** Absent: ascending by key. */
  readonly sort?: { readonly target: SortTarget; readonly order: 'ascend' | 'descend' };
  /** True: read local state, which may be stale. Absent: linearizable. */
  readonly serializable?: boolean;
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
  readonly minModRevision?: number;
  readonly maxModRevision?: number;
  readonly minCreateRevision?: number;
  readonly maxCreateRevision?: number;
}

export interface RangeResponse {
  /** The store's current revision, also for a read in the past. */
  readonly revision: number;
  readonly kvs: readonly KeyValue[];
  /** True only when `limit` cut something off. */
  readonly more: boolean;
  /** Keys in the range at the revision read, whatever limit and filters left out. */
  readonly count: number;
}

export interface PutRequest {
  readonly key: string;
  readonly value: Uint8Array;
  /** Replaces the key's lease; "0" or absent detaches it. */
  readonly lease?: string;
  readonly prevKv?: boolean;
  readonly ignoreValue?: boolean;
  readonly ignoreLease?: boolean;
}

export interface PutResponse {
  readonly revision: number;
  readonly prevKv?: KeyValue;
}

export interface DeleteRangeRequest {
  readonly key: string;
  readonly rangeEnd?: string;
  readonly prevKv?: boolean;
}

export interface DeleteRangeResponse {
  readonly revision: number;
  readonly deleted: number;
  readonly prevKvs: readonly KeyValue[];
}

export type CompareResult = 'equal' | 'greater' | 'less' | 'notEqual';

/** `actual <result> operand`. All compares look at the state before the transaction. */
export type Compare = {
  readonly key: string;
  readonly rangeEnd?: string;
  readonly result: CompareResult;
} & (
  | { readonly target: 'version' | 'create' | 'mod'; readonly operand: number }
  | { readonly target: 'lease'; readonly operand: string }
  | { readonly target: 'value'; readonly operand: Uint8Array }
);

/**
 * `empty` is an operation whose variant the client left unset; it is refused (etcd: key not
 * found).
 */
export type RequestOp =
  | { readonly type: 'range'; readonly request: RangeRequest }
  | { readonly type: 'put'; readonly request: PutRequest }
  | { readonly type: 'deleteRange'; readonly request: DeleteRangeRequest }
  | { readonly type: 'txn'; readonly request: TxnRequest }
  | { readonly type: 'empty' };

export interface TxnRequest {
  readonly compare: readonly Compare[];
  readonly success: readonly RequestOp[];
  readonly failure: readonly RequestOp[];
}

export type ResponseOp =
  | { readonly type: 'range'; readonly response: RangeResponse }
  | { readonly type: 'put'; readonly response: PutResponse }
  | { readonly type: 'deleteRange'; readonly response: DeleteRangeResponse }
  | { readonly type: 'txn'; readonly response: TxnResponse };

export interface TxnResponse {
  /** The revision after the transaction; unchanged if it wrote nothing. */
  readonly revision: number;
  readonly succeeded: boolean;
  readonly responses: readonly ResponseOp[];
}

export interface Event {
  readonly type: 'put' | 'delete';
  /** For a delete: only key and modRevision are meaningful. */
  readonly kv: KeyValue;
  /** The pair before, when `prevKv` was asked for, one existed and it is not compacted. */
  readonly prevKv?: KeyValue;
}

export interface WatchRequest {
  readonly key: string;
  readonly rangeEnd?: string;
  /** First revision to deliver. 0 or absent: the next one. */
  readonly startRevision?: number;
  readonly prevKv?: boolean;
  readonly noPut?: boolean;
  readonly noDelete?: boolean;
  /**
   * Ask for a batch without events about every ten minutes of silence (etcd's default interval).
   */
  readonly progressNotify?: boolean;
}

/**
 * Events of one or more whole revisions, in order. Without events it is progress: everything up
 * to `revision` has been delivered and nothing at or below it follows.
 */
export interface WatchBatch {
  readonly revision: number;
  readonly events: readonly Event[];
}

/**
 * Iterate it for batches: ordered, unique, atomic per revision. The iteration ends when the
 * consumer leaves it; it throws {@link StoreError} when the store ends it (`compacted` names the
 * first readable revision, `unavailable` may be resumed from the last revision + 1).
 */
export interface Watch extends AsyncIterable<WatchBatch> {
  /** The revision at which the watch was registered; resolves before the first batch. */
  readonly created: Promise<number>;
  /** Asks for one progress batch as soon as the watch has caught up. */
  requestProgress(): void;
  cancel(): void;
}

export interface KvStatus {
  /** etcd API version served, for example "3.6.0". */
  readonly version: string;
  readonly dbSize: number;
}

/** Safe for concurrent use. Every method rejects with {@link StoreError} on expected failures. */
export interface Kv {
  range(request: RangeRequest): Promise<RangeResponse>;
  txn(request: TxnRequest): Promise<TxnResponse>;
  watch(request: WatchRequest): Watch;
  /** Forgets revisions below `revision`, except each key's newest. */
  compact(revision: number): Promise<void>;
  /** TTL in seconds; the store may grant a longer one. Resolves to the lease's decimal ID. */
  leaseGrant(ttlSeconds: number): Promise<{ readonly id: string; readonly ttlSeconds: number }>;
  status(): Promise<KvStatus>;
  close(): Promise<void>;
}

/**
 * The closed table of expected failures. Code and text are etcd's
 * (api/v3rpc/rpctypes/error.go as documented): clients map the *text* back to an error value.
 */
export const storeErrors = {
  emptyKey: [3, 'etcdserver: key is not provided'],
  keyNotFound: [3, 'etcdserver: key not found'],
  valueProvided: [3, 'etcdserver: value is provided'],
  leaseProvided: [3, 'etcdserver: lease is provided'],
  tooManyOps: [3, 'etcdserver: too many operations in txn request'],
  duplicateKey: [3, 'etcdserver: duplicate key given in txn request'],
  invalidSortOption: [3, 'etcdserver: invalid sort option'],
  requestTooLarge: [3, 'etcdserver: request is too large'],
  userEmpty: [3, 'etcdserver: user name is empty'],
  roleEmpty: [3, 'etcdserver: role name is empty'],
  passwordTooLong: [2, 'bcrypt: password length exceeds 72 bytes'],
  authFailed: [3, 'etcdserver: authentication failed, invalid user ID or password'],
  permissionNotGiven: [3, 'etcdserver: permission not given'],
  invalidAuthMgmt: [3, 'etcdserver: invalid auth management'],
  authOldRevision: [3, 'etcdserver: revision of auth store is old'],
  rootUserNotExist: [9, 'etcdserver: root user does not exist'],
  rootRoleNotExist: [9, 'etcdserver: root user does not have root role'],
  userExists: [9, 'etcdserver: user name already exists'],
  userNotFound: [9, 'etcdserver: user name not found'],
  roleExists: [9, 'etcdserver: role name already exists'],
  roleNotFound: [9, 'etcdserver: role name not found'],
  roleNotGranted: [9, 'etcdserver: role is not granted to the user'],
  permissionNotGranted: [9, 'etcdserver: permission is not granted to the role'],
  authNotEnabled: [9, 'etcdserver: authentication is not enabled'],
  permissionDenied: [7, 'etcdserver: permission denied'],
  invalidAuthToken: [16, 'etcdserver: invalid auth token'],
  compacted: [11, 'etcdserver: mvcc: required revision has been compacted'],
  futureRevision: [11, 'etcdserver: mvcc: required revision is a future revision'],
  leaseTtlTooLarge: [11, 'etcdserver: too large lease TTL'],
  noSpace: [8, 'etcdserver: mvcc: database space exceeded'],
  tooManyRequests: [8, 'etcdserver: too many requests'],
  leaseNotFound: [5, 'etcdserver: requested lease not found'],
  leaseExists: [9, 'etcdserver: lease already exists'],
  memberNotFound: [5, 'etcdserver: member not found'],
  memberExists: [9, 'etcdserver: member ID already exist'],
  memberUrlsInvalid: [3, 'etcdserver: given member URLs are invalid'],
  memberNotLearner: [9, 'etcdserver: can only promote a learner member'],
  learnerNotReady: [
    9,
    'etcdserver: can only promote a learner member which is in sync with leader',
  ],
  tooManyLearners: [9, 'etcdserver: too many learner members in cluster'],
  peerUrlExists: [9, 'etcdserver: Peer URLs already exists'],
  notEnoughStarted: [9, 'etcdserver: re-configuration failed due to not enough started members'],
  notLeader: [9, 'etcdserver: not leader'],
  badLeaderTransferee: [9, 'etcdserver: bad leader transferee'],
  notSupportedForLearner: [9, 'etcdserver: rpc not supported for learner'],
  unhealthy: [14, 'etcdserver: unhealthy cluster'],
  timeoutLeaderFailed: [
    14,
    'etcdserver: request timed out, possibly due to previous leader failure',
  ],
  timeoutLeaderTransfer: [14, 'etcdserver: request timed out, leader transfer took too long'],
  noLeader: [14, 'etcdserver: no leader'],
  leaderChanged: [14, 'etcdserver: leader changed'],
  stopped: [14, 'etcdserver: server stopped'],
  timeout: [14, 'etcdserver: request timed out'],
  corrupt: [15, 'etcdserver: corrupt cluster'],
  /** The peer of a remote store could not be reached, or the connection broke mid-call. */
  unavailable: [14, 'etcdserver: unavailable'],
} as const satisfies Record<string, readonly [number, string]>;

export type StoreErrorReason = keyof typeof storeErrors;

/** An expected failure. `reason` names its row in {@link storeErrors}. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly reason: StoreErrorReason;
  /** With `compacted`: the store's compacted revision, when known. */
  readonly compactRevision: number | undefined;

  constructor(
    reason: StoreErrorReason,
    options: { detail?: string; compactRevision?: number; cause?: unknown } = {},
  ) {
    const text = storeErrors[reason][1];
    super(options.detail === undefined ? text : `${text}: ${options.detail}`, {
      cause: options.cause,
    });
    this.reason = reason;
    this.compactRevision = options.compactRevision;
  }

  /** gRPC status code. */
  get code(): number {
    return storeErrors[this.reason][0];
  }
}
