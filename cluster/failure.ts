/** What a user did or has, and what to do about it: printed as one line, exit code 1. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
}
