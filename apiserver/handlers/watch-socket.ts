import type { ByteStream } from '../../platform/byte-stream.ts';
import { type Chunk, JsonValue } from '../../platform/http.ts';
import { ServerWebSocket } from '../../platform/websocket-server.ts';

/** Of a length that goes before each event where events share one stream. */
const FRAME_HEAD_BYTES = 4;

/**
 * A watch over a WebSocket: each event is one message, text for JSON and binary for protobuf, as
 * kube-apiserver has it. Ends with the events, or when the client leaves; never rejects.
 */
export async function watchOverWebSocket(
  connection: ByteStream,
  events: AsyncIterableIterator<Chunk>,
): Promise<void> {
  const socket = new ServerWebSocket(connection);
  const listening = untilLeft(socket).finally(() => events.return?.());
  try {
    for await (const event of events) {
      if (event instanceof JsonValue) await socket.send('text', event.bytes());
      else await socket.send('binary', event.subarray(FRAME_HEAD_BYTES));
    }
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
