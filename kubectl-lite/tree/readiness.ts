/** In two words how an object of any kind is doing. */
import type { KubernetesObject } from '../../api/meta.ts';
import type { ContainerStatus, Pod } from '../../api/types/core-v1.ts';

export interface Readiness {
  /** "2/3", or "" for what has no such count. */
  readonly ready: string;
  /** "Running", "CrashLoopBackOff", "Progressing". */
  readonly status: string;
  /** Undefined: there is nothing to tell. */
  readonly healthy: boolean | undefined;
}

interface AnyStatus {
  readonly phase?: string;
  readonly replicas?: number;
  readonly readyReplicas?: number;
  readonly numberReady?: number;
  readonly desiredNumberScheduled?: number;
  readonly succeeded?: number;
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason?: string;
  }[];
}

type AnyObject = KubernetesObject & {
  readonly spec?: {
    readonly replicas?: number;
    readonly completions?: number;
    readonly suspend?: boolean;
    readonly paused?: boolean;
  };
  readonly status?: AnyStatus;
};

export function readinessOf(object: KubernetesObject): Readiness {
  const deleted = object.metadata.deletionTimestamp !== undefined;
  const found = object.kind === 'Pod' ? podReadiness(object as Pod) : plainReadiness(object);
  return deleted ? { ...found, status: 'Terminating', healthy: false } : found;
}

function plainReadiness(object: KubernetesObject): Readiness {
  const { kind, spec = {}, status = {} } = object as AnyObject;
  switch (kind) {
    case 'Deployment':
    case 'ReplicaSet':
    case 'StatefulSet':
    case 'ReplicationController':
      return counted(status.readyReplicas ?? 0, spec.replicas ?? 1, stateText(object));
    case 'DaemonSet':
      return counted(status.numberReady ?? 0, status.desiredNumberScheduled ?? 0, '');
    case 'Job':
      return jobReadiness(object);
    case 'CronJob':
      return { ready: '', status: spec.suspend ? 'Suspended' : '', healthy: undefined };
    default:
      return byConditions(status);
  }
}

function counted(ready: number, wanted: number, status: string): Readiness {
  return { ready: `${ready}/${wanted}`, status, healthy: ready >= wanted };
}

function stateText({ spec, status = {} }: AnyObject): string {
  if (spec?.paused) return 'Paused';
  const failing = status.conditions?.find(
    ({ type, status: holds, reason }) =>
      (type === 'ReplicaFailure' && holds === 'True') ||
      (type === 'Progressing' && holds === 'False') ||
      reason === 'ProgressDeadlineExceeded',
  );
  return failing?.reason ?? '';
}

function jobReadiness({ spec = {}, status = {} }: AnyObject): Readiness {
  const done = status.conditions?.find(({ status: holds }) => holds === 'True');
  const ready = `${status.succeeded ?? 0}/${spec.completions ?? 1}`;
  if (done?.type === 'Failed') return { ready, status: done.reason ?? 'Failed', healthy: false };
  if (done?.type === 'Complete') return { ready, status: 'Complete', healthy: true };
  return { ready, status: spec.suspend ? 'Suspended' : 'Running', healthy: undefined };
}

/** `Ready`, `Available` or `Established`, as most kinds have it; else the phase. */
function byConditions({ conditions = [], phase }: AnyStatus): Readiness {
  const told = conditions.find(({ type }) => ['Ready', 'Available', 'Established'].includes(type));
  if (told === undefined) return { ready: '', status: phase ?? '', healthy: undefined };
  const healthy = told.status === 'True';
  return { ready: '', status: healthy ? told.type : (told.reason ?? `Not${told.type}`), healthy };
}

function podReadiness(pod: Pod): Readiness {
  const { status = {}, spec } = pod;
  const statuses = status.containerStatuses ?? [];
  const ready = statuses.filter((one) => one.ready).length;
  const text = podStatusText(pod);
  const healthy = text === 'Completed' || (text === 'Running' && ready === spec.containers.length);
  return { ready: `${ready}/${spec.containers.length}`, status: text, healthy };
}

/** What `get pods` says, as far as a container tells more than the phase. */
function podStatusText({ status = {} }: Pod): string {
  const all = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const failing = all.map(trouble);
  return failing.find((text) => text !== undefined) ?? status.reason ?? finished(status.phase);
}

const finished = (phase: string | undefined): string =>
  phase === 'Succeeded' ? 'Completed' : (phase ?? 'Unknown');

function trouble({ state = {} }: ContainerStatus): string | undefined {
  const { waiting, terminated } = state;
  if (waiting?.reason && waiting.reason !== 'PodInitializing') return waiting.reason;
  if (terminated === undefined || terminated.exitCode === 0) return undefined;
  return terminated.reason ?? `ExitCode:${terminated.exitCode}`;
}
