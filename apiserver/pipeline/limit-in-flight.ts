import { statusError } from '../../api/status.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Filter } from './filter.ts';
import { isLongRunning } from './long-running.ts';
import type { RequestCounts } from './request-counts.ts';
import type { RequestInfo } from './request-info.ts';

export interface LimitOptions {
  readonly clock: Clock;
  readonly counts: RequestCounts;
  readonly maxReadOnly: number;
  readonly maxMutating: number;
  /** How long a request waits for its turn before it is turned away. */
  readonly maxWaitMs: number;
}

/** Requests waiting for their turn, per sort: what API Priority and Fairness queues by default. */
const MAX_WAITING = 128 * 50;
const RETRY_AFTER_SECONDS = 1;

const reads = new Set(['get', 'list', 'watch', 'head', 'options']);

function isReadOnly(info: RequestInfo): boolean {
  return reads.has(info.verb);
}

function tooMany(): Error {
  const text = 'Too many requests, please try again later.';
  return statusError('TooManyRequests', text, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}

/** So many at work, so many waiting in line; the rest is turned away. */
class Turnstile {
  readonly #max: number;
  readonly #options: LimitOptions;
  readonly #sort: 'readOnly' | 'mutating';
  readonly #line: Set<() => void> = new Set();

  constructor(sort: 'readOnly' | 'mutating', max: number, options: LimitOptions) {
    this.#sort = sort;
    this.#max = max;
    this.#options = options;
  }

  /** Undefined: at once. */
  enter(): Promise<void> | undefined {
    const { counts } = this.#options;
    if (counts.inFlight[this.#sort] < this.#max) {
      counts.inFlight[this.#sort]++;
      return undefined;
    }
    if (this.#line.size >= MAX_WAITING) {
      counts.rejected++;
      throw tooMany();
    }
    return this.#wait();
  }

  leave(): void {
    const { counts } = this.#options;
    const [first] = this.#line;
    // A place is handed on, not given up and taken: nobody can slip in between.
    if (first !== undefined) first();
    else counts.inFlight[this.#sort]--;
  }

  #wait(): Promise<void> {
    const { clock, counts, maxWaitMs } = this.#options;
    return new Promise((resolve, reject) => {
      const leaveLine = (): void => {
        timer.cancel();
        this.#line.delete(turn);
        counts.waiting[this.#sort]--;
      };
      const turn = (): void => {
        leaveLine();
        resolve();
      };
      const timer = clock.after(maxWaitMs, () => {
        leaveLine();
        counts.rejected++;
        reject(tooMany());
      });
      this.#line.add(turn);
      counts.waiting[this.#sort]++;
    });
  }
}

/**
 * Bounds the requests at work, reads and writes apart, so that a flood of one kind leaves room
 * for the other. Streams are exempt, and so are paths like /readyz: under load they matter most.
 */
export function limitInFlight(options: LimitOptions): Filter {
  const readOnly = new Turnstile('readOnly', options.maxReadOnly, options);
  const mutating = new Turnstile('mutating', options.maxMutating, options);
  return (next) => async (request) => {
    const { info } = request;
    if (info.type === 'path' || isLongRunning(info)) return next(request);
    const turnstile = isReadOnly(info) ? readOnly : mutating;
    const turn = turnstile.enter();
    if (turn !== undefined) await turn;
    try {
      return await next(request);
    } finally {
      turnstile.leave();
    }
  };
}
