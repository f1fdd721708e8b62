/** The names under /metrics, held against those of the real one. */
import { describe, expect, it } from 'vitest';
import { RawClient } from './raw-client.ts';
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
  /^etcd_debugging_mvcc_(db|index)_compaction_.*(last|duration_milliseconds)$/,
  /^etcd(_debugging)?_snap_/,
  /^etcd_server_snapshot_apply_in_progress_total$/,
  /^process_virtual_memory_max_bytes$/,
  /^etcd_debugging_mvcc_(db_total_size_in_bytes|(put|delete|range|txn)_total)$/,
  /^etcd_debugging_store_(reads|writes)_total$/,
];

describe('counters', () => {
  it('count what clients do', async () => {
    const server = await startOurs();
    const client = new RawClient(server.address);
    await client.call('LeaseGrant', { TTL: 100, ID: 1 });
    const watch = client.watch();
    watch.send({ create_request: { key: 'k' } });
    await watch.next();
    for (const value of ['1', '2', '3']) await client.call('Put', { key: 'k', value });
    let events = 0;
    while (events < 3) events += ((await watch.next())['events'] as unknown[]).length;
    await client.call('Compact', { revision: 4, physical: true });
    const text = await (await fetch(`http://${server.address}/metrics`)).text();
    for (const line of [
      'etcd_debugging_mvcc_events_total 3',
      'etcd_debugging_mvcc_pending_events_total 0',
      'etcd_debugging_mvcc_watch_stream_total 1',
      'etcd_debugging_mvcc_db_compaction_keys_total 2',
      'etcd_debugging_lease_ttl_total_bucket{le="64"} 0',
      'etcd_debugging_lease_ttl_total_bucket{le="128"} 1',
      'etcd_server_client_requests_total{type="unary",client_api_version="unknown"} 5',
      'etcd_server_client_requests_total{type="stream",client_api_version="unknown"} 1',
    ])
      expect(text.split('\n')).toContain(line);
    client.close();
    await server.stop();
  });
});

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
