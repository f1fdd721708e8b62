/**
 * Frames of bytes between two processes, in order, on one connection: what members of a cluster
 * talk over. The real one is `platform/node/net/frames.ts`: an HTTP/1.1 upgrade, so that either
 * side can refuse the other with a status and a sentence before the first frame.
 */
import type { HttpHandler, Headers } from './http.ts';
import type { Listening } from './http-server.ts';
import type { RefusedConnection, TlsTerms } from './tls-terms.ts';

export interface FrameHandlers {
  /** Must not throw for what the other end sends: that would end the process. */
  frame(bytes: Buffer): void;
  /** Called once; nothing follows. */
  closed(): void;
}

export interface FrameConnection {
  /** Bytes that wait for the network. Who sends without looking at it has no bound. */
  readonly waiting: number;
  /** Never waits. After the connection closed it does nothing. */
  send(frame: Uint8Array): void;
  /** What is sent until the end of this turn leaves together. */
  cork(): void;
  /** Resolves when little waits, or the connection has closed. */
  drained(): Promise<void>;
  /** Call once, in the turn in which the connection was handed over. */
  receive(handlers: FrameHandlers): void;
  /** Once what was sent has left. */
  close(): void;
  /** At once: the other end may not be there any more. */
  abort(): void;
}

/** PEM texts for both sides of a connection between members. */
export interface FrameTls {
  readonly certificate: string;
  readonly privateKey: string;
  /** What is shown in place of them by who connects. */
  readonly caller?: { readonly certificate: string; readonly privateKey: string };
  /** Those at the other end must show a certificate of it. */
  readonly ca?: string;
  readonly terms?: TlsTerms;
  /** Whoever is called is believed: keeps out listeners, not impostors. */
  readonly trustsAnyone?: true;
}

/** The other end does not want the connection, and says why. */
export class FramesRefusedError extends Error {
  override readonly name = 'FramesRefusedError';
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

/** The machine at the other end answers that nobody listens there. */
export class NobodyListensError extends Error {
  override readonly name = 'NobodyListensError';
}

export interface FrameListenOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** In place of both: a Unix socket, which a file of that name gives way to. */
  readonly file?: string;
  readonly tls?: FrameTls;
  /** Takes a connection, or throws {@link FramesRefusedError}. Header names are lower case. */
  readonly accept: (hello: Headers) => (connection: FrameConnection) => void;
  /** Answers requests that ask for no frames. */
  readonly http: HttpHandler;
  /** Over TLS: a handshake failed, or the certificate is not taken. */
  readonly onRefused?: (connection: RefusedConnection) => void;
}

export interface FrameConnectOptions {
  /** `http://10.0.0.1:2380`; `unix://file` and `unixs://file` are Unix sockets, plain and TLS. */
  readonly url: string;
  readonly hello: Headers;
  readonly tls?: FrameTls;
  readonly timeoutMs: number;
}

export interface FrameListening extends Listening {
  /** Over TLS: another certificate and CA for connections from now on. */
  readonly renew: (tls: FrameTls) => void;
}

export interface FrameNetwork {
  /** Rejects with the operating system's error if the address cannot be taken. */
  listen(options: FrameListenOptions): Promise<FrameListening>;
  /** Rejects with one of the two errors above, or with what else kept it from connecting. */
  connect(options: FrameConnectOptions): Promise<FrameConnection>;
  /** What the other end's {@link FrameListenOptions.http} answers to a plain GET, if with 200. */
  get(options: Omit<FrameConnectOptions, 'hello'> & { readonly path: string }): Promise<Buffer>;
}
