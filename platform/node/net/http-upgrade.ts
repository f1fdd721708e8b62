import type { ServerResponse } from 'node:http';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ByteStream } from '../../bytes/byte-stream.ts';
import { acceptance } from '../../net/websocket-server.ts';
import type { Headers } from '../../net/http.ts';
import type { MessageClass } from '../../net/http-server.ts';
import { byteStreamOf } from './byte-stream.ts';
import { sha1 } from '../crypto/sha1.ts';

/** What Node hands over with its `upgrade` event. */
export interface UpgradeEvent {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** Bytes that came with the request's head. */
  readonly head: Buffer;
}

export interface UpgradeAnswers {
  /** For an answer like any other, after which the connection ends. */
  readonly response: ServerResponse;
  /** For 101. */
  readonly upgrade: (headers: Headers) => ByteStream;
}

/** The two ways to answer a request that asks for another protocol. */
export function upgradeOf(event: UpgradeEvent, responseClass: MessageClass): UpgradeAnswers {
  const { request, socket, head } = event;
  const Response = responseClass as unknown as typeof ServerResponse;
  const response = new Response(request);
  response.shouldKeepAlive = false;
  socket.on('error', () => {});
  (socket as { setTimeout?: (ms: number) => void }).setTimeout?.(0);
  response.assignSocket(socket as never);
  response.once('finish', () => {
    response.detachSocket(socket as never);
    socket.end();
  });
  const upgrade = (headers: Headers): ByteStream => {
    response.detachSocket(socket as never);
    const lines = Object.entries(accepting(request, headers)).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    socket.write(`HTTP/1.1 101 ${STATUS_CODES[101]}\r\n${lines.join('')}\r\n`);
    if (head.length > 0) socket.unshift(head);
    return byteStreamOf(socket);
  };
  return { response, upgrade };
}

/** What accepts a WebSocket depends on the request's key: added where the answer leaves it out. */
function accepting({ headers }: IncomingMessage, answer: Headers): Headers {
  const name = 'sec-websocket-accept';
  if (answer['upgrade'] !== 'websocket' || answer[name] !== undefined) return answer;
  return { ...acceptance(headers as Headers, '', sha1), ...answer };
}
