import { StoreError } from '../kv.ts';
import { addsSpace } from '../mvcc/alarms.ts';
import type { Command } from '../mvcc/command.ts';

/** Committed entries that may wait to be applied before new ones are refused (etcd's bound). */
const MAX_APPLY_LAG = 5000;
/** Callers that may wait, and the bytes of their commands. */
const MAX_PENDING = 20_000;
const MAX_PENDING_BYTES = 128 << 20;

export interface Load {
  readonly committed: number;
  readonly applied: number;
  readonly pending: number;
}

/** Decides whether a command may be proposed at all. */
export class Admission {
  readonly #maxRequestBytes: number;
  readonly #quotaBytes: number;
  readonly #measure: () => number;
  readonly #onQuotaExceeded: () => void;
  #usedBytes = 0;
  /** Of proposals that are on their way. */
  pendingBytes = 0;

  constructor(options: {
    readonly maxRequestBytes: number;
    /** Negative: none. */
    readonly quotaBytes: number;
    readonly measure: () => number;
    /** Told of each command refused for want of space. */
    readonly onQuotaExceeded: () => void;
  }) {
    this.#maxRequestBytes = options.maxRequestBytes;
    this.#quotaBytes = options.quotaBytes;
    this.#measure = options.measure;
    this.#onQuotaExceeded = options.onQuotaExceeded;
    this.sample();
  }

  /** Measures the space in use. Between samples what is proposed is added up. */
  sample(): void {
    if (this.#quotaBytes >= 0) this.#usedBytes = this.#measure();
  }

  admit(command: Command, bytes: number, load: Load): void {
    if (bytes > this.#maxRequestBytes) throw new StoreError('requestTooLarge');
    const lagging = load.committed > load.applied + MAX_APPLY_LAG;
    if (lagging || load.pending >= MAX_PENDING || this.pendingBytes + bytes > MAX_PENDING_BYTES)
      throw new StoreError('tooManyRequests');
    if (this.#quotaBytes < 0 || !addsSpace(command)) return;
    if (this.#usedBytes + bytes > this.#quotaBytes) {
      this.#onQuotaExceeded();
      throw new StoreError('noSpace');
    }
    this.#usedBytes += bytes;
  }
}
