/** Metrics that are histograms of how long things take, as a table: etcd's names and buckets. */
import { exponential, Histogram } from '../../platform/metrics/histogram.ts';
import { familyText, type Series } from '../../platform/metrics/text.ts';
import type { RequestTime } from '../replica/request-times.ts';
import type { Observe, TimingName } from '../persistence/timing.ts';
import type { WatchTimes } from './watch-times.ts';

interface Family {
  readonly name: string;
  readonly help: string;
  /** The first bound and how many there are, each twice the one before. */
  readonly first: number;
  readonly count: number;
  /** Of what it is made, and what its series are labelled with. */
  readonly of: Readonly<Partial<Record<TimingName, Series['labels']>>>;
  /** In milliseconds instead of seconds. */
  readonly isMs?: boolean;
}

type Row = readonly [name: string, help: string, first: number, count: number];

const plain = (of: TimingName, [name, help, first, count]: Row): Family => ({
  name,
  help,
  first,
  count,
  of: { [of]: {} },
});

const compaction = (of: TimingName, [name, ...rest]: Row): Family => ({
  ...plain(of, [`etcd_debugging_mvcc_${name}_duration_milliseconds`, ...rest]),
  isMs: true,
});

const families: readonly Family[] = [
  plain('walFsync', ['etcd_disk_wal_fsync_duration_seconds', 'Fsyncs of the log.', 0.001, 14]),
  plain('walWrite', [
    'etcd_disk_wal_write_duration_seconds',
    'Encoding log entries; to write and to sync them is one call.',
    ...([0.001, 14] as const),
  ]),
  plain('backendCommit', [
    ...(['etcd_disk_backend_commit_duration_seconds', 'Commits of applied state.'] as const),
    ...([0.001, 14] as const),
  ]),
  plain('apply', [
    'etcd_server_apply_duration_seconds',
    'Applying committed entries.',
    ...([0.0001, 20] as const),
  ]),
  {
    name: 'etcd_server_range_duration_seconds',
    help: 'Reading ranges, once it is proven that they may be.',
    first: 0.0001,
    count: 20,
    of: { range: { success: 'true' }, rangeFailed: { success: 'false' } },
  },
  plain('defragment', [
    'etcd_disk_backend_defrag_duration_seconds',
    'Defragmentations.',
    ...([0.1, 13] as const),
  ]),
  plain('snapshot', [
    'etcd_disk_backend_snapshot_duration_seconds',
    'Preparing snapshots.',
    ...([0.01, 17] as const),
  ]),
  plain('snapshotSave', [
    'etcd_snap_db_save_total_duration_seconds',
    "Receiving and saving the leader's snapshots.",
    ...([0.1, 10] as const),
  ]),
  plain('snapshotFsync', [
    'etcd_snap_db_fsync_duration_seconds',
    "Last, synced writes of the leader's snapshots.",
    ...([0.001, 14] as const),
  ]),
  plain('hash', ['etcd_mvcc_hash_duration_seconds', 'Hashes of the engine.', 0.01, 15]),
  plain('hashRev', ['etcd_mvcc_hash_rev_duration_seconds', 'Hashes as of a revision.', 0.01, 15]),
  compaction('compaction', ['db_compaction_total', 'Whole compactions.', 100, 14]),
  compaction('compactionPause', ['db_compaction_pause', 'Steps of compactions.', 1, 13]),
  compaction('indexCompactionPause', [
    'index_compaction_pause',
    'What steps of compactions hold up everything else.',
    ...([0.5, 14] as const),
  ]),
];

/** bbolt's, and of snapshot files that this store does without: nothing is ever observed. */
const never: readonly (readonly [name: string, first: number, count: number])[] = [
  ['etcd_debugging_disk_backend_commit_rebalance_duration_seconds', 0.001, 14],
  ['etcd_debugging_disk_backend_commit_spill_duration_seconds', 0.001, 14],
  ['etcd_debugging_disk_backend_commit_write_duration_seconds', 0.001, 14],
  ['etcd_debugging_snap_save_marshalling_duration_seconds', 0.001, 14],
  ['etcd_debugging_snap_save_total_duration_seconds', 0.001, 14],
  ['etcd_snap_fsync_duration_seconds', 0.001, 14],
];

const text = (name: string, help: string, series: readonly Series[]): string =>
  familyText({ name, type: 'histogram', help }, series);

export class Timings {
  readonly #histograms = new Map<
    TimingName,
    { readonly value: Histogram; readonly scale: number }
  >();

  constructor() {
    for (const { of, first, count, isMs } of families)
      for (const name of Object.keys(of) as TimingName[])
        this.#histograms.set(name, {
          value: new Histogram(exponential(first, 2, count)),
          scale: isMs === true ? 1000 : 1,
        });
  }

  readonly observe: Observe = (name, seconds) => {
    const { value, scale } = this.#histograms.get(name)!;
    value.observe(seconds * scale);
  };

  text(): string[] {
    return [
      ...families.map(({ name, help, of }) =>
        text(
          name,
          help,
          Object.entries(of).map(([timing, labels]) => ({
            labels,
            value: this.#histograms.get(timing as TimingName)!.value,
          })),
        ),
      ),
      ...never.map(([name, first, count]) => {
        const value = new Histogram(exponential(first, 2, count));
        return text(name, 'Not of this store.', [{ labels: {}, value }]);
      }),
    ];
  }
}

/** "Put", as etcd's requests are called. */
const requestName = (type: string): string =>
  type === 'compact' ? 'Compact' : type[0]!.toUpperCase() + type.slice(1);

export const requestTimesText = (times: readonly RequestTime[]): string =>
  text(
    'etcd_server_request_duration_seconds',
    'Requests that go through the log, by type.',
    times.map(({ type, success, seconds: value }) => ({
      value,
      labels: { type: requestName(type), success: String(success) },
    })),
  );

export function watchTimesText({ events, perEvent, control, progress }: WatchTimes): string {
  const loop = 'etcd_debugging_server_watch_send_loop';
  return [
    text(`${loop}_watch_stream_duration_seconds`, 'Sending batches of events.', lone(events)),
    text(
      `${loop}_watch_stream_duration_per_event_seconds`,
      'The same, divided by the number of events.',
      lone(perEvent),
    ),
    text(`${loop}_control_stream_duration_seconds`, 'Saying what begins or ends.', lone(control)),
    text(`${loop}_progress_duration_seconds`, 'Sending progress.', lone(progress)),
  ].join('');
}

const lone = (value: Histogram): readonly Series[] => [{ value, labels: {} }];
