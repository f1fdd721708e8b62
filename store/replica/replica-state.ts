/** What a replica starts with: state read from its engine, and Raft on top of it. */
import { AuthStore } from '../auth/auth-store.ts';
import type { Engine } from '../engine/engine.ts';
import type { Command } from '../mvcc/command.ts';
import { MvccStore } from '../mvcc/store.ts';
import type { SnapshotPoint } from '../raft/entry.ts';
import { RawNode } from '../raft/raw-node.ts';
import type { ClusterChange } from '../persistence/cluster-state.ts';
import type { Settings } from './options.ts';
import type { Peers } from './peers.ts';
import { Persistence } from '../persistence/persistence.ts';
import type { LoadedLog } from '../persistence/persistence.ts';
import { Records } from '../persistence/records.ts';
import { Timekeeper } from '../persistence/timing.ts';

const MAX_APPLY_BYTES = 16 << 20;
const MAX_MESSAGE_BYTES = 1 << 20;
const MAX_INFLIGHT_MESSAGES = 256;

export interface ReplicaOptions {
  readonly settings: Settings;
  readonly engine: Engine;
  readonly memberId: string;
}

/** The member around a replica, as that sees it. */
export interface ReplicaHost {
  /** Undefined for a member without peers. */
  readonly peers: Peers | undefined;
  onApplied(command: Command): void;
  onFailure(error: Error): void;
  onLeadership(leads: boolean): void;
  /** Told of each change of the cluster, once it is applied. */
  onChanged(change: ClusterChange): void;
  /** The state is to be replaced by the snapshot that was received; this replica has ended. */
  onInstall(point: SnapshotPoint): void;
}

export interface LoadedState {
  readonly persistence: Persistence;
  readonly log: LoadedLog;
  readonly store: MvccStore;
  readonly auth: AuthStore;
  readonly records: Records;
  readonly timekeeper: Timekeeper;
}

/** Reads what the engine holds. */
export async function loadState(options: ReplicaOptions): Promise<LoadedState> {
  const { settings, engine } = options;
  const timekeeper = new Timekeeper(settings.clock);
  const persistence = new Persistence(engine, timekeeper);
  const log = await persistence.loadLog();
  const store = new MvccStore({
    cacheBytes: settings.valueCacheBytes,
    watchLimits: settings.watchLimits,
  });
  const records = new Records(engine, store);
  const auth = new AuthStore();
  await records.restore(log.compactRevision, auth);
  return { persistence, log, store, auth, records, timekeeper };
}

export function createRaft({ settings, memberId }: ReplicaOptions, log: LoadedLog): RawNode {
  return new RawNode({
    id: memberId,
    configuration: log.cluster.configuration,
    electionTicks: Math.max(1, Math.round(settings.electionTimeoutMs / settings.heartbeatMs)),
    heartbeatTicks: 1,
    preVote: settings.preVote,
    random: settings.random,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    maxInflightMessages: MAX_INFLIGHT_MESSAGES,
    maxApplyBytes: MAX_APPLY_BYTES,
    storage: log.window,
    hardState: log.hardState,
    applied: log.applied,
  });
}
