import type { Request } from 'express';
import type { Exchange } from '../../platform/net/http-server.ts';
import type { Headers, HttpRequest, Pausable, Peer } from '../../platform/net/http.ts';

/** Read, or yet to come, or neither. */
export interface SentBody {
  readonly body?: Uint8Array | undefined;
  readonly incoming?: AsyncIterable<Uint8Array>;
}

/** Made once: its stack would say nothing, and each takes longer than the rest of a close. */
const CLOSED = new DOMException('This operation was aborted', 'AbortError');

const UNKNOWN: Peer = { address: 'unknown' };

/**
 * A socket's request as a plain value. Query and signal are made on first use: most requests
 * (get, create, update) look at neither.
 */
export class SocketRequest implements HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body?: Uint8Array;
  readonly incoming?: AsyncIterable<Uint8Array> | undefined;
  readonly peer: Peer;
  readonly connection?: Pausable | undefined;
  readonly #search: string;
  readonly #sent: Pick<Request, 'rawHeaders'>;
  #query: URLSearchParams | undefined;
  #controller: AbortController | undefined;
  #gone = false;
  #left: (() => void) | undefined;

  constructor(
    request: Request,
    { peer = UNKNOWN, connection }: Partial<Pick<Exchange, 'peer' | 'connection'>>,
    { body, incoming }: SentBody,
  ) {
    const url = request.url;
    const mark = url.indexOf('?');
    this.method = request.method;
    this.path = mark < 0 ? url : url.slice(0, mark);
    this.#search = mark < 0 ? '' : url.slice(mark + 1);
    // Node joins repeated headers itself, set-cookie aside, which no client sends.
    this.headers = request.headers as Headers;
    this.#sent = request;
    this.peer = peer;
    this.connection = connection;
    if (body !== undefined) this.body = body;
    this.incoming = incoming;
  }

  valuesOf(name: string): readonly string[] {
    const { rawHeaders } = this.#sent;
    const values: string[] = [];
    for (let i = 0; i < rawHeaders.length; i += 2)
      if (rawHeaders[i]!.toLowerCase() === name)
        values.push(Buffer.from(rawHeaders[i + 1]!, 'latin1').toString());
    return values;
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.#search);
    return this.#query;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#gone) this.#controller.abort(CLOSED);
    }
    return this.#controller.signal;
  }

  onGone(left: () => void): () => void {
    if (this.#gone) left();
    else this.#left = left;
    return () => (this.#left = undefined);
  }

  /** The response is closed: nobody waits for the answer any more. */
  close(): void {
    this.#gone = true;
    this.#left?.();
    this.#controller?.abort(CLOSED);
  }
}
