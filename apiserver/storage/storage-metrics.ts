/** kube-apiserver's metrics about what is stored and cached, looked up when asked for. */
import type { Metrics } from '../../platform/metrics/metrics.ts';
import type { CacheCounts, ResourceCache } from './resource-cache.ts';
import type { WatchCache } from './watch-cache.ts';

const of = ['group', 'resource'];

type Row = readonly [
  name: string,
  type: 'gauge' | 'counter',
  help: string,
  value: keyof CacheCounts | 'size' | 'capacity',
];

/** After the prefix "apiserver_". */
const rows: readonly Row[] = [
  ['resource_objects', 'gauge', 'Objects stored.', 'size'],
  ['watch_cache_events_received_total', 'counter', 'Changes the store told of.', 'received'],
  ['watch_cache_events_dispatched_total', 'counter', 'Changes passed on.', 'received'],
  ['watch_cache_initializations_total', 'counter', 'Times the cache was filled anew.', 'resets'],
  ['terminated_watchers_total', 'counter', 'Watchers that were too slow.', 'slow'],
  ['watch_cache_capacity', 'gauge', 'Changes kept for late watchers.', 'capacity'],
  ['cache_list_total', 'counter', 'Lists from the cache.', 'lists'],
  ['cache_list_fetched_objects_total', 'counter', 'Objects looked at for them.', 'fetched'],
  ['cache_list_returned_objects_total', 'counter', 'Objects returned.', 'returned'],
  ['storage_list_total', 'counter', 'Lists from the store.', 'storeLists'],
  ['storage_list_fetched_objects_total', 'counter', 'Objects read for them.', 'storeFetched'],
  ['storage_list_evaluated_objects_total', 'counter', 'Objects looked at.', 'storeFetched'],
  ['storage_list_returned_objects_total', 'counter', 'Objects returned.', 'storeReturned'],
];

const valueOf = (cache: ResourceCache, value: Row[3]): number =>
  value === 'size' || value === 'capacity' ? cache[value] : cache.counts[value];

export interface StorageSources {
  readonly cache: WatchCache;
  /** Of the store, in bytes; undefined until it was asked. */
  readonly size: () => number | undefined;
}

export function storageMetrics(metrics: Metrics, { cache, size }: StorageSources): void {
  const families = rows.map(([name, type, help]) => metrics[type](`apiserver_${name}`, help, of));
  const revision = metrics.gauge(
    ...(['apiserver_watch_cache_resource_version', 'Newest version seen.', of] as const),
  );
  const deprecated = metrics.gauge('apiserver_storage_objects', 'Objects stored.', ['resource']);
  const bytes = metrics.gauge('apiserver_storage_size_bytes', 'Of the store.', [
    'storage_cluster_id',
  ]);
  metrics.collect(() => {
    for (const family of [...families, revision, deprecated]) family.clear();
    for (const resource of cache.resources()) {
      const { group, resource: name } = resource.codec.type;
      for (const [i, row] of rows.entries())
        families[i]!.with(group, name).value = valueOf(resource, row[3]);
      revision.with(group, name).value = cache.revision;
      const qualified = group === '' ? name : `${name}.${group}`;
      deprecated.with(qualified).value = resource.size;
    }
    const known = size();
    if (known !== undefined) bytes.with('etcd-0').value = known;
  });
}
