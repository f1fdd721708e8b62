import { RestCaller } from '../client/rest-caller.ts';
import { watchEvents } from '../client/watch-stream.ts';
import type { Clock } from '../platform/clock.ts';
import type { HttpHandler, HttpResponse } from '../platform/http.ts';

export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
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

/**
 * Raw calls, for a CLI that works on kinds it knows only from discovery. Rejects with
 * StatusError on the server's refusals and with the transport's error otherwise.
 */
export class Api {
  readonly #caller: RestCaller;

  constructor(handler: HttpHandler, clock: Clock) {
    this.#caller = new RestCaller({ handler, clock, userAgent: 'kubectl-lite' });
  }

  send(call: ApiCall): Promise<unknown> {
    return this.#caller.call(restCall(call));
  }

  async watch(call: ApiCall): Promise<AsyncIterable<ApiEvent>> {
    const response: HttpResponse = await this.#caller.exchange(restCall(call));
    return watchEvents(response.body);
  }
}

function restCall({ query, accept, ...call }: ApiCall): Parameters<RestCaller['call']>[0] {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== '') parameters.set(name, value);
  }
  return { ...call, query: parameters, ...(accept === undefined ? {} : { headers: { accept } }) };
}
