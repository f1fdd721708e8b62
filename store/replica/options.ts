import { noCrypto, type Crypto, type TokenSigner } from '../../platform/crypto/crypto.ts';
import type { Disk } from '../../platform/files/disk.ts';
import type { Effects } from '../../platform/effects.ts';
import type { Turns } from '../../platform/turns.ts';
import type { EngineFactory } from '../engine/engine.ts';
import { journaled } from '../engine/journal/journaled.ts';
import { openOnDisk } from '../engine/on-disk.ts';
import type { Sha1 } from './identity.ts';
import type { PeerAddress, PeersFactory } from './peers.ts';

export interface AuthSettings {
  /** Simple tokens end so long after their last use. */
  readonly tokenTtlSeconds: number;
  readonly bcryptCost: number;
  /** Signs JSON web tokens in place of simple ones. */
  readonly signer?: TokenSigner;
}

/** How members look for data that differs; 0: never. */
export interface CorruptionSettings {
  /** Before this member serves. */
  readonly initial: boolean;
  /** As the leader, at the newest revision. */
  readonly everyMs: number;
  /** As the leader, at revisions of compactions; hashes of those are taken only if it is set. */
  readonly compactHashEveryMs: number;
}

export interface MemberOptions extends Effects {
  /** In which many watchers are told of an event. Absent: they are told at once. */
  readonly nextTurn?: Turns['nextTurn'];
  readonly disk: Disk;
  readonly sha1: Sha1;
  /** For copies and users. Default: {@link noCrypto}. */
  readonly crypto?: Crypto;
  readonly auth?: AuthSettings;
  readonly dataDir: string;
  readonly name?: string;
  readonly clientUrls?: readonly string[];
  readonly peerUrls?: readonly string[];
  /** All first members, this one among them by name. Absent: this one alone. */
  readonly initialCluster?: readonly InitialMember[];
  readonly initialClusterToken?: string;
  /** Absent: this member has nobody to talk to. */
  readonly peers?: PeersFactory;
  /** On an empty data folder: become this member of a cluster that has added it. */
  readonly join?: Joining;
  /** Go on alone with the data that is there. */
  readonly forceNewCluster?: boolean;
  /** Refuse changes of the membership that would endanger the quorum. */
  readonly strictReconfigCheck?: boolean;
  /** Learners that MemberAdd takes. */
  readonly maxLearners?: number;
  /** Ask the others before standing for election. */
  readonly preVote?: boolean;
  /** Stand for election early at a start, instead of waiting a whole timeout for a leader. */
  readonly initialElectionTickAdvance?: boolean;
  readonly engine?: EngineFactory;
  readonly heartbeatMs?: number;
  readonly electionTimeoutMs?: number;
  readonly maxTxnOps?: number;
  /** Of an encoded command. */
  readonly maxRequestBytes?: number;
  /** 0: the default of 2 GiB; negative: no quota. */
  readonly quotaBackendBytes?: number;
  /** The process has no other work: lone writes of a sole voter may hold up its thread. */
  readonly ownsThread?: boolean;
  /** Requests that take longer to carry out are told of. */
  readonly warningApplyDurationMs?: number;
  /** Entries the log may hold before it is compacted, and what then remains. */
  readonly snapshotCount?: number;
  readonly snapshotCatchUpEntries?: number;
  readonly watchProgressNotifyIntervalMs?: number;
  readonly corruption?: CorruptionSettings;
  /** Of events: waiting for one watcher, and kept for those that resume shortly behind. */
  readonly watchLimits?: { readonly watcherBytes: number; readonly windowBytes: number };
  /** Pairs kept in memory besides those not yet in the engine. */
  readonly valueCacheBytes?: number;
  /** etcd API version told to clients, who infer features from it. */
  readonly version?: string;
  /** The member cannot go on (a disk failed). Every call rejects from now on. */
  readonly onFailure?: (error: Error) => void;
  /** The member was removed from its cluster for good; it is to be stopped. */
  readonly onRemoved?: () => void;
}

export interface Joining {
  readonly clusterId: string;
  readonly memberId: string;
  /** As the others told. */
  readonly members: readonly PeerAddress[];
}

export interface InitialMember {
  readonly name: string;
  readonly peerUrls: readonly string[];
}

/** Of etcd, whose API this is. */
export const API_VERSION = '3.6.0';

/** What has no default is asked for by its absence. */
type Optional = 'initialCluster' | 'peers' | 'join' | 'nextTurn';
export type Settings = Required<Omit<MemberOptions, Optional>> & Pick<MemberOptions, Optional>;

const DEFAULT_QUOTA_BYTES = 2 * 2 ** 30;

export function withDefaults(options: MemberOptions): Settings {
  const settings: Settings = {
    name: 'default',
    clientUrls: ['http://localhost:2379'],
    peerUrls: ['http://localhost:2380'],
    initialClusterToken: 'etcd-cluster',
    engine: journaled(openOnDisk),
    heartbeatMs: 100,
    electionTimeoutMs: 1000,
    maxTxnOps: 128,
    maxRequestBytes: 1_572_864,
    quotaBackendBytes: 0,
    ownsThread: false,
    warningApplyDurationMs: 100,
    snapshotCount: 10_000,
    snapshotCatchUpEntries: 5_000,
    watchProgressNotifyIntervalMs: 600_000,
    corruption: { initial: false, everyMs: 0, compactHashEveryMs: 0 },
    watchLimits: { watcherBytes: 1 << 20, windowBytes: 4 << 20 },
    valueCacheBytes: 32 << 20,
    version: API_VERSION,
    crypto: noCrypto,
    auth: { tokenTtlSeconds: 300, bcryptCost: 10 },
    onFailure: () => {},
    onRemoved: () => {},
    forceNewCluster: false,
    strictReconfigCheck: true,
    maxLearners: 1,
    preVote: true,
    initialElectionTickAdvance: true,
    ...options,
  };
  if (settings.quotaBackendBytes !== 0) return settings;
  return { ...settings, quotaBackendBytes: DEFAULT_QUOTA_BYTES };
}
