/** The names under /metrics, held against those of the real one. */
import { describe, expect, it } from 'vitest';
import { RawClient } from './raw-client.ts';
import { etcd, startEtcd, startOurs, type TestServer } from './servers.ts';

async function metricsOf(
  start: () => Promise<TestServer>,
  use: (address: string) => Promise<void> = async () => {},
): Promise<Map<string, string>> {
  const server = await start();
  try {
    await use(server.address);
    const text = await (await fetch(`http://${server.address}/metrics`)).text();
    return new Map(
      [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!]),
    );
  } finally {
    await server.stop();
  }
}

/** What only Go can say, and the v2 store. */
const notOurs = [
  /^go_/,
  /^process_virtual_memory_max_bytes$/,
  /^etcd_debugging_store_(reads|writes)_total$/,
];

/** What etcd's dashboard and alerts ask for, besides `up`. */
const dashboard = [
  ...['has_leader', 'leader_changes_seen_total', 'proposals_committed_total'],
  ...['proposals_applied_total', 'proposals_failed_total', 'proposals_pending'],
  ...['quota_backend_bytes'],
].map((name) => `etcd_server_${name}`);
const dashboards = [
  ...dashboard,
  ...['sent', 'received'].map((verb) => `etcd_network_client_grpc_${verb}_bytes_total`),
  ...['wal_fsync', 'backend_commit'].map((what) => `etcd_disk_${what}_duration_seconds`),
  ...['etcd_mvcc_db_total_size_in_bytes', 'etcd_mvcc_db_total_size_in_use_in_bytes'],
  ...['grpc_server_started_total', 'grpc_server_handled_total', 'grpc_server_handling_seconds'],
  ...['process_resident_memory_bytes', 'process_cpu_seconds_total', 'process_open_fds'],
  ...['process_max_fds', 'process_start_time_seconds'],
];

/** What etcd's own test of a lone member's metrics holds to be there (3.7), but for Go's; 3.6's. */
const mustExist = `
  etcd_cluster_version
  etcd_debugging_: auth_revision disk_backend_commit_rebalance_duration_seconds
    disk_backend_commit_spill_duration_seconds disk_backend_commit_write_duration_seconds
    lease_granted_total lease_renewed_total lease_revoked_total lease_ttl_total
    server_lease_expired_total server_watch_send_loop_watch_stream_duration_seconds
    server_watch_send_loop_watch_stream_duration_per_event_seconds
    server_watch_send_loop_control_stream_duration_seconds
    server_watch_send_loop_progress_duration_seconds snap_save_marshalling_duration_seconds
    snap_save_total_duration_seconds store_expires_total store_watch_requests_total store_watchers
  etcd_debugging_mvcc_: compact_revision current_revision db_compaction_keys_total
    db_compaction_last db_compaction_pause_duration_milliseconds
    db_compaction_total_duration_milliseconds events_total
    index_compaction_pause_duration_milliseconds keys_total pending_events_total
    slow_watcher_total total_put_size_in_bytes watch_stream_total watcher_total
  etcd_disk_: backend_commit_duration_seconds backend_defrag_duration_seconds
    backend_snapshot_duration_seconds wal_fsync_duration_seconds wal_write_duration_seconds
    defrag_inflight wal_write_bytes_total
  etcd_grpc_proxy_: cache_hits_total cache_keys_total cache_misses_total
    events_coalescing_total watchers_coalescing_total
  etcd_mvcc_: db_open_read_transactions db_total_size_in_bytes db_total_size_in_use_in_bytes
    delete_total hash_duration_seconds hash_rev_duration_seconds put_total range_total txn_total
  etcd_network_: client_grpc_received_bytes_total client_grpc_sent_bytes_total
  etcd_server_: apply_duration_seconds client_requests_total go_version has_leader
    health_failures health_success heartbeat_send_failures_total id is_leader is_learner
    leader_changes_seen_total learner_promote_successes proposals_applied_total
    proposals_committed_total proposals_failed_total proposals_pending quota_backend_bytes
    range_duration_seconds read_indexes_failed_total request_duration_seconds slow_apply_total
    slow_read_indexes_total snapshot_apply_in_progress_total version
  etcd_snap_: db_fsync_duration_seconds db_save_total_duration_seconds fsync_duration_seconds
  grpc_server_: handled_total msg_received_total msg_sent_total started_total
  os_fd_: limit used
  promhttp_metric_handler_requests_: in_flight total
  etcd_: network_known_peers server_feature_enabled
  process_network_: receive_bytes_total transmit_bytes_total`;

