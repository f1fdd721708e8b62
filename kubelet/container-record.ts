import { parseTime } from '../api/time.ts';
import type {
  Container,
  ContainerStateTerminated,
  ContainerStatus,
  Pod,
} from '../api/types/core-v1.ts';

/** What the agent knows of one container of a pod, through all its restarts. */
export interface ContainerRecord {
  readonly container: Container;
  readonly kind: 'init' | 'sidecar' | 'regular' | 'ephemeral';
  /**
   * waiting: never started, or ended and about to be started again; starting: asked of the
   * runtime; ended: for good, or until its backoff is over.
   */
  readonly phase: 'waiting' | 'starting' | 'running' | 'ended';
  /** Of the newest run. */
  readonly id?: string;
  readonly startedAt?: string;
  /** It runs, and its startup probe, if it has one, has succeeded. */
  readonly started: boolean;
  readonly ready: boolean;
  /** Why it does not run yet, while `phase` is starting. */
  readonly waiting?: { readonly reason: string; readonly message: string };
  /** Set while `phase` is ended. */
  readonly exit?: ContainerStateTerminated;
  /** How the run before the newest one ended. */
  readonly lastExit?: ContainerStateTerminated;
  /** What it is to run in place of `container`: its image was changed while it ran. */
  readonly redefined?: Container;
  readonly restartCount: number;
  /** Ends in a row, none after a long run: what the restart backoff grows with. */
  readonly crashes: number;
}

const INITIAL_BACKOFF_MS = 10_000;
const MAX_BACKOFF_MS = 300_000;
/** A container that ran this long starts with a clean slate (twice the longest backoff). */
export const BACKOFF_RESET_MS = 600_000;

/** Kubernetes' CrashLoopBackOff: the first restart at once, then 10 s, doubled up to 5 min. */
export function restartDelayMs(crashes: number): number {
  return crashes <= 1 ? 0 : Math.min(MAX_BACKOFF_MS, INITIAL_BACKOFF_MS * 2 ** (crashes - 2));
}

/** When an ended container may start again, in wall-clock milliseconds. */
export function restartAtMs({ exit, crashes }: ContainerRecord): number {
  const finishedMs = exit?.finishedAt === undefined ? undefined : parseTime(exit.finishedAt);
  return (finishedMs ?? 0) + restartDelayMs(crashes);
}

/** True if the container starts again after it ended like that. */
export function restarts(pod: Pod, { kind, exit, redefined }: ContainerRecord): boolean {
  if (kind === 'sidecar' || redefined !== undefined) return true;
  if (kind === 'ephemeral') return false;
  const failed = exit !== undefined && exit.exitCode !== 0;
  switch (pod.spec.restartPolicy) {
    case 'Never':
      return false;
    case 'OnFailure':
      return failed;
    default:
      return kind === 'regular' || failed;
  }
}

export const isUp = ({ phase }: ContainerRecord): boolean =>
  phase === 'running' || phase === 'starting';

function newRecord(container: Container, kind: ContainerRecord['kind']): ContainerRecord {
  return {
    container,
    kind,
    phase: 'waiting',
    started: false,
    ready: false,
    restartCount: 0,
    crashes: 0,
  };
}

/** The records of a pod nobody started yet, in the order in which its containers start. */
export function newRecords(pod: Pod): ContainerRecord[] {
  return [
    ...(pod.spec.initContainers ?? []).map((container) =>
      newRecord(container, container.restartPolicy === 'Always' ? 'sidecar' : 'init'),
    ),
    ...pod.spec.containers.map((container) => newRecord(container, 'regular')),
    ...ephemeralRecords(pod),
  ];
}

/** They come while the pod runs, and are never taken away. */
export function ephemeralRecords({ spec }: Pod): ContainerRecord[] {
  return (spec.ephemeralContainers ?? []).map((container) => newRecord(container, 'ephemeral'));
}

/** Of that container, in whichever list it is. */
export function statusOf({ status }: Pod, container: string): ContainerStatus | undefined {
  return [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ].find(({ name }) => name === container);
}

function restored(record: ContainerRecord, status: ContainerStatus): ContainerRecord {
  const { state, lastState, restartCount } = status;
  const id = status.containerID?.split('://')[1];
  const seen = {
    ...record,
    restartCount,
    ...(id === undefined ? {} : { id }),
    ...(lastState?.terminated === undefined ? {} : { lastExit: lastState.terminated }),
  };
  if (state?.running !== undefined && id !== undefined) {
    const { startedAt } = state.running;
    const times = startedAt === undefined ? {} : { startedAt };
    const started = status.started === true;
    return { ...seen, phase: 'running', crashes: restartCount, started, ...times };
  }
  if (state?.terminated !== undefined)
    return { ...seen, phase: 'ended', crashes: restartCount + 1, exit: state.terminated };
  if (lastState?.terminated !== undefined && id !== undefined) {
    // In its backoff: it ended, and its next start is still to come.
    const { lastExit: _ended, ...others } = seen;
    return { ...others, phase: 'ended', crashes: restartCount + 1, exit: lastState.terminated };
  }
  return record;
}

/** The records as an earlier agent left them in the pod's status. */
export function restoreRecords(pod: Pod): ContainerRecord[] {
  const statuses = new Map(
    [
      ...(pod.status?.initContainerStatuses ?? []),
      ...(pod.status?.containerStatuses ?? []),
      ...(pod.status?.ephemeralContainerStatuses ?? []),
    ].map((status) => [status.name, status]),
  );
  return newRecords(pod).map((record) => {
    const status = statuses.get(record.container.name);
    return status === undefined ? record : restored(record, status);
  });
}
