/**
 * A listening HTTPS socket as an effect. The real one is `platform/node/net/http-server.ts`; what
 * answers on it (Express, or anything that takes Node's message objects) is an {@link Edge}.
 */
import type { ByteStream } from '../bytes/byte-stream.ts';
import type { Headers, Pausable, Peer } from './http.ts';
import type { Running } from '../lifecycle.ts';
import type { TlsTerms } from './tls-terms.ts';

/** PEM texts. */
export interface TlsMaterial {
  readonly certificate: string;
  readonly privateKey: string;
  /** CA bundle that client certificates are verified against; absent: none are asked for. */
  readonly clientCa?: string;
  /** The CA bundle of front proxies, kept apart from that of clients. */
  readonly frontProxyCa?: string;
  /** Heeded by {@link SharedPort}s. */
  readonly terms?: TlsTerms;
}

export type MessageClass = new (...parameters: never[]) => object;

/**
 * The classes a server makes its messages from. An edge may hand back subclasses, so that every
 * message is born with the prototype it needs: changing it later slows each access down.
 */
export interface MessageClasses {
  readonly http1Request: MessageClass;
  readonly http1Response: MessageClass;
  readonly http2Request: MessageClass;
  readonly http2Response: MessageClass;
}

/** One request on a socket. `request` and `response` are instances of the edge's classes. */
export interface Exchange {
  readonly request: object;
  readonly response: object;
  readonly httpVersion: 1 | 2;
  readonly peer: Peer;
  /** Absent over HTTP/2, where a connection carries many requests at a time. */
  readonly connection?: Pausable;
  /**
   * Set if the client asks for another protocol on this connection: answers 101, in place of
   * `response`, and hands the connection over.
   */
  readonly upgrade?: (headers: Headers) => ByteStream;
}

export interface Edge {
  readonly classes: MessageClasses;
  /** Never throws; answers or destroys the exchange. */
  serve(exchange: Exchange): void;
  /** Ends the streams under way cleanly; new ones are ended at once. */
  drain(): void;
}

export interface ListenOptions {
  /** Makes the edge from Node's own classes. */
  readonly edge: (bases: MessageClasses) => Edge;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly tls: TlsMaterial;
  /** Milliseconds after which a silent HTTP/2 connection takes no more; 120,000 unless told. */
  readonly idleMs?: number | undefined;
}

export interface Listening extends Running {
  readonly port: number;
}

export interface HttpListening extends Listening {
  /** Serves another certificate, and trusts other clients, on connections from now on. */
  readonly renew: (tls: TlsMaterial) => void;
}

/** Rejects with the operating system's error (`EADDRINUSE`, `EACCES`, …) if it cannot listen. */
export type HttpServer = (options: ListenOptions) => Promise<HttpListening>;

/** Compresses for `Content-Encoding: gzip`, off the main thread. */
export type Gzip = (bytes: Uint8Array) => Promise<Uint8Array>;

/**
 * The way back, at once. Undefined if that would be more than `maxBytes`; throws an Error if the
 * bytes are none of gzip. The real one is `platform/node/gunzip.ts`.
 */
export type Gunzip = (bytes: Uint8Array, maxBytes: number) => Buffer | undefined;
