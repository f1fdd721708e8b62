/** The client's end of a WebSocket (RFC 6455) as an effect. Messages are bytes. */
import type { HandshakeRequest } from './handshake.ts';

export interface WebSocketRequest extends HandshakeRequest {
  /** Subprotocols, best first. */
  readonly protocols: readonly string[];
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

/** Rejects with a HandshakeRefusedError, or the system's error. */
export type ConnectWebSocket = (request: WebSocketRequest) => Promise<WebSocketConnection>;
