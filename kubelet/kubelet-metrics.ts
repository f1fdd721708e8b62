/** The kubelet's metrics about its pods, under its names, read off the pods it watches. */
import { uidOf } from '../api/meta.ts';
import type { Pod } from '../api/types/core-v1.ts';
import type { Informer } from '../client/informer-interface.ts';
import type { Clock } from '../platform/clock.ts';
import type { Metrics } from '../platform/metrics/metrics.ts';

const START_SECONDS = [
  ...[0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300, 360, 480, 600],
  ...[900, 1200, 1800, 2700, 3600],
];

const states = ['running', 'exited', 'created'] as const;

const stateOf = (status: { readonly running?: object; readonly terminated?: object } = {}) =>
  status.running !== undefined ? 'running' : status.terminated !== undefined ? 'exited' : 'created';

const ended = ({ status }: Pod): boolean =>
  status?.phase === 'Succeeded' || status?.phase === 'Failed';

/** Yields how to end it. A process of several nodes shows the sum over them. */
export function kubeletMetrics(of: {
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly pods: Informer<Pod>;
  readonly nodes: readonly string[];
}): () => void {
  const { metrics, clock, pods, nodes } = of;
  for (const node of nodes)
    metrics.gauge('kubelet_node_name', 'The node.', ['node']).with(node).value = 1;
  const own = new Set(nodes);
  const isOwn = ({ spec }: Pod): boolean => own.has(spec.nodeName ?? '');
  const running = metrics.gauge('kubelet_running_pods', 'Pods that run.').with();
  const containers = metrics.gauge('kubelet_running_containers', 'Containers by state.', [
    'container_state',
  ]);
  const active = metrics.gauge('kubelet_active_pods', 'Pods to look after.', ['static']);
  const started = metrics.counter('kubelet_started_pods_total', 'Pods started.').with();
  const startedContainers = metrics.counter('kubelet_started_containers_total', 'Started.', [
    'container_type',
  ]);
  const took = metrics.histogram('kubelet_pod_start_duration_seconds', 'From seen to running.', {
    bounds: START_SECONDS,
  });
  const sli = metrics.histogram('kubelet_pod_start_sli_duration_seconds', 'The same.', {
    bounds: START_SECONDS,
  });
  const seen = new Map<string, number>();
  const see = (pod: Pod): void => {
    if (!isOwn(pod) || pod.status?.startTime !== undefined || seen.has(uidOf(pod))) return;
    seen.set(uidOf(pod), clock.monotonic());
    started.value++;
  };
  pods.addHandler({
    added: see,
    updated(old, pod) {
      see(pod);
      const before = new Map(
        old.status?.containerStatuses?.map(({ name, containerID }) => [name, containerID]),
      );
      for (const { name, containerID } of pod.status?.containerStatuses ?? [])
        if (isOwn(pod) && containerID !== undefined && before.get(name) !== containerID)
          startedContainers.with('container').value++;
      const begun = seen.get(uidOf(pod));
      if (begun === undefined || pod.status?.phase === 'Pending') return;
      seen.delete(uidOf(pod));
      for (const family of [took, sli]) family.with().observe((clock.monotonic() - begun) / 1000);
    },
    deleted: (pod) => void seen.delete(uidOf(pod)),
  });
  return metrics.collect(() => {
    const all = pods.lister.list().filter(isOwn);
    running.value = all.filter(({ status }) => status?.phase === 'Running').length;
    active.with('').value = all.filter((pod) => !ended(pod)).length;
    for (const state of states) containers.with(state).value = 0;
    for (const { status } of all)
      for (const { state } of status?.containerStatuses ?? [])
        containers.with(stateOf(state)).value++;
  });
}
