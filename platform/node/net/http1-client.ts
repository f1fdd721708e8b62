import { Agent, type IncomingMessage, request as send } from 'node:http';
import type { Socket } from 'node:net';
import type { ByteStream } from '../../bytes/byte-stream.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from '../../net/http.ts';
import { splice } from '../../bytes/splice.ts';
import { byteStreamOf } from './byte-stream.ts';
import type { HttpConnection } from './http-connection.ts';
import { bodyOf, pathOf, requestBytes, wireHeaders } from './http-message.ts';

const MAX_IDLE_SOCKETS = 64;

/** Plain HTTP/1.1 with keep-alive. */
export function http1Handler(url: URL): HttpConnection {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: MAX_IDLE_SOCKETS });
  return exchange({ url, agent, defaultPort: 80, send });
}

/** The two modules of HTTP/1.1 in Node differ in their `request` and `Agent` only. */
export function exchange(transport: {
  readonly url: URL;
  readonly agent: Agent;
  readonly defaultPort: number;
  readonly send: typeof send;
}): HttpConnection {
  const { url, agent, defaultPort } = transport;
  const closing = new AbortController();
  const handler: HttpHandler = (request) =>
    new Promise<HttpResponse>((resolve, reject) => {
      const body = requestBytes(request);
      const sent = transport.send({
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port || defaultPort,
        method: request.method,
        path: pathOf(request),
        headers: headersOf(request, body),
        agent,
        signal: AbortSignal.any([request.signal, closing.signal]),
      });
      sent.once('error', reject);
      sent.once('response', (message) => {
        responseOf(message).then(resolve, reject);
      });
      sent.once('upgrade', (message: IncomingMessage, socket: Socket, head: Buffer) => {
        if (head.length > 0) socket.unshift(head);
        closing.signal.addEventListener('abort', () => socket.destroy(), { once: true });
        const upgrade = (connection: ByteStream): Promise<void> =>
          splice(connection, byteStreamOf(socket)).finally(() => void socket.destroy());
        resolve({ status: 101, headers: plainHeaders(message), upgrade });
      });
      sent.end(body);
    });
  const close = async (): Promise<void> => {
    closing.abort();
    agent.destroy();
  };
  return { handler, close };
}

function headersOf(
  request: HttpRequest,
  body: Uint8Array | undefined,
): Record<string, string | string[]> {
  const length = body === undefined ? {} : { 'content-length': String(body.length) };
  return { ...wireHeaders(request.headers), ...length };
}

function plainHeaders({ headers: given }: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

async function responseOf(message: IncomingMessage): Promise<HttpResponse> {
  const headers = plainHeaders(message);
  return { status: message.statusCode ?? 0, headers, ...(await bodyOf(message, headers)) };
}
