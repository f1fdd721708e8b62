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
