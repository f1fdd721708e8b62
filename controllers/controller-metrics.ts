/**
 * kube-controller-manager's metrics, under its names: queues, and what single controllers tell of
 * their work and of what they look after. Read off the shared caches where that is enough.
 */
import { endpointSlices, nodes as nodeType, persistentVolumes } from '../api/resources.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import { meterQueue } from '../client/work-queue-metrics.ts';
import type { Clock } from '../platform/clock.ts';
import type { Running } from '../platform/lifecycle.ts';
import { exponential } from '../platform/metrics/histogram.ts';
import type { Metrics } from '../platform/metrics/metrics.ts';
import { zoneOf, zoneState } from './node-lifecycle/zones.ts';
import { nodeReady } from './runtime/nodes.ts';
import { queueNameOf } from './queue-names.ts';
import type { Controller } from './runtime/controller.ts';
import type { Reconciled } from './runtime/manager.ts';

const SECONDS = exponential(0.001, 2, 15);

export interface ControllerMetricsOptions {
  readonly controllers: readonly Controller[];
  readonly informers: InformerFactory;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

export interface ControllerMetrics extends Running {
  /** Told of each key that was worked on. */
  readonly reconciled: (reconciled: Reconciled) => void;
}

export function controllerMetrics(options: ControllerMetricsOptions): ControllerMetrics {
  const { controllers, metrics, clock } = options;
  const ends = controllers.map(({ name, queue }) =>
    meterQueue(queue, { name: queueNameOf(name), metrics, clock }),
  );
  const runs = new Set(controllers.map(({ name }) => name));
  const told = new Map<string, (reconciled: Reconciled) => void>();
  if (runs.has('endpointslice-controller')) {
    told.set('endpointslice-controller', sliceSyncs(metrics));
    ends.push(metrics.collect(slices(options)));
  }
  const autoscaler = 'horizontal-pod-autoscaler-controller';
  if (runs.has(autoscaler)) told.set(autoscaler, autoscalerSyncs(metrics));
  const publisher = 'root-ca-certificate-publisher-controller';
  if (runs.has(publisher)) told.set(publisher, publisherSyncs(metrics));
  if (runs.has('node-lifecycle-controller')) ends.push(metrics.collect(zones(options)));
  if (runs.has('persistentvolume-binder-controller')) ends.push(metrics.collect(volumes(options)));
  if (runs.has('garbage-collector-controller')) {
    const name = 'garbagecollector_controller_resources_sync_error_total';
    metrics.counter(name, 'Failures to follow all kinds.').with();
  }
  return {
    reconciled: (reconciled) => told.get(reconciled.controller)?.(reconciled),
    stop() {
      for (const end of ends) end();
      return Promise.resolve();
    },
  };
}

function sliceSyncs(metrics: Metrics) {
  const syncs = metrics.counter('endpoint_slice_controller_syncs', 'Services worked on.', [
    'result',
  ]);
  return ({ failed }: Reconciled): void => void syncs.with(failed ? 'error' : 'success').value++;
}

function slices({ informers, metrics }: ControllerMetricsOptions): () => void {
  const count = metrics.gauge('endpoint_slice_controller_num_endpoint_slices', 'Slices.').with();
  const wanted = 'endpoint_slice_controller_desired_endpoint_slices';
  const desired = metrics.gauge(wanted, 'Slices that would do.').with();
  const endpoints = metrics.gauge('endpoint_slice_controller_endpoints_desired', 'Endpoints.');
  const { lister } = informers.of(endpointSlices);
  return () => {
    const all = lister.list();
    count.value = all.length;
    const services = new Map<string, number>();
    let sum = 0;
    for (const { metadata, endpoints: own } of all) {
      const length = own?.length ?? 0;
      sum += length;
      const service = `${metadata.namespace}/${metadata.labels?.['kubernetes.io/service-name']}`;
      services.set(service, (services.get(service) ?? 0) + length);
    }
    endpoints.with().value = sum;
    // As many as a hundred endpoints each need, and one for a Service without any.
    desired.value = [...services.values()].reduce(
      (total, each) => total + Math.max(1, Math.ceil(each / 100)),
      0,
    );
  };
}

function autoscalerSyncs(metrics: Metrics) {
  const labels = ['action', 'error'];
  const name = 'horizontal_pod_autoscaler_controller_reconciliation_duration_seconds';
  const took = metrics.histogram(name, 'Time of it.', { bounds: SECONDS, labels });
  const total = 'horizontal_pod_autoscaler_controller_reconciliations_total';
  const syncs = metrics.counter(total, 'Autoscalers worked on.', labels);
  return ({ seconds, failed }: Reconciled): void => {
    const values = ['none', failed ? 'internal' : 'none'];
    syncs.with(...values).value++;
    took.with(...values).observe(seconds);
  };
}

function publisherSyncs(metrics: Metrics) {
  const syncs = metrics.counter('root_ca_cert_publisher_sync_total', 'Namespaces worked on.', [
    'code',
  ]);
  const shape = { bounds: SECONDS, labels: ['code'] };
  const name = 'root_ca_cert_publisher_sync_duration_seconds';
  const took = metrics.histogram(name, 'Time of it.', shape);
  return ({ seconds, failed }: Reconciled): void => {
    const code = failed ? '500' : '200';
    syncs.with(code).value++;
    took.with(code).observe(seconds);
  };
}

function zones({ informers, metrics }: ControllerMetricsOptions): () => void {
  const labels = ['zone'];
  const health = metrics.gauge('node_collector_zone_health', 'Ready nodes, per cent.', labels);
  const size = metrics.gauge('node_collector_zone_size', 'Nodes.', labels);
  const name = 'node_collector_unhealthy_nodes_in_zone';
  const unhealthy = metrics.gauge(name, 'Nodes that are not ready.', labels);
  const { lister } = informers.of(nodeType);
  return () => {
    for (const family of [health, size, unhealthy]) family.clear();
    const counts = new Map<string, { ready: number; notReady: number }>();
    for (const node of lister.list()) {
      const zone = zoneOf(node);
      const count = counts.get(zone) ?? { ready: 0, notReady: 0 };
      counts.set(zone, count);
      if (nodeReady(node)) count.ready++;
      else count.notReady++;
    }
    for (const [zone, { ready, notReady }] of counts) {
      size.with(zone).value = ready + notReady;
      unhealthy.with(zone).value = notReady;
      const gone = zoneState(ready, notReady) === 'full';
      health.with(zone).value = gone ? 0 : (100 * ready) / (ready + notReady);
    }
  };
}

function volumes({ informers, metrics }: ControllerMetricsOptions): () => void {
  const bound = metrics.gauge('pv_collector_bound_pv_count', 'Volumes that claims have.', [
    'storage_class',
  ]);
  const unbound = metrics.gauge('pv_collector_unbound_pv_count', 'Volumes that none has.', [
    'storage_class',
  ]);
  const { lister } = informers.of(persistentVolumes);
  return () => {
    bound.clear();
    unbound.clear();
    for (const { spec, status } of lister.list()) {
      const family = status?.phase === 'Bound' ? bound : unbound;
      family.with(spec.storageClassName ?? '').value++;
    }
  };
}
