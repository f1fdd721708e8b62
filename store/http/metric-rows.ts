/** Metrics that are one number, as a table: etcd's names, and where the number is found. */
import type { MemberStatistics, MemberStatus } from '../server/interface.ts';
import type { HealthCounts } from './health.ts';

/** The process around the member. */
export interface ProcessUsage {
  readonly residentBytes: number;
  /** Of V8, in use. */
  readonly heapBytes: number;
  readonly commandLine: readonly string[];
  readonly cpuSeconds: number;
  readonly startedAtSeconds: number;
  /** "node v20.19.0" */
  readonly runtime: string;
  readonly virtualBytes: number;
  readonly openFiles: number;
  readonly maxOpenFiles: number;
  readonly receivedBytes: number;
  readonly transmittedBytes: number;
}

export interface Snapshot {
  readonly status: MemberStatus;
  readonly statistics: MemberStatistics;
  readonly usage: ProcessUsage;
  readonly isLeader: boolean;
  readonly quotaBytes: number;
  readonly health: HealthCounts;
}

export type Row = readonly [
  name: string,
  type: 'gauge' | 'counter',
  help: string,
  value: (snapshot: Snapshot) => number,
];

const todays: readonly Row[] = [
  ['etcd_server_has_leader', 'gauge', '1 if a leader exists.', (s) => +(s.status.leader !== '0')],
  ['etcd_server_is_leader', 'gauge', '1 if this member leads.', (s) => +s.isLeader],
  ['etcd_server_is_learner', 'gauge', '1 if it is a learner.', (s) => +s.status.isLearner],
  [
    'etcd_server_leader_changes_seen_total',
    'counter',
    'Changes of leader seen.',
    (s) => s.statistics.leaderChanges,
  ],
  [
    'etcd_server_proposals_committed_total',
    'gauge',
    'Index of the last committed log entry.',
    (s) => s.statistics.proposalsCommitted,
  ],
  [
    'etcd_server_proposals_applied_total',
    'gauge',
    'Index of the last applied log entry.',
    (s) => s.statistics.proposalsApplied,
  ],
  [
    'etcd_server_proposals_pending',
    'gauge',
    'Proposals waiting to be applied.',
    (s) => s.statistics.proposalsPending,
  ],
  [
    'etcd_server_proposals_failed_total',
    'counter',
    'Proposals that failed.',
    (s) => s.statistics.proposalsFailed,
  ],
  ['etcd_server_quota_backend_bytes', 'gauge', 'Space the store may use.', (s) => s.quotaBytes],
  ['etcd_mvcc_put_total', 'counter', 'Keys put.', (s) => s.statistics.puts],
  ['etcd_mvcc_delete_total', 'counter', 'Deletes of ranges.', (s) => s.statistics.deletes],
  ['etcd_mvcc_range_total', 'counter', 'Ranges read.', (s) => s.statistics.ranges],
  ['etcd_mvcc_txn_total', 'counter', 'Transactions.', (s) => s.statistics.txns],
  [
    'etcd_mvcc_db_total_size_in_bytes',
    'gauge',
    'Bytes of the store on disk.',
    (s) => s.status.dbSize,
  ],
  [
    'etcd_mvcc_db_total_size_in_use_in_bytes',
    'gauge',
    'Bytes of it in use.',
    (s) => s.status.dbSizeInUse,
  ],
  ['etcd_debugging_mvcc_keys_total', 'gauge', 'Keys that exist.', (s) => s.statistics.keys],
  [
    'etcd_debugging_mvcc_current_revision',
    'gauge',
    'Newest revision.',
    (s) => s.statistics.currentRevision,
  ],
  [
    'etcd_debugging_mvcc_compact_revision',
    'gauge',
    'Compacted revision.',
    (s) => s.statistics.compactRevision,
  ],
  ['etcd_debugging_mvcc_watcher_total', 'gauge', 'Watchers.', (s) => s.statistics.watchers],
  [
    'etcd_debugging_mvcc_slow_watcher_total',
    'gauge',
    'Watchers that read history to catch up.',
    (s) => s.statistics.slowWatchers,
  ],
  [
    'etcd_debugging_mvcc_events_total',
    'counter',
    'Events sent to watchers.',
    (s) => s.statistics.eventsDelivered,
  ],
  [
    'etcd_debugging_mvcc_pending_events_total',
    'gauge',
    'Events that wait for their watchers.',
    (s) => s.statistics.eventsPending,
  ],
  [
    'etcd_debugging_mvcc_db_compaction_keys_total',
    'counter',
    'Versions removed by compactions.',
    (s) => s.statistics.versionsRemoved,
  ],
  [
    'etcd_debugging_mvcc_db_compaction_last',
    'gauge',
    'When a compaction was done last, Unix time; 0: none since the start.',
    (s) => Math.floor(s.statistics.lastCompactionAt / 1000),
  ],
  [
    'etcd_server_snapshot_apply_in_progress_total',
    'gauge',
    "1 while a snapshot of the leader's takes the place of the state.",
    (s) => +s.statistics.isInstalling,
  ],
  [
    'etcd_debugging_lease_granted_total',
    'counter',
    'Leases granted.',
    (s) => s.statistics.leasesGranted,
  ],
  [
    'etcd_debugging_lease_revoked_total',
    'counter',
    'Leases revoked.',
    (s) => s.statistics.leasesRevoked,
  ],
  [
    'etcd_debugging_lease_renewed_total',
    'counter',
    'Leases renewed.',
    (s) => s.statistics.leasesRenewed,
  ],
  [
    'etcd_debugging_server_lease_expired_total',
    'counter',
    'Leases expired.',
    (s) => s.statistics.leasesExpired,
  ],
  [
    'etcd_debugging_mvcc_total_put_size_in_bytes',
    'gauge',
    'Bytes of keys and values put.',
    (s) => s.statistics.putBytes,
  ],
  [
    'etcd_debugging_auth_revision',
    'gauge',
    'Revision of users and roles.',
    (s) => s.statistics.authRevision,
  ],
  [
    'etcd_disk_wal_write_bytes_total',
    'gauge',
    'Bytes of log entries written.',
    (s) => s.statistics.logBytes,
  ],
  [
    'etcd_server_slow_apply_total',
    'counter',
    'Applies that took longer than 100 ms.',
    (s) => s.statistics.slowApplies,
  ],
  [
    'etcd_server_slow_read_indexes_total',
    'counter',
    'Rounds of linearizable reads asked for again.',
    (s) => s.statistics.slowReadIndexes,
  ],
  [
    'etcd_server_read_indexes_failed_total',
    'counter',
    'Linearizable reads given up.',
    (s) => s.statistics.failedReadIndexes,
  ],
  [
    'etcd_server_heartbeat_send_failures_total',
    'counter',
    'Heartbeats of this leader that were late.',
    (s) => s.statistics.lateHeartbeats,
  ],
  [
    'etcd_server_learner_promote_successes',
    'counter',
    'Learners promoted by this leader.',
    (s) => s.statistics.learnersPromoted,
  ],
  [
    'etcd_server_learner_promote_failures',
    'counter',
    'Promotions of learners refused by this leader.',
    (s) => s.statistics.learnersNotPromoted,
  ],
  [
    'etcd_server_health_success',
    'counter',
    'Requests for /health answered well.',
    (s) => s.health.successes,
  ],
  [
    'etcd_server_health_failures',
    'counter',
    'Requests for /health answered badly.',
    (s) => s.health.failures,
  ],
  ['os_fd_used', 'gauge', 'Open files.', (s) => s.usage.openFiles],
  ['os_fd_limit', 'gauge', 'Files that may be open.', (s) => s.usage.maxOpenFiles],
  ['process_open_fds', 'gauge', 'Open files.', (s) => s.usage.openFiles],
  ['process_max_fds', 'gauge', 'Files that may be open.', (s) => s.usage.maxOpenFiles],
  ['process_virtual_memory_bytes', 'gauge', 'Virtual memory.', (s) => s.usage.virtualBytes],
  ['process_resident_memory_bytes', 'gauge', 'Resident memory.', (s) => s.usage.residentBytes],
  [
    'process_network_receive_bytes_total',
    'counter',
    'Bytes received over the network.',
    (s) => s.usage.receivedBytes,
  ],
  [
    'process_network_transmit_bytes_total',
    'counter',
    'Bytes sent over the network.',
    (s) => s.usage.transmittedBytes,
  ],
  ['process_cpu_seconds_total', 'counter', 'Processor time used.', (s) => s.usage.cpuSeconds],
  [
    'process_start_time_seconds',
    'gauge',
    'Start of the process, Unix time.',
    (s) => s.usage.startedAtSeconds,
  ],
];

/** In etcd 3.4 under another name, too, which dashboards made then ask for. */
const FORMERLY_DEBUGGING = /^etcd_(?=mvcc_(db_total_size_in_bytes|(put|delete|range|txn)_total)$)/;

export const rows: readonly Row[] = todays.flatMap((row): Row[] => {
  const [name, type, help, value] = row;
  if (!FORMERLY_DEBUGGING.test(name)) return [row];
  return [row, [name.replace(FORMERLY_DEBUGGING, 'etcd_debugging_'), type, help, value]];
});
