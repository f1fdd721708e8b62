import { statusError } from '../../api/status.ts';
import type { Clock } from '../../platform/clock.ts';
import { FairLine, type Waiting } from './fair-line.ts';
import type { Filter } from './filter.ts';
import { type Flow, flowOf } from './flow.ts';
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
  /** Runs `fn` once what has arrived meanwhile is known. Default: by the clock. */
  readonly nextTurn?: ((fn: () => void) => void) | undefined;
}

/** Requests waiting for their turn, per sort: what API Priority and Fairness queues by default. */
const MAX_WAITING = 128 * 50;
/** Of one user: more than any client of good manners has under way. */
const MAX_WAITING_PER_FLOW = 1_500;
const RETRY_AFTER_SECONDS = 1;

const reads = new Set(['get', 'list', 'watch', 'head', 'options']);

function isReadOnly(info: RequestInfo): boolean {
  return reads.has(info.verb);
}

function tooMany(): Error {
  const text = 'Too many requests, please try again later.';
  return statusError('TooManyRequests', text, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}

/** So many at work, so many waiting in line by user; the rest is turned away. */
class Turnstile {
  readonly #options: LimitOptions;
  readonly #sort: 'readOnly' | 'mutating';
  readonly #line: FairLine;

  constructor(sort: 'readOnly' | 'mutating', max: number, options: LimitOptions) {
    this.#sort = sort;
    this.#options = options;
    const byClock = (fn: () => void): void => void options.clock.after(0, fn);
    this.#line = new FairLine({
      places: max,
      maxWaiting: MAX_WAITING,
      maxWaitingPerFlow: MAX_WAITING_PER_FLOW,
      nextTurn: options.nextTurn ?? byClock,
    });
  }

  /** Undefined: at once. */
  enter(flow: Flow): Promise<void> | undefined {
    const entered = this.#line.enter(flow);
    this.#count();
    return entered ? undefined : this.#wait(flow);
  }

  leave(flow: Flow): void {
    this.#line.leave(flow);
    this.#count();
  }

  #count(): void {
    const { counts } = this.#options;
    counts.inFlight[this.#sort] = this.#line.atWork;
    counts.waiting[this.#sort] = this.#line.waiting;
  }

  #wait(flow: Flow): Promise<void> {
    const { clock, counts, maxWaitMs } = this.#options;
    return new Promise((resolve, reject) => {
      const start = (): void => {
        timer.cancel();
        this.#count();
        resolve();
      };
      const waiting: Waiting = { flow, start };
      const refuse = (): void => {
        counts.rejected++;
        this.#count();
        reject(tooMany());
      };
      const timer = clock.after(maxWaitMs, () => {
        this.#line.giveUp(waiting);
        refuse();
      });
      if (this.#line.wait(waiting)) return this.#count();
      timer.cancel();
      refuse();
    });
  }
}

/**
 * Bounds the requests at work, reads and writes apart and users among themselves, so that a flood
 * leaves room for others. Streams are exempt, and so are paths like /readyz: under load they
 * matter most.
 */
export function limitInFlight(options: LimitOptions): Filter {
  const readOnly = new Turnstile('readOnly', options.maxReadOnly, options);
  const mutating = new Turnstile('mutating', options.maxMutating, options);
  return (next) => async (request) => {
    const { info } = request;
    if (info.type === 'path' || isLongRunning(info)) return next(request);
    const turnstile = isReadOnly(info) ? readOnly : mutating;
    const flow = flowOf(request.user);
    const turn = turnstile.enter(flow);
    if (turn !== undefined) await turn;
    try {
      return await next(request);
    } finally {
      turnstile.leave(flow);
    }
  };
}
