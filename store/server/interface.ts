/**
 * One store member as its edges (gRPC, HTTP) see it: everything of {@link Kv}, and what only
 * etcd's own clients ask for. `member.ts` implements it.
 */
import type { Crypto } from '../../platform/crypto/crypto.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type { Histogram } from '../../platform/metrics/histogram.ts';
import type { ClusterMember } from '../cluster-member.ts';
import type {
  DeleteRangeRequest,
  DeleteRangeResponse,
  Kv,
  KvStatus,
  PutRequest,
  PutResponse,
  TxnRequest,
  TxnResponse,
  Watch,
  WatchBatch,
  WatchRequest,
} from '../kv.ts';
import type { Alarm, AuthChange, Caller, Permission } from '../mvcc/command.ts';
import type { CorruptionSettings } from '../replica/options.ts';
import type { PeerTraffic } from '../replica/peers.ts';
import type { RequestTime } from '../replica/request-times.ts';
import type { Observe } from '../persistence/timing.ts';

/** IDs are unsigned 64-bit, in decimal text. */
export interface MemberIdentity {
  readonly clusterId: string;
  readonly memberId: string;
  readonly name: string;
}

/** etcd v3 Cluster service. Each change answers with the members after it. */
export interface Membership {
  list(options: { readonly linearizable: boolean }): Promise<readonly ClusterMember[]>;
  add(request: { readonly peerUrls: readonly string[]; readonly isLearner: boolean }): Promise<{
    readonly member: ClusterMember;
    readonly members: readonly ClusterMember[];
  }>;
  remove(id: string): Promise<readonly ClusterMember[]>;
  update(id: string, peerUrls: readonly string[]): Promise<readonly ClusterMember[]>;
  /** Of a learner, to a voter. */
  promote(id: string): Promise<readonly ClusterMember[]>;
}

export interface MemberStatus extends KvStatus {
  /** Bytes of dbSize in use; equal to it where the engine cannot tell. */
  readonly dbSizeInUse: number;
  /** Member ID of the leader, "0" if there is none. */
  readonly leader: string;
  readonly raftIndex: number;
  readonly raftTerm: number;
  readonly raftAppliedIndex: number;
  readonly isLearner: boolean;
  /** For example "etcdserver: no leader". */
  readonly errors: readonly string[];
}

export interface LeaseTimeToLive {
  readonly id: string;
  /** Seconds left; -1 if the lease does not exist. */
  readonly ttlSeconds: number;
  readonly grantedTtlSeconds: number;
  /** Attached keys, when asked for. */
  readonly keys: readonly string[];
}

export interface GrantedLease {
  readonly id: string;
  readonly ttlSeconds: number;
  /** Of the store when it was granted. */
  readonly revision: number;
}

/** Leases (etcd v3 Lease service). Lease IDs are decimal text. */
export interface Leases {
  /** `id` absent or "0": the store picks one. Rejects `leaseExists`, `leaseTtlTooLarge`. */
  grant(
    request: { readonly id?: string; readonly ttlSeconds: number },
    caller?: Caller,
  ): Promise<GrantedLease>;
  /** Deletes the lease and its keys in one revision, and tells it. Rejects `leaseNotFound`. */
  revoke(id: string, caller?: Caller): Promise<number>;
  /**
   * The renewed TTL in seconds; 0 if the lease is unknown or expired (etcd answers so, not by an
   * error).
   */
  keepAlive(id: string): Promise<number>;
  timeToLive(id: string, withKeys: boolean): Promise<LeaseTimeToLive>;
  list(): Promise<readonly string[]>;
}

/** What a call says of who makes it. */
export interface Credentials {
  readonly token?: string | undefined;
  /** Of a verified client certificate. */
  readonly commonName?: string | undefined;
}

/** etcd v3 Auth. Changes and reads are linearizable. */
export interface Auth {
  readonly enabled: boolean;
  readonly revision: number;
  /** Undefined if nothing was said. Throws `invalidAuthToken`. */
  identify(credentials: Credentials): Caller | undefined;
  /** A token. Rejects `authFailed`, `authNotEnabled`. */
  authenticate(user: string, password: string): Promise<string>;
  /** Rejects `passwordTooLong`. */
  hashPassword(password: string): Promise<string>;
  change(change: AuthChange, caller?: Caller): Promise<void>;
  userRoles(name: string): Promise<readonly string[]>;
  rolePermissions(name: string): Promise<readonly Permission[]>;
  users(): Promise<readonly string[]>;
  roles(): Promise<readonly string[]>;
}

export interface KvHash {
  readonly hash: number;
  readonly compactRevision: number;
  readonly hashRevision: number;
}

/** A consistent copy of the store as a file that etcd's tools read. */
export interface Backup {
  /** Of the whole file. */
  readonly bytes: number;
  readonly revision: number;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Lets go of the copy, read or not. Idempotent. */
  close(): Promise<void>;
}

/** etcd v3 Maintenance, as far as one member does it by itself or through the log. */
export interface Maintenance {
  alarms(): Promise<readonly Alarm[]>;
  /** As this member knows them: local, perhaps stale. */
  standing(): readonly Alarm[];
  /** False if the alarm was in that state already. */
  changeAlarm(action: 'activate' | 'deactivate', alarm: Alarm): Promise<boolean>;
  /**
   * A hash of every version readable at `revision` (0: the newest): equal on all members, and
   * on etcd with the same history. Rejects `compacted`, `futureRevision`.
   */
  hashKv(revision: number): Promise<KvHash>;
  /** A hash of the whole replicated state as stored. */
  hash(): Promise<number>;
  defragment(): Promise<void>;
  snapshot(): Promise<Backup>;
}

