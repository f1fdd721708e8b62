/** Plain listening sockets of a command line: a port that is forwarded, a local proxy. */
import type { ByteStream } from '../bytes/byte-stream.ts';
import type { HttpHandler } from './http.ts';
import type { Listening } from './http-server.ts';

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
  listenTcp(at: LocalAddress, serve: (connection: ByteStream) => void): Promise<Listening>;
  /** HTTP/1.1 without TLS, on a port or on a Unix socket. */
  listenHttp(at: LocalAddress | LocalPath, handler: HttpHandler): Promise<Listening>;
}