function namesIn(text: string): string[] {
  let prefix = '';
  return text
    .trim()
    .split(/\s+/)
    .flatMap((word) => {
      if (word.endsWith(':')) prefix = word.slice(0, -1);
      return word.endsWith(':') ? [] : [prefix + word];
    });
}

const startExtensive = (): Promise<TestServer> => startOurs({ extensiveMetrics: true });

describe('the lists of the reference', () => {
  it('are served whole', async () => {
    const ours = await metricsOf(startExtensive, async (address) => {
      const client = new RawClient(address);
      await client.call('Range', { key: 'k' });
      client.close();
    });
    const wanted = [...dashboards, ...namesIn(mustExist)];
    expect(wanted.length).toBe(116);
    expect(wanted.filter((name) => !ours.has(name))).toEqual([]);
  });
});

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
      'etcd_server_feature_enabled{name="LeaseCheckpoint",stage="ALPHA"} 1',
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

  it('time what is slow, and every call only when that is asked for', async () => {
    const server = await startOurs({ extensiveMetrics: true });
    const client = new RawClient(server.address);
    for (const value of ['1', '2', '3']) await client.call('Put', { key: 'k', value });
    await client.call('Range', { key: 'k' });
    await expect(client.call('Range', { key: 'k', revision: 99 })).rejects.toThrow('future');
    await expect(client.call('Put', { key: 'k', lease: 9 })).rejects.toThrow('lease not found');
    const before = await numbersOf(server);
    expect(before.get('etcd_debugging_mvcc_db_compaction_last')).toBe(0);
    const began = Math.floor(Date.now() / 1000);
    await client.call('Compact', { revision: 4, physical: true });
    const numbers = await numbersOf(server);
    expect(numbers.get('etcd_debugging_mvcc_db_compaction_last')).toBeGreaterThanOrEqual(began);
    const counted = Object.fromEntries(
      [
        'etcd_debugging_mvcc_db_compaction_total_duration_milliseconds_count',
        'etcd_debugging_mvcc_db_compaction_pause_duration_milliseconds_count',
        'etcd_debugging_mvcc_index_compaction_pause_duration_milliseconds_count',
        'etcd_server_range_duration_seconds_count{success="true"}',
        'etcd_server_range_duration_seconds_count{success="false"}',
        'etcd_server_request_duration_seconds_count{type="Put",success="true"}',
        'etcd_server_request_duration_seconds_count{type="Put",success="false"}',
        'etcd_server_request_duration_seconds_count{type="Compact",success="true"}',
        'grpc_server_handling_seconds_count{grpc_type="unary",' +
          'grpc_service="etcdserverpb.KV",grpc_method="Put"}',
        'promhttp_metric_handler_requests_in_flight',
        'promhttp_metric_handler_requests_total{code="200"}',
        'etcd_server_snapshot_apply_in_progress_total',
      ].map((name) => [name, numbers.get(name)]),
    );
    expect(Object.values(counted), JSON.stringify(counted)).toEqual([
      ...[1, 1, 1, 1, 1, 3, 1, 1, 4, 1, 1, 0],
    ]);
    client.close();
    await server.stop();

    const basic = await startOurs();
    const other = new RawClient(basic.address);
    await other.call('Put', { key: 'k', value: 'v' });
    const names = [...(await numbersOf(basic)).keys()];
    expect(names.filter((name) => name.startsWith('grpc_server_handling'))).toEqual([]);
    other.close();
    await basic.stop();
  });
});

/** Each series by its name and labels. */
async function numbersOf({ address }: TestServer): Promise<Map<string, number>> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  return new Map(
    [...text.matchAll(/^([^#\n].*) (\S+)$/gm)].map(([, name, value]) => [name!, Number(value)]),
  );
}

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
