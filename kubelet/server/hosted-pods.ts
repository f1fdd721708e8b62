import type { Node, Pod } from '../../api/types/core-v1.ts';
import { statusOf } from '../container-record.ts';
import type { ContainerStreams, ContainerUse } from '../container-streams.ts';

export interface HostedPod {
  /** With the status as its agent knows it, which may be newer than the API server's. */
  readonly pod: Pod;
  readonly runtime: ContainerStreams;
}

/** The pods of all nodes that one process is, and these. */
export interface HostedPods {
  find(namespace: string, name: string): HostedPod | undefined;
  /** Of one node, or of all. */
  list(node: string | undefined): readonly Pod[];
  /** That one, or all; without those the API server does not show yet. */
  nodes(node: string | undefined): readonly Node[];
  /** Of a running container, by name; as {@link ContainerStreams.usage}. */
  usage(pod: Pod, container: string): ContainerUse | 'pending' | undefined;
}

export function hasContainer({ spec }: Pod, container: string): boolean {
  return [
    ...spec.containers,
    ...(spec.initContainers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ].some(({ name }) => name === container);
}

const withoutScheme = (id: string): string => id.split('://')[1] ?? id;

/** The id of the container that runs; undefined if none does. */
export function runningContainer(pod: Pod, container: string): string | undefined {
  const status = statusOf(pod, container);
  const id = status?.state?.running === undefined ? undefined : status.containerID;
  return id === undefined ? undefined : withoutScheme(id);
}

/** Whose log a request means; throws the kubelet's reason why there is none. */
export function loggedContainer(pod: Pod, container: string, previous: boolean): string {
  const podName = JSON.stringify(pod.metadata.name);
  const shown = `container ${JSON.stringify(container)} in pod ${podName}`;
  const status = statusOf(pod, container);
  if (status === undefined) throw new Error(`${shown} is not available`);
  const { state, lastState } = status;
  const last = lastState?.terminated?.containerID;
  if (previous) {
    if (last === undefined) throw new Error(`previous terminated ${shown} not found`);
    return withoutScheme(last);
  }
  const id =
    state?.running !== undefined ? status.containerID : (state?.terminated?.containerID ?? last);
  if (id !== undefined) return withoutScheme(id);
  if (state?.terminated !== undefined || lastState?.terminated !== undefined)
    throw new Error(`${shown} is terminated`);
  switch (state?.waiting?.reason) {
    case undefined:
      throw new Error(`${shown} is waiting to start - no logs yet`);
    case 'ErrImagePull':
      throw new Error(`${shown} is waiting to start: image can't be pulled`);
    case 'ImagePullBackOff':
      throw new Error(`${shown} is waiting to start: trying and failing to pull image`);
    default:
      throw new Error(`${shown} is waiting to start: ${state!.waiting!.reason}`);
  }
}
