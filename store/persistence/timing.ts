import type { Clock } from '../../platform/clock.ts';

/**
 * What is timed for /metrics, in seconds. `hashRev` hashes the pairs as of a revision, `hash` the
 * engine. `walWrite` encodes a batch of log entries, `walFsync` writes and syncs it. A compaction's
 * steps forget versions (`indexCompactionPause`) and delete them (with that, `compactionPause`).
 * `snapshotSave` takes in a snapshot of the leader, `snapshotFsync` is its last, synced write.
 */
export type TimingName =
  | ('walWrite' | 'walFsync' | 'backendCommit' | 'apply' | 'range' | 'rangeFailed')
  | ('defragment' | 'hash' | 'hashRev' | 'snapshot' | 'snapshotSave' | 'snapshotFsync')
  | ('compaction' | 'compactionPause' | 'indexCompactionPause');

export type Observe = (name: TimingName, seconds: number) => void;

/** Of what happens before anybody wants to know, so much is kept. */
const MAX_EARLY = 1000;

/** Measures, and tells whoever wants to know, the first of them also of what was before. */
export class Timekeeper {
  readonly #clock: Clock;
  readonly #observers: Observe[] = [];
  #early: (readonly [TimingName, number])[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(observe: Observe): void {
    this.#observers.push(observe);
    for (const [name, seconds] of this.#early) observe(name, seconds);
    this.#early = [];
  }

  now(): number {
    return this.#clock.monotonic();
  }

  readonly observe: Observe = (name, seconds) => {
    for (const each of this.#observers) each(name, seconds);
    if (this.#observers.length === 0 && this.#early.length < MAX_EARLY)
      this.#early.push([name, seconds]);
  };

  /** The seconds since `began`, which are told. */
  took(name: TimingName, began: number): number {
    const seconds = (this.now() - began) / 1000;
    this.observe(name, seconds);
    return seconds;
  }

  /** Calls what reads a range. */
  range<T>(read: () => T | Promise<T>): T | Promise<T> {
    const began = this.now();
    const failed = (error: unknown): never => {
      this.took('rangeFailed', began);
      throw error;
    };
    const succeeded = (response: T): T => {
      this.took('range', began);
      return response;
    };
    try {
      const result = read();
      if (result instanceof Promise) return result.then(succeeded, failed);
      return succeeded(result);
    } catch (error) {
      return failed(error);
    }
  }
}
