/**
 * The gateway over a WebSocket, as etcd has it: what the client sends is the body of a POST, each
 * line of the answer is a text message. Who can set no header tells a token as the subprotocol
 * "Bearer, <token>".
 */
import type { ByteStream } from '../../../platform/bytes/byte-stream.ts';
import {
  type Chunk,
  chunkBytes,
  type HttpRequest,
  type HttpResponse,
} from '../../../platform/net/http.ts';
import { offeredProtocols, ServerWebSocket } from '../../../platform/net/websocket-server.ts';

const BEARER = 'Bearer';

/** Messages of the client, until it leaves; never rejects. */
async function* textsOf(socket: ServerWebSocket): AsyncGenerator<string, undefined> {
  try {
    for await (const { bytes } of socket.messages()) yield Buffer.from(bytes).toString();
  } catch {
    // It broke off, or spoke no WebSocket.
  }
}

async function* chunksOf(body: Chunk | AsyncIterable<Chunk> | undefined): AsyncGenerator<Chunk> {
  if (body === undefined) return;
  if (Symbol.asyncIterator in body) yield* body;
  else yield body;
}

/** Accepts the WebSocket; `answer` is asked with the request that it stands for. */
export function overWebSocket(
  request: HttpRequest,
  answer: (
    posted: HttpRequest,
    messages: AsyncGenerator<string, undefined>,
  ) => Promise<HttpResponse> | HttpResponse,
): HttpResponse {
  const [scheme, token] = offeredProtocols(request.headers);
  const hasToken = scheme === BEARER && token !== undefined;
  const posted: HttpRequest = {
    ...request,
    method: 'POST',
    headers: { ...request.headers, ...(hasToken && { authorization: token }) },
  };
  const converse = async (connection: ByteStream): Promise<void> => {
    const socket = new ServerWebSocket(connection);
    try {
      const { body } = await answer(posted, textsOf(socket));
      for await (const chunk of chunksOf(body)) {
        const line = Buffer.from(chunkBytes(chunk)).toString().trimEnd();
        await socket.send('text', Buffer.from(line));
      }
      await socket.close();
    } catch {
      // The client is gone: there is nobody to tell.
    }
  };
  return {
    status: 101,
    headers: {
      upgrade: 'websocket',
      connection: 'Upgrade',
      ...(hasToken && { 'sec-websocket-protocol': BEARER }),
    },
    upgrade: converse,
  };
}
