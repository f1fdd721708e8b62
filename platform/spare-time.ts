/**
 * Work that can wait, on the one thread that serves everybody: it is done when the thread has
 * nothing else to do, or when it has waited long enough.
 */
import type { Clock, Timer } from './clock.ts';

export interface SpareTime {
  /** Runs `task` once, within the call or later; tasks begin in the order of the calls. */
  run(task: () => void): void;
}

/** Nothing waits. */
export const atAnyTime: SpareTime = { run: (task) => task() };

export interface ThreadTime {
  readonly clock: Clock;
  /** Milliseconds that the thread was at work so far, not waiting for something to do. */
  readonly busyMs: () => number;
}

/** How often the thread is looked at while something waits. */
const LOOK_MS = 1;
/** The thread has time if it waited for something to do for this part of what went by. */
const SPARE_PART = 0.1;
/** For how much of the thread's work tasks begin at once when it has time. */
const SLICE_MS = 2;
/** A task that has waited for so long is begun however busy the thread is. */
const LONGEST_MS = 2_000;

interface Waiting {
  readonly task: () => void;
  readonly sinceMs: number;
}

export class SpareThreadTime implements SpareTime {
  readonly #thread: ThreadTime;
  readonly #waiting: Waiting[] = [];
  #timer: Timer | undefined;
  #lookedMs: number;
  #lookedBusyMs: number;
  /** Until the thread was at work for so long, tasks begin at once. */
  #untilBusyMs = -Infinity;

  constructor(thread: ThreadTime) {
    this.#thread = thread;
    this.#lookedMs = thread.clock.monotonic();
    this.#lookedBusyMs = thread.busyMs();
  }

  run(task: () => void): void {
    const { clock } = this.#thread;
    if (this.#waiting.length === 0 && this.#hasTime()) return task();
    this.#waiting.push({ task, sinceMs: clock.monotonic() });
    this.#timer ??= clock.after(LOOK_MS, () => this.#look());
  }

  #look(): void {
    this.#timer = undefined;
    const { clock, busyMs } = this.#thread;
    const hasTime = this.#hasTime();
    const untilBusyMs = busyMs() + SLICE_MS;
    const isDue = ({ sinceMs }: Waiting): boolean =>
      hasTime || clock.monotonic() - sinceMs >= LONGEST_MS;
    while (this.#waiting.length > 0 && isDue(this.#waiting[0]!) && busyMs() < untilBusyMs)
      this.#waiting.shift()!.task();
    if (this.#waiting.length > 0) this.#timer = clock.after(LOOK_MS, () => this.#look());
  }

  #hasTime(): boolean {
    const { clock, busyMs } = this.#thread;
    const busy = busyMs();
    if (busy < this.#untilBusyMs) return true;
    const now = clock.monotonic();
    const passed = now - this.#lookedMs;
    if (passed < LOOK_MS) return false;
    const idle = passed - (busy - this.#lookedBusyMs);
    this.#lookedMs = now;
    this.#lookedBusyMs = busy;
    if (idle < passed * SPARE_PART) return false;
    this.#untilBusyMs = busy + SLICE_MS;
    return true;
  }
}
