import type { ContainerExit } from '../runtime.ts';

/** SIGKILL, as shells count it. */
export const KILLED_CODE = 137;
/** SIGTERM. */
export const TERMINATED_CODE = 143;

/** Of a container whose program could not be started. */
export const startError = { exitCode: 128, reason: 'StartError' } as const;

/** Of a container that had more memory than its limit. */
export const outOfMemory = { exitCode: KILLED_CODE, reason: 'OOMKilled' } as const;

export function exitOf(exitCode: number): ContainerExit {
  return { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' };
}

/** Of a container that nobody saw end. */
export function notLocated(when: string): ContainerExit {
  return {
    exitCode: KILLED_CODE,
    reason: 'ContainerStatusUnknown',
    message: `The container could not be located when ${when}`,
  };
}
