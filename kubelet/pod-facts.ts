import type { Refusal } from './admission.ts';
import type { ContainerRecord } from './container-record.ts';

/** All that a pod's status is made of, besides the pod and the time. */
export interface PodFacts {
  readonly records: readonly ContainerRecord[];
  /** Undefined until the pod has a sandbox. */
  readonly podIp: string | undefined;
  readonly hostIp: string;
  readonly startTime: string;
  /** "name" of the runtime's "name://version": the scheme of container ids. */
  readonly runtimeName: string;
  /** Why the agent ended the pod (or never began it), if it did. */
  readonly verdict?: Refusal;
  /** True once the pod is to be deleted and nothing of it runs any more. */
  readonly terminated: boolean;
  readonly now: string;
}

export type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';
