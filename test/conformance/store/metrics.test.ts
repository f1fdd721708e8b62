/** The names under /metrics, held against those of the real one. */
import { describe, expect, it } from 'vitest';
import { etcd, startEtcd, startOurs, type TestServer } from './servers.ts';

async function metricsOf(start: () => Promise<TestServer>): Promise<Map<string, string>> {
  const server = await start();
  try {
    const text = await (await fetch(`http://${server.address}/metrics`)).text();
    return new Map(
      [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!]),
    );
  } finally {
    await server.stop();
  }
}

/** What only etcd can say: of Go, of bbolt, of its files; and names that etcd 3.5 has dropped. */
const notOurs = [
  /^go_/,
  /^promhttp_/,
  /^etcd_server_go_version$/,
  /^etcd_debugging_disk_backend_commit_/,
  /^etcd_debugging_mvcc_(db|index)_compaction_/,
  /^etcd_debugging_mvcc_(events_total|pending_events_total|watch_stream_total)$/,
  /^etcd_debugging_lease_ttl_total$/,
  /^etcd(_debugging)?_snap_/,
  /^etcd_server_snapshot_apply_in_progress_total$/,
  /^process_virtual_memory_max_bytes$/,
  /^etcd_debugging_mvcc_(db_total_size_in_bytes|(put|delete|range|txn)_total)$/,
  /^etcd_debugging_store_(reads|writes)_total$/,
];

describe.skipIf(etcd === undefined)('metrics', () => {
  it('are those of etcd, of the same types, but for what only etcd can say', async () => {
    const [ours, theirs] = [await metricsOf(startOurs), await metricsOf(startEtcd)];
    const missing = [...theirs.keys()].filter(
      (name) => !ours.has(name) && !notOurs.some((pattern) => pattern.test(name)),
    );
    expect(missing).toEqual([]);
    const others = [...theirs].filter(([name, type]) => (ours.get(name) ?? type) !== type);
    expect(others).toEqual([]);
  });
});
