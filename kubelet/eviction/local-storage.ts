/**
 * Pods that take more of the disk than they may: looked for with each heartbeat, as often as the
 * kubelet looks. What nobody measures is what annotations declare (`api/hollow-usage.ts`).
 */
import { containerStorage, runningContainers } from '../../api/hollow-usage.ts';
import { uidOf } from '../../api/meta.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Counter } from '../../platform/metrics/metrics.ts';
import type { ContainerStreams, PodStorage } from '../container-streams.ts';
import { GRACE_SECONDS, type PressedPods } from './node-pressure.ts';
import { isCritical } from './plan-eviction.ts';
import { excessOf, hasStorageLimits } from './storage-limits.ts';

export interface LocalStorageOptions {
  readonly runtime: ContainerStreams;
  readonly recorder: EventRecorder;
  readonly logger: Logger;
  /** Pods that were ended, by signal. */
  readonly evictions?: Counter | undefined;
}

export class LocalStorage implements Running {
  readonly #options: LocalStorageOptions;
  #pods: PressedPods | undefined;
  #looking: Promise<void> | undefined;
  #stopped = false;

  constructor(options: LocalStorageOptions) {
    this.#options = options;
  }

  of(pods: PressedPods): void {
    this.#pods = pods;
  }

  /** Waits for no disk; while a look is under way nothing else is looked at. */
  look(): void {
    this.#looking ??= this.#lookAtAll()
      .catch((error: unknown) => this.#options.logger.warn({ err: error }, 'disk use not measured'))
      .finally(() => (this.#looking = undefined));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#looking;
  }

  async #lookAtAll(): Promise<void> {
    const { runtime, recorder, evictions } = this.#options;
    for (const pod of this.#pods?.running() ?? []) {
      if (!hasStorageLimits(pod) || isCritical(pod)) continue;
      const storage = (await runtime.storage?.(uidOf(pod))) ?? declared(pod);
      const excess = this.#stopped ? undefined : excessOf(pod, storage);
      if (excess === undefined) continue;
      const { signal, message } = excess;
      evictions?.with(signal).add();
      recorder.record(pod, { type: 'Warning', reason: 'Evicted', message });
      this.#pods?.evict(pod, { reason: 'Evicted', message }, GRACE_SECONDS);
    }
  }
}

function declared(pod: Pod): PodStorage {
  const containers = runningContainers(pod).map(
    (container) => [container.name, containerStorage(pod, container)] as const,
  );
  return { containers: new Map(containers), volumes: new Map() };
}
