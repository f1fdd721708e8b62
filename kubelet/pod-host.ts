import type { Effects } from '../platform/effects.ts';
import type { Pod } from '../api/types/core-v1.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { Demand, Refusal } from './admission.ts';
import type { Limiter } from './limiter.ts';
import type { NodeImages } from './node-images.ts';
import type { PodRuntime } from './runtime.ts';

/** What a node gives its pods. */
export interface PodHost extends Effects {
  readonly recorder: EventRecorder;
  readonly runtime: PodRuntime;
  /** Bounds the API calls of all pods of all nodes of this process. */
  readonly limiter: Limiter;
  readonly images: NodeImages;
  readonly hostIp: string;
  /** Undefined: the pod may run here, now. */
  admit(pod: Pod, demand: Demand): Refusal | undefined;
  /** Undefined: the node has no address left; it has said so in an event. */
  allocateAddress(pod: Pod): string | undefined;
  /** For an address the pod has from before; false if another pod has it now. */
  reserveAddress(pod: Pod, address: string): boolean;
  releaseAddress(pod: Pod, address: string): void;
  /** The pod is gone, and its worker with it. */
  forget(uid: string): void;
}
