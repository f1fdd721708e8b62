/** Virtual time and seeded chance: the only sources of order in a simulation. */
import type { Clock, Timer } from '../../platform/clock.ts';
import type { Random } from '../../platform/random.ts';

interface Event {
  readonly at: number;
  readonly order: number;
  readonly fn: () => void;
  cancelled: boolean;
}

/**
 * Lets everything that waits for no time happen: Node runs a tick only when no promise has
 * anything left to do. Much cheaper than a turn of the event loop, of which a simulation takes
 * none: whoever waits for that waits for ever, or until {@link BREATH_EVENTS}.
 */
const drain = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/** After so many events the test runner gets its turn. */
const BREATH_EVENTS = 10_000;
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class SimTime {
  now = 0;
  #order = 0;
  #played = 0;
  /** A binary heap by time, then by order of creation. */
  readonly #heap: Event[] = [];

  after(delayMs: number, fn: () => void): Timer {
    const at = this.now + Math.max(0, delayMs);
    const event: Event = { at, order: this.#order++, fn, cancelled: false };
    this.#push(event);
    return {
      cancel: () => {
        event.cancelled = true;
      },
    };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Plays events until `done` or `limit`. */
  async run(done: () => boolean, limit: number): Promise<void> {
    await drain();
    while (!done() && this.now < limit) {
      const event = this.#pop();
      if (event === undefined) return;
      if (event.cancelled) continue;
      this.now = event.at;
      event.fn();
      await (++this.#played % BREATH_EVENTS === 0 ? breathe() : drain());
    }
  }

  #before(a: Event, b: Event): boolean {
    return a.at < b.at || (a.at === b.at && a.order < b.order);
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let i = heap.push(event) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.#before(event, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = event;
  }

  #pop(): Event | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#before(heap[child + 1]!, heap[child]!)) child++;
      if (!this.#before(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
    return top;
  }
}

/** A process's view of time: when it dies, its timers die. */
export class SimClock implements Clock {
  readonly #time: SimTime;
  #alive = true;
  /** What came due while the process slept, in order; undefined while it does not. */
  #due: (() => void)[] | undefined;
  /** How wrong the wall clock is. */
  skewMs = 0;

  constructor(time: SimTime) {
    this.#time = time;
  }

  now(): number {
    return 1_700_000_000_000 + Math.floor(this.#time.now) + this.skewMs;
  }

  monotonic(): number {
    return this.#time.now;
  }

  after(delayMs: number, fn: () => void): Timer {
    return this.#time.after(delayMs, () => {
      if (this.#due !== undefined) this.#due.push(fn);
      else if (this.#alive) fn();
    });
  }

  kill(): void {
    this.#alive = false;
    this.#due = undefined;
  }

  pause(): void {
    this.#due ??= [];
  }

  resume(): void {
    const due = this.#due ?? [];
    this.#due = undefined;
    for (const fn of due) if (this.#alive) fn();
  }
}

/** mulberry32: small, seeded, good enough to shuffle. */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  below(bound: number): number {
    return this.#next() % bound;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#next() & 0xff);
  }

  /** True once in `n`. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}
