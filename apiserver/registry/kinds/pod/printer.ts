/** `kubectl get pods`: what a pod's many conditions and container states come to in one word. */
import { parseTime } from '../../../../api/time.ts';
import type { ContainerState, ContainerStatus, Pod } from '../../../../api/types/core-v1.ts';
import type { TablePrinter } from '../../declaration.ts';
import { age, ageColumn, column, nameColumn, NONE, since, wideColumn } from '../cells.ts';

type Terminated = NonNullable<ContainerState['terminated']>;

/** Restarts of containers, and when the last of them happened. */
interface Restarts {
  count: number;
  last: string | undefined;
}

function addRestarts(to: Restarts, { restartCount, lastState }: ContainerStatus): void {
  to.count += restartCount ?? 0;
  const finished = lastState?.terminated?.finishedAt;
  if (!finished) return;
  if (to.last === undefined || parseTime(to.last)! < (parseTime(finished) ?? 0)) to.last = finished;
}

function hasTrueCondition({ status }: Pod, type: string): boolean {
  return (status?.conditions ?? []).some((each) => each.type === type && each.status === 'True');
}

function terminationReason({ reason, signal, exitCode }: Terminated): string {
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`);
}

/** Init containers that go on running beside the others. */
function sidecarsOf({ spec }: Pod): ReadonlySet<string> {
  const sidecars = (spec.initContainers ?? []).filter((each) => each.restartPolicy === 'Always');
  return new Set(sidecars.map(({ name }) => name));
}

interface Summary {
  reason: string;
  ready: number;
  restarts: Restarts;
}

/** Why initialization is not over, judged by the first init container that is not done. */
function initReason(state: ContainerState | undefined, progress: string): string {
  if (state?.terminated) return `Init:${terminationReason(state.terminated)}`;
  const waiting = state?.waiting?.reason;
  return waiting && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${progress}`;
}

function summarizeInit(pod: Pod, summary: Summary): { initializing: boolean; restarts: Restarts } {
  const sidecars = sidecarsOf(pod);
  const sidecarRestarts: Restarts = { count: 0, last: undefined };
  for (const [i, container] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const isSidecar = sidecars.has(container.name);
    addRestarts(summary.restarts, container);
    if (isSidecar) addRestarts(sidecarRestarts, container);
    const { terminated } = container.state ?? {};
    if (terminated && (terminated.exitCode ?? 0) === 0) continue;
    if (isSidecar && container.started) {
      if (container.ready) summary.ready++;
      continue;
    }
    const progress = `${i}/${pod.spec.initContainers?.length ?? 0}`;
    summary.reason = initReason(container.state, progress);
    return { initializing: true, restarts: sidecarRestarts };
  }
  return { initializing: false, restarts: sidecarRestarts };
}

/** The first container that waits or ended names the reason, so the list is walked backwards. */
function summarizeContainers(pod: Pod, summary: Summary): void {
  let running = false;
  for (const container of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    addRestarts(summary.restarts, container);
    const { waiting, terminated, running: runs } = container.state ?? {};
    if (waiting?.reason) summary.reason = waiting.reason;
    else if (terminated) summary.reason = terminationReason(terminated);
    else if (container.ready && runs) {
      running = true;
      summary.ready++;
    }
  }
  if (summary.reason === 'Completed' && running) {
    summary.reason = hasTrueCondition(pod, 'Ready') ? 'Running' : 'NotReady';
  }
}

function summarize(pod: Pod): Summary {
  const { status, metadata } = pod;
  const phase = status?.phase ?? '';
  const summary: Summary = {
    reason: status?.reason || phase,
    ready: 0,
    restarts: { count: 0, last: undefined },
  };
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.reason === 'SchedulingGated') summary.reason = 'SchedulingGated';

  const init = summarizeInit(pod, summary);
  if (!init.initializing || hasTrueCondition(pod, 'Initialized')) {
    summary.restarts = init.restarts;
    summarizeContainers(pod, summary);
  }
  if (metadata.deletionTimestamp) {
    if (status?.reason === 'NodeLost') summary.reason = 'Unknown';
    else if (phase !== 'Succeeded' && phase !== 'Failed') summary.reason = 'Terminating';
  }
  return summary;
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return NONE;
  const passed = gates.filter(({ conditionType }) => hasTrueCondition(pod, conditionType));
  return `${passed.length}/${gates.length}`;
}

export const printer: TablePrinter<Pod> = {
  columns: [
    nameColumn,
    column('Ready'),
    column('Status'),
    column('Restarts'),
    ageColumn,
    wideColumn('IP'),
    wideColumn('Node'),
    wideColumn('Nominated Node'),
    wideColumn('Readiness Gates'),
  ],
  cells(pod, nowMs) {
    const { reason, ready, restarts } = summarize(pod);
    const total = (pod.spec.containers ?? []).length + sidecarsOf(pod).size;
    const ago = restarts.count > 0 && restarts.last ? ` (${since(restarts.last, nowMs)} ago)` : '';
    return [
      pod.metadata.name ?? '',
      `${ready}/${total}`,
      reason,
      `${restarts.count}${ago}`,
      age(pod, nowMs),
      pod.status?.podIPs?.[0]?.ip || pod.status?.podIP || NONE,
      pod.spec.nodeName || NONE,
      pod.status?.nominatedNodeName || NONE,
      readinessGates(pod),
    ];
  },
};
