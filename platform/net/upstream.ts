/**
 * Requests that are passed on to another server: answers stream, and connections may be taken
 * over by another protocol (101). Compare `outgoing-http.ts`, which asks questions.
 */
import type { ByteStream } from '../bytes/byte-stream.ts';
import type { Headers } from './http.ts';

export interface UpstreamTls {
  /** PEM authorities. Absent: the system's. */
  readonly ca?: string | undefined;
  /** PEM, to prove who calls. */
  readonly certificate?: string | undefined;
  readonly privateKey?: string | undefined;
  /** The name the server's certificate must bear, if not the URL's host. */
  readonly serverName?: string | undefined;
  readonly insecureSkipVerify?: boolean | undefined;
}

export interface UpstreamRequest {
  readonly method: string;
  /** "https://host:port/path?query"; http too: what goes into the request, whatever is dialled. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** What comes bit by bit is passed on as it comes; a `content-length` among the headers holds. */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array> | undefined;
  readonly tls?: UpstreamTls | undefined;
  /** Where to connect, if not to the URL's host. */
  readonly address?: { readonly host: string; readonly port: number } | undefined;
  /** Makes the connection, where the URL's host is not what is dialled. */
  readonly dial?: (() => Promise<ByteStream>) | undefined;
  /** Breaks off the request, its answer and the connection that was taken over. */
  readonly signal: AbortSignal;
}

export interface UpstreamAnswer {
  readonly status: number;
  /** Names in lower case, without `set-cookie`. */
  readonly headers: Headers;
  readonly cookies?: readonly string[];
  /** Empty if the connection was taken over. Whoever leaves the loop early breaks it off. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Set with status 101. */
  readonly connection?: ByteStream;
}

/** Rejects with the system's own error if there is no answer. */
export interface Upstream {
  send(request: UpstreamRequest): Promise<UpstreamAnswer>;
  /** Breaks off what is under way and closes the sockets. */
  close(): Promise<void>;
}
