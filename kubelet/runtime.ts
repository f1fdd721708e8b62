import type { Container, Pod } from '../api/types/core-v1.ts';
import type { ContainerStreams } from './container-streams.ts';

/** How a container ended. */
export interface ContainerExit {
  readonly exitCode: number;
  /** "Completed", "Error", "OOMKilled". */
  readonly reason: string;
  readonly message?: string;
  /** The machine's fault and not its own: no backoff comes before its next start. */
  readonly outage?: boolean;
}

/** Why a container that was to start does not run yet, as its status tells it. */
export interface ContainerWaiting {
  /** "CreateContainerConfigError", "CreateContainerError", "ErrImagePull". */
  readonly reason: string;
  readonly message: string;
  /** What its event tells. Default: the message. */
  readonly event?: string;
}

/** An event about a container, or about its whole pod. */
export interface ContainerEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly about?: 'pod';
}

/** A probe has given the container up. */
export interface ProbeVerdict {
  readonly probe: 'liveness' | 'startup';
  /** The probe's own, in place of the pod's. */
  readonly graceSeconds?: number;
}

/** Hears what becomes of one container. May be called before `start` returns. */
export interface ContainerListener {
  /** Its image is being fetched. */
  pulling(): void;
  /** It cannot start for now; the runtime goes on trying. Each reason is told once in a row. */
  waiting(why: ContainerWaiting): void;
  /** It runs. `pullMs` is set if the image had to be fetched. */
  running(pullMs?: number): void;
  /** What its startup probe says. Without a call a container has started once it runs. */
  started(started: boolean): void;
  /** Its probes now say so, or, without probes, it runs. */
  ready(ready: boolean): void;
  /** It is to be stopped, and then restarted as its pod's policy says. */
  unhealthy(verdict: ProbeVerdict): void;
  event(event: ContainerEvent): void;
  /** The last call for this container. */
  exited(exit: ContainerExit): void;
}

export interface ContainerRequest {
  /** Unique among all containers of all pods, restarts included. */
  readonly id: string;
  readonly pod: Pod;
  /** The pod as it is now. Default: `pod`. */
  readonly latest?: () => Pod;
  readonly container: Container;
  readonly listener: ContainerListener;
}

/** What may be made to happen to a simulated container. */
export type SimulatedAct = { readonly exit: ContainerExit } | { readonly ready: boolean };

/**
 * What runs containers: the hollow one simulates them. No call here waits; outcomes come to
 * listeners. What {@link ContainerStreams} adds answers its caller.
 */
export interface PodRuntime extends ContainerStreams {
  /** As in node.status.nodeInfo.containerRuntimeVersion: "name://version". */
  readonly version: string;
  /** Comes first: the pods this node has now. What is kept of others goes. */
  begin(podUids: ReadonlySet<string>): void;
  start(request: ContainerRequest): void;
  /** Takes over a container that an earlier agent started, instead of starting it again. */
  adopt(request: ContainerRequest, startedAtMs: number): void;
  /** Asks the container to end within the grace; called again, it may only shorten it. */
  stop(id: string, graceSeconds: number): void;
  /**
   * Ends the container at once and without a word if it runs, and forgets it, its log included:
   * its pod is gone, or two later runs of the same container have begun.
   */
  remove(id: string): void;
  /**
   * The agent stops, the pod stays: nothing more is told of this container, and what is known of
   * it is kept for the next agent. Whether it runs on is the runtime's affair.
   */
  leave(id: string): void;
  /** Lets a simulated container end or change its readiness; false if it is none that runs. */
  simulate?(id: string, act: SimulatedAct): boolean;
  /** True if the pod has the machine's own address: no other is its. */
  sharesHost(pod: Pod): boolean;
  /** The pod is gone: all that is kept for it goes as soon as its containers have ended. */
  podGone(podUid: string): void;
  /** The agent ends. Resolves when nothing is left that needs it. */
  close(): Promise<void>;
}
