/** One request to its answer: headers, repetition if the server asks, errors as StatusError. */
import { type Clock, sleep } from '../platform/clock.ts';
import {
  type Headers,
  type HttpHandler,
  type HttpRequest,
  type HttpResponse,
  JsonValue,
} from '../platform/net/http.ts';
import type { RestMetrics } from './rest-metrics.ts';
import { bodyValue } from './response-body.ts';
import { errorOf, retryAfterMs } from './response-error.ts';

export interface RestOptions {
  readonly handler: HttpHandler;
  /** Sent with every request, for instance `authorization`. */
  readonly headers?: Headers;
  readonly userAgent: string;
  /** With it, requests that the server postpones (429, Retry-After) are sent again. */
  readonly clock?: Clock;
  /** With it, and a clock, requests are counted and timed. */
  readonly metrics?: RestMetrics;
}

/** client-go's bound for requests the server asked to repeat. */
const MAX_RETRIES = 10;
/** A server that asks for more patience than this gets its refusal passed on. */
const MAX_RETRY_AFTER_MS = 60_000;
const peer = { address: 'in-process' };

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query?: URLSearchParams | undefined;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly headers?: Headers;
  readonly signal?: AbortSignal;
}

/**
 * Most calls are never given up: they share one signal, which remembers none of its listeners.
 */
const never = new AbortController().signal;
Object.defineProperty(never, 'addEventListener', { value: () => undefined });

const noQuery = new URLSearchParams();

export class RestCaller {
  readonly #handler: HttpHandler;
  readonly #clock: Clock | undefined;
  readonly #headers: Headers;
  /** With a body, by its type. */
  readonly #sending = new Map<string, Headers>();
  readonly #metrics: RestMetrics | undefined;

  constructor(options: RestOptions) {
    this.#handler = options.handler;
    this.#clock = options.clock;
    this.#metrics = options.metrics;
    this.#headers = {
      accept: 'application/json',
      'user-agent': options.userAgent,
      ...options.headers,
    };
  }

  /** Resolves with the value of a success; anything else is thrown. */
  async call(call: Call): Promise<unknown> {
    return bodyValue(await this.exchange(call));
  }

  /** The same, with the body as it came. */
  async exchange(call: Call): Promise<HttpResponse> {
    for (let attempt = 0; ; attempt++) {
      const response = await this.#answer(call);
      if (response.status < 400) return response;
      const error = errorOf(response.status, await refusal(response));
      const waitMs = repeatable(call.method, response.status) ? retryAfterMs(response) : undefined;
      const givesUp = waitMs === undefined || waitMs > MAX_RETRY_AFTER_MS;
      if (givesUp || this.#clock === undefined || attempt >= MAX_RETRIES) throw error;
      this.#metrics?.repeated(call.method, String(response.status));
      await sleep(this.#clock, waitMs, call.signal);
      if (call.signal?.aborted) throw error;
    }
  }

  async #answer(call: Call): Promise<HttpResponse> {
    const clock = this.#clock;
    const metrics = this.#metrics;
    if (clock === undefined || metrics === undefined) return this.#handler(this.#request(call));
    const begunMs = clock.monotonic();
    let code = '<error>';
    try {
      const response = await this.#handler(this.#request(call));
      code = String(response.status);
      return response;
    } finally {
      metrics.answered(call.method, code, (clock.monotonic() - begunMs) / 1000);
    }
  }

  /** Most requests of a client have the same. */
  #headersOf({ body, contentType = 'application/json', headers }: Call): Headers {
    let common = body === undefined ? this.#headers : this.#sending.get(contentType);
    if (common === undefined) {
      common = { ...this.#headers, 'content-type': contentType };
      this.#sending.set(contentType, common);
    }
    return headers === undefined ? common : { ...common, ...headers };
  }

  #request(call: Call): HttpRequest {
    return {
      method: call.method,
      path: call.path,
      query: call.query ?? noQuery,
      headers: this.#headersOf(call),
      peer,
      signal: call.signal ?? never,
      // Last: V8 is slow to add fields to what was spread.
      ...(call.body === undefined ? {} : { body: new JsonValue(call.body) }),
    };
  }
}

/** A 429 was not carried out; a 5xx may have been, so only what can be done twice is repeated. */
const repeatable = (method: string, status: number): boolean =>
  status === 429 || (status >= 500 && (method === 'GET' || method === 'PUT'));

/** What a refusal says: a proxy's may be anything, and then its text has to do. */
async function refusal(response: HttpResponse): Promise<unknown> {
  try {
    return await bodyValue(response);
  } catch {
    return undefined;
  }
}
