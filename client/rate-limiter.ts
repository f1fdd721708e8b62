/** Exponential backoff: `baseMs` · 2^failures, at most `maxMs`. */
export interface BackoffBounds {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** client-go's default for controllers: 5 ms to 1000 s. */
const controllerBackoff: BackoffBounds = { baseMs: 5, maxMs: 1_000_000 };

/** Holds one counter per failing key; `forget` frees it. */
export class ItemBackoff {
  readonly #bounds: BackoffBounds;
  readonly #failures = new Map<string, number>();

  constructor(bounds: BackoffBounds = controllerBackoff) {
    this.#bounds = bounds;
  }

  /** Counts one more failure of `key` and tells how long to wait before trying again. */
  next(key: string): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    return backoffMs(this.#bounds, failures);
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }
}

export function backoffMs(bounds: BackoffBounds, failures: number): number {
  return Math.min(bounds.maxMs, bounds.baseMs * 2 ** Math.min(failures, 40));
}

/**
 * A bucket of `burst` tokens that refills at one per `refillMs`. `now` is the caller's monotonic
 * time, so that the bucket itself holds no clock.
 */
export class TokenBucket {
  readonly #burst: number;
  readonly #refillMs: number;
  #tokens: number;
  #at: number;

  constructor(burst: number, refillMs: number, now: number) {
    this.#burst = burst;
    this.#refillMs = refillMs;
    this.#tokens = burst;
    this.#at = now;
  }

  tryTake(now: number): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) / this.#refillMs);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
