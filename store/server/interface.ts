/**
 * One store member as its edges (gRPC, HTTP) see it: everything of {@link Kv}, and what only
 * etcd's own clients ask for. `member.ts` implements it.
 */
import type { Crypto } from '../../platform/crypto.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type {
  DeleteRangeRequest,
  DeleteRangeResponse,
  Kv,
  KvStatus,
  PutRequest,
  PutResponse,
} from '../kv.ts';
import type { Alarm } from '../mvcc/command.ts';

/** IDs are unsigned 64-bit, in decimal text. */
export interface MemberIdentity {
  readonly clusterId: string;
  readonly memberId: string;
  readonly name: string;
}

/** Of the cluster, as all members know it. */
export interface ClusterMember {
  readonly id: string;
  /** Empty until the member has started for the first time. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
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

/** Leases (etcd v3 Lease service). Lease IDs are decimal text. */
export interface Leases {
  /** `id` absent or "0": the store picks one. Rejects `leaseExists`, `leaseTtlTooLarge`. */
  grant(request: { readonly id?: string; readonly ttlSeconds: number }): Promise<{
    readonly id: string;
    readonly ttlSeconds: number;
  }>;
  /** Deletes the lease and its keys in one revision. Rejects `leaseNotFound`. */
  revoke(id: string): Promise<void>;
  /**
   * The renewed TTL in seconds; 0 if the lease is unknown or expired (etcd answers so, not by an
   * error).
   */
  keepAlive(id: string): Promise<number>;
  timeToLive(id: string, withKeys: boolean): Promise<LeaseTimeToLive>;
  list(): Promise<readonly string[]>;
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
}

export interface Member extends Kv, Running {
  readonly identity: MemberIdentity;
  /** etcd API version told to clients. */
  readonly version: string;
  readonly crypto: Crypto;
  readonly leases: Leases;
  readonly maintenance: Maintenance;
  readonly membership: Membership;
  /**
   * Resolves when this member is part of a cluster that has a leader, has caught up with it and
   * has published its name and URLs.
   */
  ready(): Promise<void>;
  /** Hands leadership to another voter. Rejects `notLeader`, `badLeaderTransferee`. */
  moveLeader(to: string): Promise<void>;
  put(request: PutRequest): Promise<PutResponse>;
  deleteRange(request: DeleteRangeRequest): Promise<DeleteRangeResponse>;
  /** `physical` also waits until what the compaction removed is deleted. */
  compact(revision: number, physical?: boolean): Promise<void>;
  /** The newest applied revision and the current term: what a response header carries. */
  head(): { readonly revision: number; readonly raftTerm: number };
  status(): Promise<MemberStatus>;
  statistics(): MemberStatistics;
  /** Called with the seconds each log fsync and each apply took; for histograms. */
  onTiming(observe: (name: 'walFsync' | 'backendCommit' | 'apply', seconds: number) => void): void;
}
