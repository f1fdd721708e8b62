import { nameOf, namespaceOf, uidOf } from '../api/meta.ts';
import type {
  Container,
  ContainerState,
  ContainerStatus,
  Pod,
  PodStatus,
} from '../api/types/core-v1.ts';
import { restartDelayMs, restarts, type ContainerRecord } from './container-record.ts';
import { imageName } from './node-images.ts';
import { podConditions } from './pod-conditions.ts';
import type { Phase, PodFacts } from './pod-facts.ts';
import { initFailed, isFinished } from './pod-plan.ts';

export function isTerminalPhase(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

const failed = ({ exit }: ContainerRecord): boolean => exit !== undefined && exit.exitCode !== 0;

/** Sidecars and those who look into a pod do not tell how it ended. */
const isWork = ({ kind }: ContainerRecord): boolean => kind === 'init' || kind === 'regular';
const isInit = ({ kind }: ContainerRecord): boolean => kind === 'init' || kind === 'sidecar';

export function phaseOf(pod: Pod, facts: PodFacts): Phase {
  const { records } = facts;
  const idle = records.every(({ phase }) => phase === 'waiting' || phase === 'ended');
  const anyFailed = records.some((each) => isWork(each) && failed(each));
  if (facts.verdict !== undefined && idle) return 'Failed';
  // A deleted pod's containers do not start again, whatever its restart policy says.
  if (facts.terminated) {
    const neverRan = records.some(({ kind, phase }) => kind === 'regular' && phase === 'waiting');
    return anyFailed || neverRan ? 'Failed' : 'Succeeded';
  }
  if (idle && isFinished(pod, records))
    return initFailed(pod, records) || anyFailed ? 'Failed' : 'Succeeded';
  const regular = records.filter(({ kind }) => kind === 'regular');
  const begun = regular.some(
    ({ phase, restartCount }) => phase === 'running' || phase === 'ended' || restartCount > 0,
  );
  return begun ? 'Running' : 'Pending';
}

/** Go's text of a duration, as the kubelet writes backoffs: "10s", "1m20s", "5m0s". */
function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds}s` : `${minutes}m${seconds % 60}s`;
}

/** "back-off 10s restarting failed container=web pod=web-1_default(uid)" */
function backoffMessage(pod: Pod, { container, crashes }: ContainerRecord): string {
  const delay = durationText(restartDelayMs(crashes));
  const name = `${nameOf(pod)}_${namespaceOf(pod)}(${uidOf(pod)})`;
  return `back-off ${delay} restarting failed container=${container.name} pod=${name}`;
}

interface States {
  readonly state: ContainerState;
  readonly lastState: ContainerState;
}

function statesOf(pod: Pod, record: ContainerRecord, facts: PodFacts): States {
  const { phase, exit, lastExit } = record;
  const lastState: ContainerState = lastExit === undefined ? {} : { terminated: lastExit };
  switch (phase) {
    case 'running': {
      const { startedAt } = record;
      return { state: { running: startedAt === undefined ? {} : { startedAt } }, lastState };
    }
    case 'ended': {
      const final = facts.terminated || facts.verdict !== undefined || !restarts(pod, record);
      if (final || isFinished(pod, facts.records))
        return { state: { terminated: exit! }, lastState };
      const waiting = { reason: 'CrashLoopBackOff', message: backoffMessage(pod, record) };
      return { state: { waiting }, lastState: { terminated: exit! } };
    }
    case 'waiting':
    case 'starting': {
      if (phase === 'starting' && record.waiting !== undefined)
        return { state: { waiting: record.waiting }, lastState };
      const hasInits = facts.records.some(isInit) && record.kind !== 'ephemeral';
      const reason = hasInits && phase === 'waiting' ? 'PodInitializing' : 'ContainerCreating';
      return { state: { waiting: { reason } }, lastState };
    }
  }
}

function containerStatus(pod: Pod, record: ContainerRecord, facts: PodFacts): ContainerStatus {
  const { container, phase, id, kind, restartCount } = record;
  const image = container.image ?? '';
  const running = phase === 'running';
  const ran = id !== undefined && phase !== 'waiting' && phase !== 'starting';
  const completed = kind === 'init' && phase === 'ended' && !failed(record);
  return {
    name: container.name,
    image,
    imageID: ran ? imageName(image) : '',
    ...(ran ? { containerID: `${facts.runtimeName}://${id}` } : {}),
    ready: completed || (running && record.ready && (kind === 'sidecar' || kind === 'regular')),
    ...(kind === 'ephemeral' ? {} : { started: running && record.started }),
    restartCount,
    ...(running && kind !== 'ephemeral' ? resourcesOf(asAskedNow(pod, container)) : {}),
    ...statesOf(pod, record, facts),
  };
}

/** Its spec may have been resized since it was started. */
function asAskedNow({ spec }: Pod, container: Container): Container {
  const all = [...spec.containers, ...(spec.initContainers ?? [])];
  return all.find(({ name }) => name === container.name) ?? container;
}

/** What a running container has is what its spec says: a resize is done as soon as it is seen. */
function resourcesOf({ resources = {} }: Container): Partial<ContainerStatus> {
  const { requests, limits } = resources;
  const given = { ...(limits && { limits }), ...(requests && { requests }) };
  return { ...(requests && { allocatedResources: requests }), resources: given };
}

function addresses({ hostIp, podIp }: PodFacts): Partial<PodStatus> {
  return {
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    ...(podIp === undefined ? {} : { podIP: podIp, podIPs: [{ ip: podIp }] }),
  };
}

/** The whole status; what the agent does not own stays as it is in the pod. */
export function podStatus(pod: Pod, facts: PodFacts): PodStatus {
  const { reason: _reason, message: _message, ...kept } = pod.status ?? {};
  const { generation } = pod.metadata;
  const phase = phaseOf(pod, facts);
  const ranNothing =
    facts.verdict !== undefined && facts.records.every(({ id }) => id === undefined);
  const base = {
    ...kept,
    ...facts.verdict,
    phase,
    startTime: facts.startTime,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
  // Refused by admission: nothing else is known of such a pod.
  if (ranNothing) return base;
  const statuses = facts.records.map((record) => containerStatus(pod, record, facts));
  const of = (belongs: (record: ContainerRecord) => boolean): ContainerStatus[] =>
    statuses.filter((_, i) => belongs(facts.records[i]!));
  const inits = of(isInit);
  const ephemeral = of(({ kind }) => kind === 'ephemeral');
  return {
    ...base,
    ...addresses(facts),
    conditions: podConditions(pod, { phase, statuses, facts }),
    ...(inits.length === 0 ? {} : { initContainerStatuses: inits }),
    containerStatuses: of(({ kind }) => kind === 'regular'),
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral }),
  };
}
