/** A broken invariant: a bug in Wherry, never a fault of the caller or the environment. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/**
 * Crashes on a broken invariant, in production too: going on with a state that the code
 * believes impossible can lose acknowledged writes, stopping cannot.
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}
