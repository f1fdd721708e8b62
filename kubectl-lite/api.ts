import { bodyValue } from '../client/response-body.ts';
import { errorOf } from '../client/response-error.ts';
import { watchEvents } from '../client/watch-stream.ts';
import { type HttpHandler, type HttpResponse, JsonValue } from '../platform/http.ts';

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
  readonly #handler: HttpHandler;

  constructor(handler: HttpHandler) {
    this.#handler = handler;
  }

  async send(call: ApiCall): Promise<unknown> {
    return bodyValue((await this.#exchange(call)).body);
  }

  async watch(call: ApiCall): Promise<AsyncIterable<ApiEvent>> {
    return watchEvents((await this.#exchange(call)).body);
  }

  async #exchange(call: ApiCall): Promise<HttpResponse> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined && value !== '') query.set(name, value);
    }
    const response = await this.#handler({
      method: call.method,
      path: call.path,
      query,
      headers: {
        accept: call.accept ?? 'application/json',
        'user-agent': 'kubectl-lite',
        ...(call.body === undefined
          ? {}
          : { 'content-type': call.contentType ?? 'application/json' }),
      },
      ...(call.body === undefined ? {} : { body: new JsonValue(call.body) }),
      peer: { address: 'in-process' },
      signal: call.signal ?? new AbortController().signal,
    });
    if (response.status >= 400) throw errorOf(response.status, await bodyValue(response.body));
    return response;
  }
}
