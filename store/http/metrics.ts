/**
 * /metrics under etcd's names, as far as this member can say them honestly. Counting is done by
 * plain fields elsewhere; a scrape looks them up and writes the text.
 */
import { exponential, Histogram } from '../../platform/metrics/histogram.ts';
import type { MetricType } from '../../platform/metrics/metrics.ts';
import { familyText, type Series } from '../../platform/metrics/text.ts';
import type { Member } from '../server/interface.ts';
import type { PeerTraffic } from '../server/peers.ts';
import type { TimingName } from '../server/timing.ts';
import { codeNames, type CallCounts, type MethodCounts } from './call-counts.ts';
import type { HealthCounts } from './health.ts';
import { rows, type ProcessUsage, type Snapshot } from './metric-rows.ts';
import { clusterVersion } from './version.ts';

type Labels = Readonly<Record<string, string>>;

const metric = (
  [name, type, help]: readonly [string, MetricType, string],
  series: readonly Series[],
): string => familyText({ name, type, help }, series);

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

function rpcMetrics(calls: CallCounts): string[] {
  const handled = calls.methods.flatMap((counts) =>
    counts.handled.flatMap((value, code) =>
      value === 0 && code !== 0
        ? []
        : [{ value, labels: { ...labelsOf(counts), grpc_code: codeNames[code]! } }],
    ),
  );
  const help = 'RPCs completed on the server, whatever their outcome.';
  const bytes = (value: (counts: MethodCounts) => number): Series[] => [
    { value: calls.methods.reduce((sum, counts) => sum + value(counts), 0), labels: {} },
  ];
  return [
    metric(
      ['etcd_network_client_grpc_received_bytes_total', 'counter', 'Bytes received of clients.'],
      bytes((counts) => counts.receivedBytes),
    ),
    metric(
      ['etcd_network_client_grpc_sent_bytes_total', 'counter', 'Bytes sent to clients.'],
      bytes((counts) => counts.sentBytes),
    ),
    ...callMetrics.map(([name, text, value]) =>
      metric(
        [name, 'counter', text],
        calls.methods.map((counts) => ({ value: value(counts), labels: labelsOf(counts) })),
      ),
    ),
    metric(['grpc_server_handled_total', 'counter', help], handled),
    metric(
      ['etcd_server_client_requests_total', 'counter', 'Requests by kind and client version.'],
      [...calls.clients.values()].flatMap(({ version, unary, stream }) => [
        { value: unary, labels: { type: 'unary', client_api_version: version } },
        { value: stream, labels: { type: 'stream', client_api_version: version } },
      ]),
    ),
    metric(
      ['etcd_debugging_mvcc_watch_stream_total', 'gauge', 'Watch streams that are open.'],
      [{ value: openStreams(calls), labels: {} }],
    ),
  ];
}

function openStreams({ methods }: CallCounts): number {
  return methods
    .filter(({ service, method }) => service === 'etcdserverpb.Watch' && method === 'Watch')
    .reduce((sum, { started, handled }) => sum + started - handled.reduce((a, b) => a + b, 0), 0);
}

/** The first bound and how many there are, as etcd has them, in seconds. */
const timings: Readonly<Record<TimingName, readonly [string, string, number, number]>> = {
  walFsync: ['etcd_disk_wal_fsync_duration_seconds', 'Fsyncs of the log.', 0.001, 14],
  backendCommit: [
    ...(['etcd_disk_backend_commit_duration_seconds', 'Commits of applied state.'] as const),
    ...([0.001, 14] as const),
  ],
  apply: ['etcd_server_apply_duration_seconds', 'Applying committed entries.', 0.0001, 20],
  defragment: ['etcd_disk_backend_defrag_duration_seconds', 'Defragmentations.', 0.1, 13],
  snapshot: ['etcd_disk_backend_snapshot_duration_seconds', 'Preparing snapshots.', 0.01, 17],
  hash: ['etcd_mvcc_hash_duration_seconds', 'Hashes of the engine.', 0.01, 15],
  hashRev: ['etcd_mvcc_hash_rev_duration_seconds', 'Hashes as of a revision.', 0.01, 15],
};

const hex = (id: string): string => BigInt(id).toString(16);

type PeerRow = readonly [
  name: string,
  type: 'gauge' | 'counter',
  help: string,
  label: 'To' | 'From' | 'Remote',
  value: (traffic: PeerTraffic) => number,
];

