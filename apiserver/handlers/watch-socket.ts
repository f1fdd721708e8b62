import { statusError } from '../../api/status.ts';
import type { ByteStream } from '../../platform/bytes/byte-stream.ts';
import { type Chunk, type Headers, JsonValue } from '../../platform/net/http.ts';
import { isWebSocketRequest, ServerWebSocket } from '../../platform/net/websocket-server.ts';

/** Of a length that goes before each event where events share one stream. */
const FRAME_HEAD_BYTES = 4;

/** False for a request that asks for no WebSocket; throws if it asks for one in no proper way. */
export function wantsWebSocket(headers: Headers): boolean {
  if (!isWebSocketRequest(headers)) return false;
  if (headers['sec-websocket-version'] !== '13')
    throw statusError('BadRequest', 'missing or bad WebSocket Version');
  if (headers['sec-websocket-key'] === undefined)
    throw statusError('BadRequest', 'mismatch challenge/response');
  return true;
}

/**
 * A watch over a WebSocket: each event is one message, text for JSON and binary for protobuf, as
 * kube-apiserver has it. Ends with the events, or when the client leaves; never rejects.
 */
export function watchOverWebSocket(
  connection: ByteStream,
  events: AsyncIterator<Chunk>,
): Promise<void> {
  return streamOverWebSocket(connection, events, (socket, event) =>
    event instanceof JsonValue
      ? socket.send('text', event.bytes())
      : socket.send('binary', event.subarray(FRAME_HEAD_BYTES)),
  );
}

/** Sends part after part. Ends with them, or when the client leaves; never rejects. */
export async function streamOverWebSocket<T>(
  connection: ByteStream,
  parts: AsyncIterator<T>,
  send: (socket: ServerWebSocket, part: T) => Promise<void>,
): Promise<void> {
  const socket = new ServerWebSocket(connection);
  const listening = untilLeft(socket).finally(() => parts.return?.());
  try {
    for (let next = await parts.next(); next.done !== true; next = await parts.next())
      await send(socket, next.value);
    await socket.close();
  } catch {
    // The client is gone: there is nobody to tell.
  }
  connection.destroy();
  await listening;
}

/** A client has nothing to say: its messages are dropped, its pings answered. */
async function untilLeft(socket: ServerWebSocket): Promise<void> {
  try {
    for await (const _message of socket.messages());
  } catch {
    // It broke off, or spoke no WebSocket.
  }
}
