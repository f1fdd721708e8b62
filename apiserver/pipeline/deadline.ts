import { statusError } from '../../api/status.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Headers, HttpRequest, JsonValue, Peer } from '../../platform/net/http.ts';
import type { Filter } from './filter.ts';
import { parseGoDuration } from '../../platform/go-duration.ts';
import { isLongRunning } from './long-running.ts';
import type { RequestInfo, ResourceRequestInfo } from './request-info.ts';

/**
 * The request with a signal that also aborts at the deadline. The signal is made on first use:
 * most handlers end long before they ask for one.
 */
class TimedRequest implements HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body?: Uint8Array | JsonValue;
  readonly incoming?: AsyncIterable<Uint8Array> | undefined;
  readonly peer: Peer;
  readonly deadlineMs: number;
  readonly #inner: HttpRequest;
  #controller: AbortController | undefined;
  #expired = false;

  constructor(inner: HttpRequest, deadlineMs: number) {
    this.#inner = inner;
    this.deadlineMs = deadlineMs;
    this.method = inner.method;
    this.path = inner.path;
    this.headers = inner.headers;
    this.peer = inner.peer;
    if (inner.body !== undefined) this.body = inner.body;
    this.incoming = inner.incoming;
  }

  get query(): URLSearchParams {
    return this.#inner.query;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      this.#controller = controller;
      const { signal } = this.#inner;
      if (signal.aborted || this.#expired) controller.abort();
      else signal.addEventListener('abort', this.#onAbort, { once: true });
    }
    return this.#controller.signal;
  }

  readonly #onAbort = (): void => this.#controller?.abort();

  /** Whatever still works for the answer may stop. */
  expire(): void {
    this.#expired = true;
    this.#controller?.abort();
  }

  /** The answer is there: the client's signal is no longer listened to. */
  finish(): void {
    if (this.#controller === undefined) return;
    this.#inner.signal.removeEventListener('abort', this.#onAbort);
  }
}

function timeoutOf(request: HttpRequest, maxMs: number): number {
  const asked = request.query.get('timeout');
  if (asked === null || asked === '') return maxMs;
  const ms = parseGoDuration(asked);
  if (ms === undefined) {
    const text = `invalid timeout specified in the request URL - time: invalid duration "${asked}"`;
    throw statusError('BadRequest', text);
  }
  // Zero asks for the default, as in kube-apiserver.
  return ms <= 0 ? maxMs : Math.min(ms, maxMs);
}

/** What kube-apiserver gives a write, however long requests may take there. */
const WRITE_MS = 34_000;
const writes: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete']);

const LATE = 'Timeout: request did not complete within the allotted timeout';
const LATE_WRITE =
  'Timeout: request did not complete within requested timeout - context deadline exceeded';

export interface DeadlineOptions {
  readonly clock: Clock;
  readonly maxMs: number;
  /** Whether another server answers, by its own times. */
  readonly isPassedOn: (info: ResourceRequestInfo) => boolean;
}

/**
 * Answers 504 when a request takes longer than `maxMs`, or than its `?timeout=`; when a write of
 * this server's takes longer than {@link WRITE_MS}, too. Streams have no deadline. A write that was
 * under way may still happen, as the client is told by the code.
 */
export function deadline({ clock, maxMs, isPassedOn }: DeadlineOptions): Filter {
  const isWrite = (info: RequestInfo): boolean =>
    info.type === 'resource' && writes.has(info.verb) && !isPassedOn(info);
  return (next) => (request) => {
    if (isLongRunning(request.info)) return next(request);
    return new Promise((resolve, reject) => {
      const askedMs = timeoutOf(request.http, maxMs);
      const isShortened = askedMs > WRITE_MS && isWrite(request.info);
      const timeoutMs = isShortened ? WRITE_MS : askedMs;
      const http = new TimedRequest(request.http, clock.monotonic() + timeoutMs);
      const timer = clock.after(timeoutMs, () => {
        // As there, only these count as terminated.
        if (!isShortened) request.notes.terminated = true;
        reject(statusError('Timeout', isShortened ? LATE_WRITE : LATE));
        http.expire();
      });
      const settle = (): void => {
        timer.cancel();
        http.finish();
      };
      next({ ...request, http })
        .finally(settle)
        .then(resolve, reject);
    });
  };
}
