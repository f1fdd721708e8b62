/**
 * /metrics under etcd's names, as far as this member can say them honestly. Counting is done by
 * plain fields elsewhere; prom-client is loaded by the first scrape and only writes the text.
 */
import type { Metric } from 'prom-client';
import type { Member, MemberStatistics, MemberStatus } from '../server/interface.ts';
import { codeNames, type CallCounts, type MethodCounts } from './call-counts.ts';
import { bounds, Histogram } from './histogram.ts';
import { clusterVersion } from './version.ts';

/** The process around the member. */
export interface ProcessUsage {
  readonly residentBytes: number;
  readonly cpuSeconds: number;
  readonly startedAtSeconds: number;
}

interface Snapshot {
  readonly status: MemberStatus;
  readonly statistics: MemberStatistics;
  readonly usage: ProcessUsage;
  readonly isLeader: boolean;
  readonly quotaBytes: number;
}

type Row = readonly [
  name: string,
  type: 'gauge' | 'counter',
  help: string,
  value: (snapshot: Snapshot) => number,
];

const rows: readonly Row[] = [
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
  ['process_resident_memory_bytes', 'gauge', 'Resident memory.', (s) => s.usage.residentBytes],
  ['process_cpu_seconds_total', 'counter', 'Processor time used.', (s) => s.usage.cpuSeconds],
  [
    'process_start_time_seconds',
    'gauge',
    'Start of the process, Unix time.',
    (s) => s.usage.startedAtSeconds,
  ],
];

type Labels = Readonly<Record<string, string>>;
interface Sample {
  readonly value: number;
  readonly labels: Labels;
  readonly metricName?: string;
}

/** What prom-client's registry asks of a metric when it writes the text. */
const metric = (
  [name, type, help]: readonly [string, 'gauge' | 'counter' | 'histogram', string],
  values: readonly Sample[],
): Metric => {
  const text = { name, help, type, values, aggregator: 'sum' };
  return { name, get: () => Promise.resolve(text) } as unknown as Metric;
};

const callMetrics: readonly [string, string, (counts: MethodCounts) => number][] = [
  ['grpc_server_started_total', 'RPCs started on the server.', (c) => c.started],
  ['grpc_server_msg_received_total', 'Messages received.', (c) => c.received],
  ['grpc_server_msg_sent_total', 'Messages sent.', (c) => c.sent],
];

const labelsOf = (counts: MethodCounts): Labels => ({
  grpc_type: counts.kind,
  grpc_service: counts.service,
  grpc_method: counts.method,
});

function rpcMetrics(calls: CallCounts): Metric[] {
  const handled = calls.methods.flatMap((counts) =>
    counts.handled.flatMap((value, code) =>
      value === 0 && code !== 0
        ? []
        : [{ value, labels: { ...labelsOf(counts), grpc_code: codeNames[code]! } }],
    ),
  );
  const help = 'RPCs completed on the server, whatever their outcome.';
  return [
    ...callMetrics.map(([name, text, value]) =>
      metric(
        [name, 'counter', text],
        calls.methods.map((counts) => ({ value: value(counts), labels: labelsOf(counts) })),
      ),
    ),
    metric(['grpc_server_handled_total', 'counter', help], handled),
  ];
}

function histogramMetric(name: string, help: string, histogram: Histogram): Metric {
  let below = 0;
  const buckets = histogram.buckets.map((count, i): Sample => {
    below += count;
    const le = i < bounds.length ? String(bounds[i]) : '+Inf';
    return { value: below, labels: { le }, metricName: `${name}_bucket` };
  });
  return metric(
    [name, 'histogram', help],
    [
      ...buckets,
      { value: histogram.sum, labels: {}, metricName: `${name}_sum` },
      { value: histogram.count, labels: {}, metricName: `${name}_count` },
    ],
  );
}

export interface MetricsOptions {
  readonly member: Member;
  readonly calls: CallCounts;
  readonly usage: () => ProcessUsage;
  readonly quotaBytes: number;
}

export class StoreMetrics {
  readonly #options: MetricsOptions;
  readonly #timings = {
    walFsync: new Histogram(),
    backendCommit: new Histogram(),
    apply: new Histogram(),
  };

  constructor(options: MetricsOptions) {
    this.#options = options;
    options.member.onTiming((name, seconds) => this.#timings[name].observe(seconds));
  }

  /** Prometheus' text format 0.0.4. */
  async text(): Promise<string> {
    // A bundled CommonJS package that is imported late has its default only.
    const { default: prometheus } = await import('prom-client');
    const { member, calls, usage, quotaBytes } = this.#options;
    const status = await member.status();
    const statistics = member.statistics();
    const isLeader = status.leader === member.identity.memberId;
    const snapshot: Snapshot = { status, statistics, usage: usage(), isLeader, quotaBytes };
    const registry = new prometheus.Registry();
    for (const [name, type, help, value] of rows) {
      const sample = { value: value(snapshot), labels: {} };
      registry.registerMetric(metric([name, type, help], [sample]));
    }
    const { version } = status;
    const versions = [
      ['etcd_server_version', 'Version served.', { server_version: version }],
      ['etcd_cluster_version', 'Of the cluster.', { cluster_version: clusterVersion(version) }],
    ] as const;
    for (const [name, help, labels] of versions)
      registry.registerMetric(metric([name, 'gauge', help], [{ value: 1, labels }]));
    for (const rpc of rpcMetrics(calls)) registry.registerMetric(rpc);
    const { walFsync, backendCommit, apply } = this.#timings;
    for (const [name, help, histogram] of [
      ['etcd_disk_wal_fsync_duration_seconds', 'Fsyncs of the log.', walFsync],
      ['etcd_disk_backend_commit_duration_seconds', 'Commits of applied state.', backendCommit],
      ['etcd_server_apply_duration_seconds', 'Applying committed entries.', apply],
    ] as const)
      registry.registerMetric(histogramMetric(name, help, histogram));
    return registry.metrics();
  }
}