/** Counters and gauges since start, for /metrics. Names are etcd's without prefix. */
export interface MemberStatistics {
  readonly proposalsCommitted: number;
  readonly proposalsApplied: number;
  readonly proposalsPending: number;
  readonly proposalsFailed: number;
  readonly leaderChanges: number;
  readonly keys: number;
  readonly currentRevision: number;
  readonly compactRevision: number;
  readonly watchers: number;
  readonly slowWatchers: number;
  readonly puts: number;
  readonly deletes: number;
  readonly ranges: number;
  readonly txns: number;
  readonly leasesGranted: number;
  readonly leasesRevoked: number;
  readonly leasesRenewed: number;
  readonly leasesExpired: number;
  readonly putBytes: number;
  readonly authRevision: number;
  /** Bytes of log entries written to the disk. */
  readonly logBytes: number;
  /** Batches of entries that took longer than 100 ms to apply (etcd's warning). */
  readonly slowApplies: number;
  /** Rounds of linearizable reads that had to be asked for again, and reads given up. */
  readonly slowReadIndexes: number;
  readonly failedReadIndexes: number;
  /** Of a leader that was too busy to send them in time. */
  readonly lateHeartbeats: number;
  readonly learnersPromoted: number;
  readonly learnersNotPromoted: number;
  /** Events handed to watchers, and those that wait for them. */
  readonly eventsDelivered: number;
  readonly eventsPending: number;
  /** Versions deleted because of compactions. */
  readonly versionsRemoved: number;
  /** Seconds that leases were granted for. */
  readonly leaseTtls: Histogram;
  /** Unix time in milliseconds; 0: none since the start. */
  readonly lastCompactionAt: number;
  readonly requestTimes: readonly RequestTime[];
  /** IDs of those that belong to the cluster, this one among them, and of those that did. */
  readonly members: readonly string[];
  readonly removedMembers: readonly string[];
  /** Settings, for the feature gates of etcd that they are. */
  readonly corruption: CorruptionSettings;
  /** A snapshot of the leader is taking the place of the state. */
  readonly isInstalling: boolean;
}

/** Who is handed what a watch has to tell, in place of iterating. */
export interface WatchConsumer {
  /** Undefined: it takes the next at once; otherwise when this resolves. */
  batch(batch: WatchBatch): Promise<void> | undefined;
  /** Called once, last; with what went wrong if it was not the consumer who ended it. */
  ended(error?: unknown): void;
}

/** A watch of this process: it costs a consumer that keeps up no promises. */
export interface LocalWatch extends Watch {
  /** In place of iterating. Call once. Batches come when nothing else is under way. */
  deliver(consumer: WatchConsumer): void;
}

/** What a caller may ask of a member; all of it asks for permission while authentication is on. */
export interface MemberCalls extends Pick<Kv, 'range' | 'txn'> {
  watch(request: WatchRequest): LocalWatch;
  put(request: PutRequest): Promise<PutResponse>;
  deleteRange(request: DeleteRangeRequest): Promise<DeleteRangeResponse>;
  compact(revision: number, physical?: boolean): Promise<void>;
  readonly leases: Leases;
  readonly maintenance: Maintenance;
  readonly auth: Auth;
  /** Rejects unless it is any user that calls, or root. */
  checkUser(): Promise<void>;
  checkAdmin(): Promise<void>;
}

/** A transaction's caller, and a check that one without writes passes after it has read. */
export interface TxnPermit {
  readonly caller: Caller;
  readonly check: () => void;
}

export interface Member extends Kv, MemberCalls, Running {
  readonly identity: MemberIdentity;
  /** etcd API version told to clients. */
  readonly version: string;
  readonly crypto: Crypto;
  readonly membership: Membership;
  /** The same member, asking permission for `caller`. */
  onBehalfOf(caller: Caller | undefined): MemberCalls;
  /**
   * Resolves when this member is part of a cluster that has a leader, has caught up with it and
   * has published its name and URLs.
   */
  ready(): Promise<void>;
  watch(request: WatchRequest): LocalWatch;
  /** Hands leadership to another voter. Rejects `notLeader`, `badLeaderTransferee`. */
  moveLeader(to: string): Promise<void>;
  // A caller is checked where the command is applied; without one it is the store's own.
  put(request: PutRequest, caller?: Caller): Promise<PutResponse>;
  deleteRange(request: DeleteRangeRequest, caller?: Caller): Promise<DeleteRangeResponse>;
  txn(request: TxnRequest, permit?: TxnPermit): Promise<TxnResponse>;
  /** `physical` also waits until what the compaction removed is deleted. */
  compact(revision: number, physical?: boolean, caller?: Caller): Promise<void>;
  /** The newest applied revision and the current term: what a response header carries. */
  head(): { readonly revision: number; readonly raftTerm: number };
  status(): Promise<MemberStatus>;
  statistics(): MemberStatistics;
  /** Called with the seconds that things took; for histograms. */
  onTiming(observe: Observe): void;
  /** Of each other member of the cluster. */
  peerTraffic(): readonly PeerTraffic[];
}
