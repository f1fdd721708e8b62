/**
 * A request that is no gRPC call, on a connection of HTTP/2: probes, metrics and the gateway, as
 * etcd serves them there to clients like curl, which prefer HTTP/2 over TLS.
 */
import { GatheredBytes } from '../../platform/bytes/gathered-bytes.ts';
import { type Chunk, chunkBytes } from '../../platform/net/http.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from '../../platform/net/http.ts';
import { errorCodes } from './http2/errors.ts';
import type { Field } from './http2/header-table.ts';
import type { ServerStream, StreamHandlers } from './http2/stream.ts';
import type { IncompleteBytes } from './message-reader.ts';

/** Read whole, because what is served here has small ones. */
const MAX_BODY_BYTES = 16 << 20;
/** Header fields that HTTP/2 has not (RFC 9113, section 8.2.2). */
const CONNECTION_FIELDS = new Set(['connection', 'keep-alive', 'transfer-encoding']);

export interface PlainOptions {
  readonly stream: ServerStream;
  readonly fields: readonly Field[];
  readonly handler: HttpHandler;
  readonly commonName: string | undefined;
  readonly incomplete: IncompleteBytes;
  /** Called once, when nothing is at work for it any more. */
  readonly onEnd: () => void;
}

export class PlainExchange implements StreamHandlers {
  readonly #options: PlainOptions;
  readonly #abort = new AbortController();
  readonly #body = new GatheredBytes();
  /** The status of an answer that waits for the rest of the request. */
  #refusal: string | undefined;
  #isServed = false;
  #onDrain: (() => void) | undefined;

  constructor(options: PlainOptions) {
    this.#options = options;
  }

  received(bytes: Buffer): void {
    const { stream, incomplete } = this.#options;
    stream.take(bytes.length);
    // Clients like curl see no answer that comes before all is sent.
    if (this.#refusal !== undefined) return;
    this.#body.add(bytes);
    try {
      incomplete.add(bytes.length);
    } catch {
      this.#refusal = '503';
    }
    if (this.#body.length > MAX_BODY_BYTES) this.#refusal = '413';
    if (this.#refusal !== undefined) this.#drop();
  }

  #drop(): Buffer {
    this.#options.incomplete.remove(this.#body.length);
    return this.#body.take();
  }

  halfClosed(): void {
    this.#isServed = true;
    const { stream, onEnd } = this.#options;
    this.#serve()
      .catch(() => stream.reset(errorCodes.internalError))
      .finally(onEnd);
  }

  async #serve(): Promise<void> {
    const { handler, stream } = this.#options;
    if (this.#refusal !== undefined) return stream.end([{ name: ':status', value: this.#refusal }]);
    const request = this.#request(this.#drop());
    await this.#answer(await handler(request), request.method);
  }

  drained(): void {
    this.#onDrain?.();
  }

  aborted(): void {
    this.#drop();
    this.#abort.abort();
    this.#onDrain?.();
    if (!this.#isServed) this.#options.onEnd();
  }

  #request(body: Buffer): HttpRequest {
    const { fields, commonName } = this.#options;
    const headers: Record<string, string> = {};
    for (const { name, value } of fields) {
      const before = headers[name];
      const separator = name === 'cookie' ? '; ' : ', ';
      headers[name] = before === undefined ? value : before + separator + value;
    }
    const { ':method': method = '', ':path': target = '', ':authority': host, ...rest } = headers;
    delete rest[':scheme'];
    if (host !== undefined) rest['host'] ??= host;
    const mark = target.indexOf('?');
    return {
      method,
      path: mark < 0 ? target : target.slice(0, mark),
      query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
      headers: rest,
      body,
      peer: {
        address: 'unknown',
        ...(commonName !== undefined && { certificate: { commonName, organizations: [] } }),
      },
      signal: this.#abort.signal,
    };
  }

  async #answer({ status, headers, body }: HttpResponse, method: string): Promise<void> {
    const { stream } = this.#options;
    const fields: Field[] = [{ name: ':status', value: String(status) }];
    for (const [name, value] of Object.entries(headers))
      if (!CONNECTION_FIELDS.has(name)) fields.push({ name, value });
    if (body !== undefined && Symbol.asyncIterator in body) {
      stream.begin(fields);
      await this.#pass(body);
    } else {
      const bytes = body === undefined ? new Uint8Array(0) : chunkBytes(body);
      fields.push({ name: 'content-length', value: String(bytes.length) });
      if (method === 'HEAD' || bytes.length === 0) return stream.end(fields);
      stream.begin(fields);
      stream.bytes(bytes);
    }
    stream.end('body');
  }

  /** To the end, or until nobody listens any more. */
  async #pass(body: AsyncIterable<Chunk>): Promise<void> {
    const { signal } = this.#abort;
    const chunks = body[Symbol.asyncIterator]();
    signal.addEventListener('abort', () => void chunks.return?.());
    for (let step = await chunks.next(); step.done !== true; step = await chunks.next()) {
      const hasRoom = this.#options.stream.bytes(chunkBytes(step.value));
      if (!hasRoom && !signal.aborted)
        await new Promise<void>((resolve) => (this.#onDrain = resolve));
    }
  }
}
