/**
 * One listening port that carries two protocols, as etcd's client port does: HTTP/2 for gRPC,
 * HTTP/1 for probes and metrics. The real one is `platform/node/net/sniffing-server.ts`.
 */
import type { Duplex } from '../bytes/duplex.ts';
import type { HttpHandler } from './http.ts';
import type { TlsMaterial } from './http-server.ts';
import type { Running } from '../lifecycle.ts';
import type { RefusedConnection } from './tls-terms.ts';

export interface SharedPortOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly tls?: TlsMaterial;
  /**
   * Over TLS: takes those connections of another's port that begin with a handshake, and listens
   * nowhere itself. Who said nothing yet is the other's.
   */
  readonly beside?: SharedPortListening;
  /**
   * With a client CA: only who shows a certificate of it gets through (the default), or everybody
   * does, and only such certificates are told of.
   */
  readonly clientCertificates?: 'required' | 'optional';
  /**
   * Takes over a connection that speaks HTTP/2, of which nothing has been read. Absent: such
   * connections are closed.
   */
  readonly onHttp2?: (connection: Duplex) => void;
  /** Answers HTTP/1 requests. Bodies come whole, as bytes; answers may be streams. */
  readonly onHttp1: HttpHandler;
  /** Requests for another protocol may be answered with 101. Default: they are like any other. */
  readonly upgrades?: boolean;
  /** Over TLS: a handshake failed, or the certificate is not taken. */
  readonly onRefused?: (connection: RefusedConnection) => void;
}

export interface SharedPortListening extends Running {
  readonly port: number;
  /** Over TLS: another certificate for connections from now on. */
  readonly renew: (tls: TlsMaterial) => void;
  /** In the clear: hands on connections that begin with a TLS handshake, for `beside`. */
  readonly handTlsTo: (take: (connection: unknown) => void) => void;
}

/** Rejects with the operating system's error (`EADDRINUSE`, `EACCES`, …) if it cannot listen. */
export type SharedPort = (options: SharedPortOptions) => Promise<SharedPortListening>;
