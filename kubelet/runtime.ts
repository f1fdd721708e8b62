import type { Container, Pod } from '../api/types/core-v1.ts';
import type { ContainerStreams } from './container-streams.ts';

/** How a container ended. */
export interface ContainerExit {
  readonly exitCode: number;
  /** "Completed", "Error", "OOMKilled". */
  readonly reason: string;
  readonly message?: string;
}

/** Hears what becomes of one container. May be called before `start` returns. */
export interface ContainerListener {
  /** Its image is being fetched. */
  pulling(): void;
  /** It runs. `pullMs` is set if the image had to be fetched. */
  running(pullMs?: number): void;
  /** Its probes now say so, or, without probes, it runs. */
  ready(ready: boolean): void;
  /** The last call for this container. */
  exited(exit: ContainerExit): void;
}

export interface ContainerRequest {
  /** Unique among all containers of all pods, restarts included. */
  readonly id: string;
  readonly pod: Pod;
  readonly container: Container;
  readonly listener: ContainerListener;
}

/**
 * What runs containers: the hollow one simulates them. No call here waits; outcomes come to
 * listeners. What {@link ContainerStreams} adds answers its caller.
 */
export interface PodRuntime extends ContainerStreams {
  /** As in node.status.nodeInfo.containerRuntimeVersion: "name://version". */
  readonly version: string;
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
}
