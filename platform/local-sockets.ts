/** Plain listening sockets of a command line: a port that is forwarded, a local proxy. */
import type { HttpHandler } from './http.ts';
import type { Listening } from './http-server.ts';

export interface TcpConnection {
  /** What the other end sends; ends when it does. */
  readonly received: AsyncIterable<Uint8Array>;
  /** Resolves when the bytes are on their way. */
  send(bytes: Uint8Array): Promise<void>;
  close(): void;
}

export interface LocalAddress {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

export interface LocalPath {
  readonly path: string;
}

export interface LocalSockets {
  /** Rejects with the system's error (`EADDRINUSE`). */
  listenTcp(at: LocalAddress, serve: (connection: TcpConnection) => void): Promise<Listening>;
  /** HTTP/1.1 without TLS, on a port or on a Unix socket. */
  listenHttp(at: LocalAddress | LocalPath, handler: HttpHandler): Promise<Listening>;
}
