import type { ContainerEvent, ContainerWaiting } from '../runtime.ts';

/** What a container needs is not there (yet): CreateContainerConfigError, tried again. */
export class ContainerConfigError extends Error {
  override readonly name = 'ContainerConfigError';
}

/** A volume cannot be made (yet): FailedMount, tried again. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
}

/** The process runtime cannot do what the pod asks for; the message names the field. */
export class UnsupportedError extends Error {
  override readonly name = 'UnsupportedError';
}

/** What is told of a container that does not start; `isLasting` if nothing will change that. */
export interface Trouble {
  readonly event?: ContainerEvent;
  readonly waiting?: ContainerWaiting;
  readonly isLasting: boolean;
}

export function troubleOf(error: Error): Trouble {
  const { message } = error;
  if (error instanceof VolumeError) {
    const text = `MountVolume.SetUp failed: ${message}`;
    const event = { type: 'Warning', reason: 'FailedMount', message: text, about: 'pod' } as const;
    return { event, isLasting: false };
  }
  const isConfig = error instanceof ContainerConfigError;
  const reason = isConfig ? 'CreateContainerConfigError' : 'CreateContainerError';
  return { waiting: { reason, message }, isLasting: error instanceof UnsupportedError };
}
