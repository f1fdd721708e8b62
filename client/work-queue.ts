/**
 * Keys waiting to be reconciled. The guarantees of client-go's queue:
 * - first in, first out;
 * - a key is handed to one worker at a time: added while it is processed, it waits for `done`;
 * - a key added several times before it is handed out is handed out once.
 *
 * No bound of its own is needed: it holds each key at most once, and keys name existing objects.
 */
import { assert } from '../platform/assert.ts';
import type { Clock, Timer } from '../platform/clock.ts';
import { ItemBackoff } from './rate-limiter.ts';

interface Delayed {
  readonly at: number;
  readonly timer: Timer;
}

export interface WorkQueueEffects {
  readonly clock: Clock;
  readonly backoff?: ItemBackoff;
}

/** Told of what happens to keys. */
export interface WorkQueueMeter {
  added(key: string): void;
  /** Handed out. */
  begun(key: string): void;
  done(key: string): void;
  /** Will be added after its backoff. */
  retried(): void;
}

export class WorkQueue {
  readonly #clock: Clock;
  readonly #backoff: ItemBackoff;
  readonly #ready = new Set<string>();
  /** The keys of `#ready` in order, from `#head` on. */
  #order: string[] = [];
  #head = 0;
  readonly #processing = new Set<string>();
  /** Added again while being processed. */
  readonly #again = new Set<string>();
  readonly #delayed = new Map<string, Delayed>();
  #waiting: ((key: string | undefined) => void)[] = [];
  #stopped = false;
  #paused = false;
  #meter: WorkQueueMeter | undefined;

  constructor(effects: WorkQueueEffects) {
    this.#clock = effects.clock;
    this.#backoff = effects.backoff ?? new ItemBackoff();
  }

  /** Tells `meter` of everything from now on. */
  meter(meter: WorkQueueMeter): void {
    this.#meter = meter;
  }

  /** Keys ready to be handed out. */
  get size(): number {
    return this.#ready.size;
  }

  /** True if nothing is ready, in work, or delayed. */
  get idle(): boolean {
    return this.#ready.size + this.#processing.size + this.#delayed.size === 0;
  }

  add(key: string): void {
    if (this.#stopped) return;
    if (this.#processing.has(key)) {
      if (this.#again.has(key)) return;
      this.#again.add(key);
      this.#meter?.added(key);
      return;
    }
    if (this.#ready.has(key)) return;
    this.#meter?.added(key);
    this.#put(key);
  }

  #put(key: string): void {
    const worker = this.#waiting.shift();
    if (worker === undefined) {
      this.#ready.add(key);
      this.#order.push(key);
      return;
    }
    this.#processing.add(key);
    this.#meter?.begun(key);
    worker(key);
  }

  /** Adds `key` once `delayMs` have passed. The earliest of several delays for a key wins. */
  addAfter(key: string, delayMs: number): void {
    if (this.#stopped) return;
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const at = this.#clock.monotonic() + delayMs;
    const earlier = this.#delayed.get(key);
    if (earlier !== undefined) {
      if (earlier.at <= at) return;
      earlier.timer.cancel();
    }
    const timer = this.#clock.after(delayMs, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { at, timer });
  }

  /** Adds `key` after its backoff, which grows until `forget`. */
  addRateLimited(key: string): void {
    this.#meter?.retried();
    this.addAfter(key, this.#backoff.next(key));
  }

  /** The key's work succeeded: its backoff starts anew. */
  forget(key: string): void {
    this.#backoff.forget(key);
  }

  /**
   * The next key, as soon as there is one; undefined once stopped or paused. Must be followed by
   * `done`.
   */
  next(): Promise<string | undefined> {
    if (this.#stopped || this.#paused) return Promise.resolve(undefined);
    if (this.#head < this.#order.length) {
      const key = this.#shift();
      this.#ready.delete(key);
      this.#processing.add(key);
      this.#meter?.begun(key);
      return Promise.resolve(key);
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  done(key: string): void {
    assert(this.#processing.delete(key), `${key} is done but was not handed out`);
    this.#meter?.done(key);
    if (this.#again.delete(key) && !this.#stopped) this.#put(key);
  }

  /** Hands out nothing more, and drops what waits: a level-triggered start finds it again. */
  stop(): void {
    this.#stopped = true;
    this.#ready.clear();
    this.#order = [];
    this.#head = 0;
    this.#again.clear();
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
    this.#dismiss();
  }

  /** Hands out nothing until {@link resume}, and keeps what comes. */
  pause(): void {
    this.#paused = true;
    this.#dismiss();
  }

  resume(): void {
    this.#paused = false;
  }

  #dismiss(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(undefined);
  }

  #shift(): string {
    const key = this.#order[this.#head++]!;
    // Dropping the handed-out half at once keeps shifting O(1) amortised.
    if (this.#head * 2 > this.#order.length && this.#head > 64) {
      this.#order = this.#order.slice(this.#head);
      this.#head = 0;
    }
    return key;
  }
}
