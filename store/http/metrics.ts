/**
 * /metrics under etcd's names, as far as this member can say them honestly. Counting is done by
 * plain fields elsewhere; a scrape looks them up and writes the text.
 */
import type { Histogram } from '../../platform/metrics/histogram.ts';
import type { MetricType } from '../../platform/metrics/metrics.ts';
import { familyText, type Series } from '../../platform/metrics/text.ts';
import type { Member, MemberStatistics } from '../server/interface.ts';
import { codeNames, type CallCounts, type MethodCounts } from './call-counts.ts';
import type { HealthCounts } from './health.ts';
import { rows, type ProcessUsage, type Snapshot } from './metric-rows.ts';
import { hexId } from '../cluster-member.ts';
import { peerMetrics } from './peer-metrics.ts';
import { requestTimesText, Timings, watchTimesText } from './timings.ts';
import { clusterVersion } from './version.ts';
import type { WatchTimes } from './watch-times.ts';

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
    ...handlingTimes(calls),
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

/** Only with `--metrics=extensive`, and of methods that have been called, as in etcd. */
function handlingTimes({ methods }: CallCounts): string[] {
  const timed = methods.flatMap((counts) =>
    counts.times === undefined || counts.times.seconds.count === 0
      ? []
      : [{ value: counts.times.seconds, labels: labelsOf(counts) }],
  );
  if (timed.length === 0) return [];
  const help = 'How long RPCs took until the server was done with them.';
  return [metric(['grpc_server_handling_seconds', 'histogram', help], timed)];
}

function openStreams({ methods }: CallCounts): number {
  return methods
    .filter(({ service, method }) => service === 'etcdserverpb.Watch' && method === 'Watch')
    .reduce((sum, { started, handled }) => sum + started - handled.reduce((a, b) => a + b, 0), 0);
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

/** Of etcd's feature gates: two are settings, the others are so here, or are not. */
const features = ({ initial, compactHashEveryMs }: MemberStatistics['corruption']) =>
  [
    ['AllAlpha', 'ALPHA', false],
    ['AllBeta', 'BETA', false],
    ['CompactHashCheck', 'ALPHA', compactHashEveryMs > 0],
    ['InitialCorruptCheck', 'ALPHA', initial],
    ['LeaseCheckpoint', 'ALPHA', true],
    ['LeaseCheckpointPersist', 'ALPHA', true],
    ['SetMemberLocalAddr', 'ALPHA', false],
    ['StopGRPCServiceOnDefrag', 'ALPHA', false],
    ['TxnModeWriteWithSharedBuffer', 'BETA', false],
  ] as const;

export interface MetricsOptions {
  readonly member: Member;
  readonly calls: CallCounts;
  readonly usage: () => ProcessUsage;
  readonly quotaBytes: number;
  readonly health: HealthCounts;
  readonly watchTimes: WatchTimes;
}

export class StoreMetrics {
  readonly #options: MetricsOptions;
  readonly #timings = new Timings();
  readonly #scrapes = { answered: 0, failed: 0 };

  constructor(options: MetricsOptions) {
    this.#options = options;
    options.member.onTiming(this.#timings.observe);
  }

  /** Prometheus' text format 0.0.4. */
  async text(): Promise<string> {
    try {
      const text = await this.#text();
      this.#scrapes.answered++;
      return text;
    } catch (error) {
      this.#scrapes.failed++;
      throw error;
    }
  }

  async #text(): Promise<string> {
    const { member, calls, usage, quotaBytes, health } = this.#options;
    const status = await member.status();
    const statistics = member.statistics();
    const isLeader = status.leader === member.identity.memberId;
    const snapshot: Snapshot = {
      status,
      statistics,
      usage: usage(),
      isLeader,
      quotaBytes,
      health,
    };
    const { version } = status;
    const versions = [
      ['etcd_server_version', 'Version served.', { server_version: version }],
      ['etcd_server_id', 'Of this member.', { server_id: hexId(member.identity.memberId) }],
      ['etcd_server_go_version', 'What runs it.', { server_go_version: snapshot.usage.runtime }],
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
      ...peerMetrics(member),
      ...this.#timings.text(),
      requestTimesText(statistics.requestTimes),
      watchTimesText(this.#options.watchTimes),
      metric(
        [ttls, 'histogram', 'Seconds that leases were granted for.'],
        lone(statistics.leaseTtls),
      ),
      metric(
        ['etcd_server_feature_enabled', 'gauge', 'Feature gates of etcd 3.6: 1 if it is so here.'],
        features(statistics.corruption).map(([name, stage, isSo]) => ({
          value: Number(isSo),
          labels: { name, stage },
        })),
      ),
      ...never.map(([type, name]) => metric([name, type, 'Not of this store.'], lone(0))),
      ...this.#scraping(),
    ].join('');
  }

  /** As etcd's library counts: this answer is under way, those before it are done. */
  #scraping(): string[] {
    const name = 'promhttp_metric_handler_requests';
    const { answered, failed } = this.#scrapes;
    const codes = { 200: answered, 500: 0, 503: failed };
    return [
      metric([`${name}_in_flight`, 'gauge', 'Scrapes under way.'], [{ value: 1, labels: {} }]),
      metric(
        [`${name}_total`, 'counter', 'Scrapes answered, by status.'],
        Object.entries(codes).map(([code, value]) => ({ value, labels: { code } })),
      ),
    ];
  }
}