const peerRows: readonly PeerRow[] = [
  ['known_peers', 'gauge', 'Other members.', 'Remote', () => 1],
  ['active_peers', 'gauge', 'Other members that are connected.', 'Remote', (t) => +t.isActive],
  ['disconnected_peers_total', 'counter', 'Broken connections.', 'Remote', (t) => t.disconnects],
  ['peer_sent_bytes_total', 'counter', 'Bytes sent.', 'To', (t) => t.sentBytes],
  ['peer_received_bytes_total', 'counter', 'Bytes received.', 'From', (t) => t.receivedBytes],
  ['peer_sent_failures_total', 'counter', 'Batches dropped.', 'To', (t) => t.sendFailures],
  [
    'peer_received_failures_total',
    ...(['counter', 'Connections from it that broke.', 'From'] as const),
    (t) => t.receiveFailures,
  ],
];

function peerMetrics({
  identity,
  peerTraffic,
}: Pick<Member, 'identity' | 'peerTraffic'>): string[] {
  const traffic = peerTraffic();
  if (traffic.length === 0) return [];
  const labelsFor = (label: string, id: string): Labels =>
    label === 'Remote' ? { Local: hex(identity.memberId), Remote: hex(id) } : { [label]: hex(id) };
  const roundTrip = 'etcd_network_peer_round_trip_time_seconds';
  return [
    ...peerRows.map(([name, type, help, label, value]) =>
      metric(
        [`etcd_network_${name}`, type, help],
        traffic.map((each) => ({ value: value(each), labels: labelsFor(label, each.id) })),
      ),
    ),
    metric(
      [roundTrip, 'histogram', 'Round trips between members.'],
      traffic.map(({ id, roundTrips }) => ({ value: roundTrips, labels: { To: hex(id) } })),
    ),
  ];
}

/** What belongs to parts that only etcd has (bbolt, its v2 store, its gRPC proxy) stays at 0. */
const never: readonly (readonly ['gauge' | 'counter', string])[] = [
  ['gauge', 'etcd_disk_defrag_inflight'],
  ['gauge', 'etcd_mvcc_db_open_read_transactions'],
  ['counter', 'etcd_debugging_store_expires_total'],
  ['counter', 'etcd_debugging_store_watch_requests_total'],
  ['gauge', 'etcd_debugging_store_watchers'],
  ['gauge', 'etcd_grpc_proxy_cache_hits_total'],
  ['gauge', 'etcd_grpc_proxy_cache_keys_total'],
  ['gauge', 'etcd_grpc_proxy_cache_misses_total'],
  ['counter', 'etcd_grpc_proxy_events_coalescing_total'],
  ['gauge', 'etcd_grpc_proxy_watchers_coalescing_total'],
];

export interface MetricsOptions {
  readonly member: Member;
  readonly calls: CallCounts;
  readonly usage: () => ProcessUsage;
  readonly quotaBytes: number;
  readonly health: HealthCounts;
}

export class StoreMetrics {
  readonly #options: MetricsOptions;
  readonly #timings = new Map<TimingName, Histogram>();

  constructor(options: MetricsOptions) {
    this.#options = options;
    for (const [name, [, , first, count]] of Object.entries(timings))
      this.#timings.set(name as TimingName, new Histogram(exponential(first, 2, count)));
    options.member.onTiming((name, seconds) => this.#timings.get(name)!.observe(seconds));
  }

  /** Prometheus' text format 0.0.4. */
  async text(): Promise<string> {
    const { member, calls, usage, quotaBytes, health } = this.#options;
    const status = await member.status();
    const statistics = member.statistics();
    const isLeader = status.leader === member.identity.memberId;
    const snapshot: Snapshot = {
      ...{ status, statistics, usage: usage(), isLeader, quotaBytes, health },
    };
    const { version } = status;
    const versions = [
      ['etcd_server_version', 'Version served.', { server_version: version }],
      ['etcd_server_id', 'Of this member.', { server_id: hex(member.identity.memberId) }],
      ['etcd_cluster_version', 'Of the cluster.', { cluster_version: clusterVersion(version) }],
    ] as const;
    const lone = (value: number | Histogram): Series[] => [{ value, labels: {} }];
    const ttls = 'etcd_debugging_lease_ttl_total';
    return [
      ...rows.map(([name, type, help, value]) => metric([name, type, help], lone(value(snapshot)))),
      ...versions.map(([name, help, labels]) =>
        metric([name, 'gauge', help], [{ value: 1, labels }]),
      ),
      ...rpcMetrics(calls),
      ...peerMetrics({ identity: member.identity, peerTraffic: () => member.peerTraffic() }),
      ...[...this.#timings].map(([name, histogram]) =>
        metric([timings[name][0], 'histogram', timings[name][1]], lone(histogram)),
      ),
      metric(
        [ttls, 'histogram', 'Seconds that leases were granted for.'],
        lone(statistics.leaseTtls),
      ),
      ...never.map(([type, name]) => metric([name, type, 'Not of this store.'], lone(0))),
    ].join('');
  }
}
