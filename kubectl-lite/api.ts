import { RestCaller } from '../client/rest-caller.ts';
import { watchEvents } from '../client/watch-stream.ts';
import type { Clock } from '../platform/clock.ts';
import type { Headers, HttpHandler, HttpResponse } from '../platform/net/http.ts';

export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** Of a record, what is empty or undefined is not sent. */
  readonly query?: URLSearchParams | Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

/** What a watch of any media type yields: for a Table watch the objects are one-row Tables. */
export interface ApiEvent {
  readonly type: string;
  readonly object: unknown;
}

export interface ApiOptions {
  readonly handler: HttpHandler;
  readonly clock: Clock;
  /** Sent with every request: impersonation. */
  readonly headers?: Headers;
  /** Called for each warning of the server, once for each text. */
  readonly onWarning?: (text: string) => void;
}

/**
 * Raw calls, for a CLI that works on kinds it knows only from discovery. Rejects with
 * StatusError on the server's refusals and with the transport's error otherwise.
 */
export class Api {
  readonly #caller: RestCaller;
  readonly #warnings = new Set<string>();

  constructor({ handler, clock, headers = {}, onWarning = () => {} }: ApiOptions) {
    this.#caller = new RestCaller({
      handler: warning(handler, (text) => {
        if (this.#warnings.has(text)) return;
        this.#warnings.add(text);
        onWarning(text);
      }),
      clock,
      userAgent: 'kubectl-lite',
      headers,
    });
  }

  /** How many texts the server has warned of. */
  get warnings(): number {
    return this.#warnings.size;
  }

  send(call: ApiCall): Promise<unknown> {
    return this.#caller.call(restCall(call));
  }

  /** The answer as it came. */
  exchange(call: ApiCall): Promise<HttpResponse> {
    return this.#caller.exchange(restCall(call));
  }

  async watch(call: ApiCall): Promise<AsyncIterable<ApiEvent>> {
    const response = await this.exchange(call);
    return watchEvents(response.body);
  }
}

function parametersOf(query: ApiCall['query'] = {}): URLSearchParams {
  if (query instanceof URLSearchParams) return query;
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') parameters.set(name, value);
  }
  return parameters;
}

function restCall({ query, accept, ...call }: ApiCall): Parameters<RestCaller['call']>[0] {
  const parameters = parametersOf(query);
  return { ...call, query: parameters, ...(accept === undefined ? {} : { headers: { accept } }) };
}

/** Hands on the texts of `Warning: 299 - "text"` headers (RFC 7234, section 5.5). */
function warning(handler: HttpHandler, onWarning: (text: string) => void): HttpHandler {
  return async (request) => {
    const response = await handler(request);
    const header = response.headers['warning'] ?? '';
    for (const [, quoted] of header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)) {
      onWarning(quoted!.replaceAll(/\\(.)/g, '$1'));
    }
    return response;
  };
}
