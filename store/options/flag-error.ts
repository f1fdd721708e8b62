/** Flags that cannot be served. The message is the whole explanation. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
}
