import { createServer as createHttpServer, type IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import {
  type Chunk,
  type HttpHandler,
  type HttpRequest,
  type HttpResponse,
  JsonValue,
} from '../../net/http.ts';
import { byteStreamOf } from './byte-stream.ts';
import { type UpgradeEvent, upgradeOf } from './http-upgrade.ts';
import type { Listening } from '../../net/http-server.ts';
import type { LocalAddress, LocalPath, LocalSockets } from '../../net/local-sockets.ts';

export const realLocalSockets: LocalSockets = {
  listenTcp(at, serve) {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      serve(byteStreamOf(socket));
    });
    return listening(server, at);
  },
  listenHttp(at, handler) {
    const server = createHttpServer((request, response) => {
      void answer(handler, request, response);
    });
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      void answerUpgrade(handler, { request, socket, head });
    });
    return listening(server, at);
  },
};

function listening(server: Server, at: LocalAddress | LocalPath): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at, () => {
      server.off('error', reject);
      // On a Unix socket there is none.
      const { port = 0 } = server.address() as Partial<AddressInfo>;
      resolve({ port, stop });
    });
  });
}

async function answer(
  handler: HttpHandler,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const asked = requestOf(request, gone.signal);
    await write(response, await handler(body.length === 0 ? asked : { ...asked, body }));
  } catch (error) {
    fail(response, error);
  }
}

/** A request for another protocol, which is spoken on the connection if the handler agrees. */
async function answerUpgrade(handler: HttpHandler, event: UpgradeEvent): Promise<void> {
  const gone = new AbortController();
  event.socket.once('close', () => gone.abort());
  const { response, upgrade } = upgradeOf(event, ServerResponse);
  try {
    const found = await handler(requestOf(event.request, gone.signal));
    if (found.upgrade === undefined) return await write(response, found);
    const connection = upgrade(found.headers);
    await found.upgrade(connection);
    connection.destroy();
  } catch (error) {
    fail(response, error);
  }
}

function requestOf(request: IncomingMessage, signal: AbortSignal): HttpRequest {
  // As it was sent: a URL would take what follows two slashes for a host.
  const [path = '', ...search] = (request.url ?? '/').split('?');
  return {
    method: request.method ?? 'GET',
    path: path === '' ? '/' : path,
    query: new URLSearchParams(search.join('?')),
    headers: plainHeaders(request),
    peer: { address: `${request.socket.remoteAddress}:${request.socket.remotePort}` },
    signal,
  };
}

function fail(response: ServerResponse, error: unknown): void {
  if (!response.headersSent) response.writeHead(502, { 'content-type': 'text/plain' });
  response.end(`${error instanceof Error ? error.message : String(error)}\n`);
}

function plainHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

/** Headers of one connection, which must not be passed on to the other (RFC 9110, 7.6.1). */
const hopByHop = ['connection', 'keep-alive', 'transfer-encoding', 'content-length'];

async function write(
  response: ServerResponse,
  { status, headers, body }: HttpResponse,
): Promise<void> {
  const kept = Object.entries(headers).filter(([name]) => !hopByHop.includes(name));
  response.writeHead(status, Object.fromEntries(kept));
  const bytes = (chunk: Chunk): Uint8Array => (chunk instanceof JsonValue ? chunk.bytes() : chunk);
  if (body === undefined) return void response.end();
  if (body instanceof Uint8Array || body instanceof JsonValue)
    return void response.end(bytes(body));
  for await (const chunk of body) {
    if (!response.write(bytes(chunk))) {
      await new Promise<void>((resolve) => response.once('drain', resolve).once('close', resolve));
    }
    if (response.destroyed) return;
  }
  response.end();
}
