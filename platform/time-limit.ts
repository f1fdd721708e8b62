/** Work was ended because it took too long. */
export class TimeLimitExceeded extends Error {
  constructor(ms: number) {
    super(`did not return within ${ms / 1000} s`);
    this.name = 'TimeLimitExceeded';
  }
}

/**
 * Ends synchronous work that does not end by itself: an endless loop in code of others. What was
 * at work is cut off wherever it was, without its `finally`: what it was changing is unknown.
 */
export interface TimeLimit {
  /** What `work` returns or throws; throws {@link TimeLimitExceeded} after `ms`. May be nested. */
  run<T>(ms: number, work: () => T): T;
}
