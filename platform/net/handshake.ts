/**
 * The client's end of an HTTP/1.1 connection that goes on in another protocol (RFC 9110, 7.8), as
 * an effect.
 */
import type { ByteStream } from '../bytes/byte-stream.ts';
import type { Headers } from './http.ts';

/** Where a handshake is made, and as whom. */
export interface HandshakeRequest {
  /** "https://127.0.0.1:6443/api/v1/…?x=y"; http and https. */
  readonly url: string;
  readonly headers: Headers;
  /** PEM. */
  readonly ca?: Uint8Array;
  readonly cert?: Uint8Array;
  readonly key?: Uint8Array;
  readonly insecureSkipVerify?: boolean;
  readonly serverName?: string;
  /** A proxy at http://, https:// or socks5:// on the way. */
  readonly proxyUrl?: string;
}

/** The server answered the handshake with something else. */
export class HandshakeRefusedError extends Error {
  override readonly name = 'HandshakeRefusedError';
  readonly status: number;
  readonly body: string;

  constructor(status: number, body: string) {
    super(`the server answered the handshake with ${status}`);
    this.status = status;
    this.body = body;
  }
}

/**
 * POSTs, with `upgrade` among the headers. Rejects with {@link HandshakeRefusedError}, or the
 * system's error.
 */
export type ConnectUpgrade = (request: HandshakeRequest) => Promise<ByteStream>;
