/** The client's end of a WebSocket (RFC 6455) as an effect. Messages are bytes. */
import type { Headers } from './http.ts';

export interface WebSocketRequest {
  /** "https://127.0.0.1:6443/api/v1/…?x=y"; http and https. */
  readonly url: string;
  /** Subprotocols, best first. */
  readonly protocols: readonly string[];
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

export interface WebSocketConnection {
  /** The subprotocol that the server chose; "" if none. */
  readonly protocol: string;
  /** Resolves when the bytes have left this process, or the connection has closed. */
  send(bytes: Uint8Array): Promise<void>;
  /** One consumer. Ends when the connection closes; rejects if it breaks. */
  readonly messages: AsyncIterable<Uint8Array>;
  close(): void;
}

/** The server answered the handshake with something else. */
export class WebSocketRefusedError extends Error {
  override readonly name = 'WebSocketRefusedError';
  readonly status: number;
  readonly body: string;

  constructor(status: number, body: string) {
    super(`the server answered the handshake with ${status}`);
    this.status = status;
    this.body = body;
  }
}

/** Rejects with {@link WebSocketRefusedError}, or the system's error. */
export type ConnectWebSocket = (request: WebSocketRequest) => Promise<WebSocketConnection>;
