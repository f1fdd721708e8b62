/**
 * How fast one owner gets pods. `replicas: 2147483647` must not take the API server's memory and
 * everybody's time: beyond so many pods an owner gets no more a second than
 * kube-controller-manager asks for altogether (--kube-api-qps).
 */
import { TokenBucket } from '../../client/rate-limiter.ts';
import type { Clock } from '../../platform/clock.ts';

/** So many are made as fast as can be. */
export const FAST = 10_000;
const PER_SECOND = 20;
const SECOND_MS = 1000;

export interface Ask {
  /** The owner's key. */
  readonly key: string;
  readonly has: number;
  readonly wants: number;
}

export class PodPace {
  readonly #clock: Clock;
  /** By the keys of those that have had enough. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many of those it wants it may make now. */
  allowed({ key, has, wants }: Ask): number {
    const fast = Math.max(0, Math.min(wants, FAST - has));
    if (fast === wants) {
      this.#buckets.delete(key);
      return wants;
    }
    const now = this.#clock.monotonic();
    const bucket =
      this.#buckets.get(key) ?? new TokenBucket(PER_SECOND, SECOND_MS / PER_SECOND, now);
    this.#buckets.set(key, bucket);
    let allowed = fast;
    while (allowed < wants && bucket.tryTake(now)) allowed++;
    return allowed;
  }

  /** When to ask again; undefined for those that have got all they asked for. */
  afterMs(key: string): number | undefined {
    return this.#buckets.has(key) ? SECOND_MS : undefined;
  }

  forget(key: string): void {
    this.#buckets.delete(key);
  }
}
