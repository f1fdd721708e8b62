import { WebSocket } from 'ws';
import { BoundedStream } from '../../stream.ts';
import { HandshakeRefusedError } from '../../net/handshake.ts';
import type { ConnectWebSocket, WebSocketConnection } from '../../net/websocket.ts';
import { dialling, refusal } from './handshake.ts';
import { wireHeaders } from './http-message.ts';

/** Messages that may wait for their consumer; then the socket is paused. */
const HIGH_WATER = 64;
/** More than this at once means that pausing did not work. */
const MAX_WAITING = 4096;

export const connectWebSocket: ConnectWebSocket = (request) =>
  new Promise<WebSocketConnection>((resolve, reject) => {
    let protocol = '';
    const socket = new WebSocket(request.url.replace(/^http/, 'ws'), {
      headers: {
        ...wireHeaders(request.headers),
        'Sec-WebSocket-Protocol': request.protocols.join(', '),
      },
      // Kubernetes has names of subprotocols that RFC 6455 does not allow ("SPDY/3.1+…"), so that
      // ws is not told of any.
      finishRequest(asked) {
        asked.prependOnceListener('upgrade', ({ headers }) => {
          protocol = headers['sec-websocket-protocol'] ?? '';
          delete headers['sec-websocket-protocol'];
        });
        asked.end();
      },
      perMessageDeflate: false,
      ...dialling(request),
    });
    const messages = new BoundedStream<Uint8Array>(MAX_WAITING, () => socket.close());
    socket.on('message', (data: Buffer) => {
      messages.push(data);
      if (messages.size >= HIGH_WATER) socket.pause();
    });
    socket.once('unexpected-response', (_, response) => {
      void refusal(response).then((error) => {
        reject(error);
        socket.terminate();
      });
    });
    socket.on('error', (error) => {
      reject(error);
      messages.fail(error);
    });
    socket.once('close', () => messages.end());
    socket.once('open', () => {
      if (request.protocols.includes(protocol)) {
        return resolve(connectionOf(socket, messages, protocol));
      }
      socket.terminate();
      const named = protocol === '' ? 'none' : protocol;
      const why = `of the offered subprotocols the server chose ${named}`;
      reject(new HandshakeRefusedError(101, why));
    });
  });

function connectionOf(
  socket: WebSocket,
  messages: BoundedStream<Uint8Array>,
  protocol: string,
): WebSocketConnection {
  return {
    protocol,
    send: (bytes) =>
      new Promise((resolve) => {
        // What is sent to a closed connection is lost with it: the reader learns that it closed.
        if (socket.readyState !== WebSocket.OPEN) resolve();
        else socket.send(bytes, { binary: true }, () => resolve());
      }),
    messages: resuming(socket, messages),
    close: () => socket.close(1000),
  };
}

async function* resuming(
  socket: WebSocket,
  messages: BoundedStream<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for await (const message of messages) {
    if (messages.size < HIGH_WATER && socket.isPaused) socket.resume();
    yield message;
  }
}
