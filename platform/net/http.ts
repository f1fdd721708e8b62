/**
 * An HTTP exchange as plain values, so that a request can come from a socket or from the same
 * process and meet the same handlers.
 */

import type { ByteStream } from '../bytes/byte-stream.ts';
import { jsonText } from '../json-text.ts';

/**
 * Header names are lower case. A header sent several times is joined with ", "; one that is to be
 * sent several times has a line for each value, which no value can hold.
 */
export type Headers = Readonly<Record<string, string>>;

export interface PeerCertificate {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** When it expires; absent where none was sent but stated. */
  readonly notAfterMs?: number;
  /** SHA-256 of the certificate in hex; absent where none was sent but stated. */
  readonly sha256?: string;
}

/** Who is at the other end, as far as the transport itself knows. */
export interface Peer {
  /** "127.0.0.1:5123", or "in-process". */
  readonly address: string;
  /** Set when the transport verified a client certificate against the client CA. */
  readonly certificate?: PeerCertificate;
  /**
   * Set when it verified one against the CA of front proxies: headers of such a client may name
   * others. Beside `certificate` only if both CAs vouch for it.
   */
  readonly frontProxy?: { readonly commonName: string };
  /** Set instead when the client presented a certificate that could not be verified: why. */
  readonly certificateError?: string;
}

/** A connection that carries one request after the other. */
export interface Pausable {
  /**
   * What its client sends from now on is left in the socket. Not within the turn in which a request
   * came: that one is still read on.
   */
  pause(): void;
  resume(): void;
}

export interface HttpRequest {
  readonly method: string;
  /** Percent-encoded path without the query: "/api/v1/namespaces/default/pods". */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  /** Each value of a header as it was sent, decoded from UTF-8. Absent where none was sent. */
  valuesOf?(name: string): readonly string[];
  /**
   * Bytes from a socket, or a value from the same process, which the handler must not keep or
   * change.
   */
  readonly body?: Uint8Array | JsonValue;
  /**
   * In place of `body`, where the server was told that the request is for others: as it comes, of
   * any length. Iterated at most once; to leave the loop drops the rest.
   */
  readonly incoming?: AsyncIterable<Uint8Array> | undefined;
  readonly peer: Peer;
  /** Where it serves nobody else meanwhile: what the request came on. */
  readonly connection?: Pausable | undefined;
  /** Aborts when the client goes away: the handler then stops its work and its streams. */
  readonly signal: AbortSignal;
  /** When that aborts at the latest, by the server's monotonic clock. Absent: nobody has said. */
  readonly deadlineMs?: number;
  /**
   * The same for who waits a moment only, where a signal would have to be made: that is 2 KB, of
   * which V8's young collections keep a third. Calls `left`, at once if the client is gone, until
   * the function that it returns is called. For one caller at a time.
   */
  onGone?(left: () => void): () => void;
}

/** Each value of a header; a comma within is part of it. */
export function headerValues(request: HttpRequest, name: string): readonly string[] {
  const joined = request.headers[name];
  if (joined === undefined) return [];
  return request.valuesOf?.(name) ?? joined.split('\n');
}

/** Ends each line of JSON. */
export const NEWLINE: Uint8Array = Buffer.from('\n');

/** Bytes that are made one piece after the other, as they are sent. */
export interface Pieces extends Iterable<Uint8Array> {
  /** Of all pieces together. */
  readonly byteLength: number;
}

/** Where a {@link JsonValue} gets what it is asked for; each is called at most once. */
export interface JsonSource {
  value(): unknown;
  /** UTF-8 JSON of the same value. */
  bytes(): Uint8Array;
  /** The same bytes, where they are too many to be made at once without need. */
  readonly pieces?: Pieces | undefined;
}

/**
 * A JSON value that crosses a process's own calls without being encoded, and a socket without
 * being parsed: each of its two forms is made when first asked for.
 */
export class JsonValue {
  #source: JsonSource | undefined;
  #value: unknown;
  #bytes: Uint8Array | undefined;
  #line: Uint8Array | undefined;

  constructor(value: unknown, bytes?: Uint8Array) {
    this.#value = value;
    this.#bytes = bytes;
  }

  static from(source: JsonSource): JsonValue {
    const json = new JsonValue(undefined);
    json.#source = source;
    return json;
  }

  get value(): unknown {
    if (this.#value === undefined && this.#source !== undefined) this.#value = this.#source.value();
    return this.#value;
  }

  /** Made at most once however many sockets it is written to. */
  bytes(): Uint8Array {
    this.#bytes ??= this.#source?.bytes() ?? Buffer.from(jsonText(this.#value));
    return this.#bytes;
  }

  /** In place of {@link bytes} for who can wait between them; absent for what is short. */
  get pieces(): Pieces | undefined {
    return this.#source?.pieces;
  }

  get byteLength(): number {
    return this.pieces?.byteLength ?? this.bytes().length;
  }

  /** The bytes and a newline: as a socket gets it. Made at most once, too. */
  line(): Uint8Array {
    if (this.#line === undefined) {
      this.#line = Buffer.concat([this.bytes(), NEWLINE]);
      this.#bytes = this.#line.subarray(0, -NEWLINE.length);
    }
    return this.#line;
  }
}

/** One piece of a streamed body. For a watch each piece is one event. */
export type Chunk = Uint8Array | JsonValue;

export const chunkBytes = (chunk: Chunk): Uint8Array =>
  chunk instanceof Uint8Array ? chunk : chunk.bytes();

export interface HttpResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Set-Cookie, the one header whose values cannot be joined (RFC 6265, section 3). */
  readonly cookies?: readonly string[] | undefined;
  /**
   * A stream ends when the response does; the consumer ends it early by leaving its loop.
   * JSON is written with a newline after it, each chunk of a stream, too.
   */
  readonly body?: Chunk | AsyncIterable<Chunk>;
  /**
   * Only with status 101, which only a request with an `upgrade` header may get: the conversation
   * that follows on the connection. Resolves when it is over; never rejects. Where the answer
   * accepts a WebSocket without its `sec-websocket-accept`, the edge adds it. Whoever cannot
   * deliver the answer leaves it alone and aborts the request's signal.
   */
  readonly upgrade?: (connection: ByteStream) => Promise<void>;
}

/**
 * Answers requests. Expected failures are responses; a rejection means a broken connection
 * (client side) or a bug (server side).
 */
export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;
