/**
 * HTTP/1 and HTTP/2 on one port. Over TLS the two are told apart by ALPN; in the clear by the
 * first bytes, because an HTTP/2 client speaks first and begins with "PRI" (RFC 9113, 3.4).
 *
 * The socket is only ever *read* and *unshifted* before it is handed over: resuming it, or
 * listening for `data`, would start the flow and lose the preface to nobody.
 */
import { once } from 'node:events';
import { createServer as createHttpServer, ServerResponse } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import {
  createServer as createNetServer,
  type AddressInfo,
  type Server as NetServer,
  type Socket,
} from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import { SocketDuplex } from './socket-duplex.ts';
import { upgradeOf } from './http-upgrade.ts';
import { protocolOptions, refusalOf, refused } from './tls-terms.ts';
import { GatheredBytes } from '../../bytes/gathered-bytes.ts';
import { chunkBytes } from '../../net/http.ts';
import type { HttpHandler, HttpRequest, HttpResponse, Peer } from '../../net/http.ts';
import type { TlsMaterial } from '../../net/http-server.ts';
import type { SharedPort, SharedPortListening, SharedPortOptions } from '../../net/shared-port.ts';

/** A connection that says nothing for this long is closed. */
const FIRST_BYTES_MS = 30_000;
/** After this a stop destroys what has not ended by itself. */
const STOP_GRACE_MS = 1_000;
const PREFACE = 'PRI';
/** The first byte of a TLS handshake (RFC 8446, 5.1). */
const HANDSHAKE = 22;

/** Read whole, because what is served here has small ones. */
const MAX_BODY_BYTES = 16 << 20;

/** Undefined if it is larger than that. */
async function bodyOf(message: IncomingMessage): Promise<Buffer | undefined> {
  const body = new GatheredBytes();
  for await (const chunk of message as AsyncIterable<Buffer>) {
    body.add(chunk);
    if (body.length > MAX_BODY_BYTES) return undefined;
  }
  return body.take();
}

function peerOf(message: IncomingMessage): Peer {
  const { socket } = message;
  const address = `${socket.remoteAddress}:${socket.remotePort}`;
  if (!(socket instanceof TLSSocket)) return { address };
  const certificate = socket.getPeerCertificate();
  // Node returns an empty object when the client sent none.
  if (Object.keys(certificate).length === 0) return { address };
  if (!socket.authorized) return { address, certificateError: String(socket.authorizationError) };
  const subject = certificate.subject as
    { CN?: string | string[]; O?: string | string[] } | undefined;
  const name = [subject?.CN ?? []].flat()[0];
  if (name === undefined) return { address };
  return { address, certificate: { commonName: name, organizations: [subject?.O ?? []].flat() } };
}

function plainRequest(message: IncomingMessage, signal: AbortSignal): HttpRequest {
  const url = message.url ?? '/';
  const mark = url.indexOf('?');
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return {
    method: message.method ?? 'GET',
    path: mark < 0 ? url : url.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
    headers,
    peer: peerOf(message),
    signal,
  };
}

/** A stream waits for its reader, and ends when there is none any more. */
async function reply(response: HttpResponse, to: ServerResponse): Promise<void> {
  const { body } = response;
  if (body === undefined || body instanceof Uint8Array || !(Symbol.asyncIterator in body)) {
    const bytes = body === undefined ? new Uint8Array(0) : chunkBytes(body);
    to.writeHead(response.status, { ...response.headers, 'content-length': bytes.length });
    to.end(to.req.method === 'HEAD' ? undefined : bytes);
    return;
  }
  const chunks = body[Symbol.asyncIterator]();
  to.once('close', () => void chunks.return?.());
  to.writeHead(response.status, response.headers);
  to.flushHeaders();
  // Silence is no sign of trouble here.
  to.socket?.setTimeout(0);
  for (let step = await chunks.next(); step.done !== true; step = await chunks.next())
    if (!to.write(chunkBytes(step.value)) && !to.destroyed)
      await Promise.race([once(to, 'drain'), once(to, 'close')]);
  to.end();
}

/** Sockets that nobody waits for an answer on: a stop may drop them at once. */
class IdleSockets {
  readonly #idle = new Set<Socket>();
  readonly #known = new WeakSet<Socket>();
  #stopping = false;

  add(socket: Socket): void {
    if (this.#stopping) {
      socket.end();
      return;
    }
    if (socket.destroyed) return;
    this.#idle.add(socket);
    // Once per socket, however many requests it carries.
    if (this.#known.has(socket)) return;
    this.#known.add(socket);
    socket.once('close', () => this.#idle.delete(socket));
  }

  delete(socket: Socket): void {
    this.#idle.delete(socket);
  }

  drop(): void {
    this.#stopping = true;
    for (const socket of this.#idle) socket.destroy();
  }
}

/**
 * What Node hands over unread, as the other protocol's: of a request that offers another one, and
 * says how long its body is, that is the body (Java's clients offer HTTP/2).
 */
function bodyAfter(request: IncomingMessage, socket: Socket, head: Buffer): Promise<Buffer> {
  const length = Number(request.headers['content-length'] ?? 0);
  if (!(length > 0 && length <= MAX_BODY_BYTES)) return Promise.resolve(Buffer.alloc(0));
  const body = new GatheredBytes();
  body.add(head);
  return new Promise((resolve, reject) => {
    const take = (): void => {
      for (;;) {
        if (body.length >= length) break;
        const chunk = socket.read() as Buffer | null;
        if (chunk === null) return;
        body.add(chunk);
      }
      socket.off('readable', take);
      resolve(body.take().subarray(0, length));
    };
    socket.on('readable', take);
    socket.once('close', () => reject(new Error('the connection broke off')));
    take();
  });
}

/** Requests for another protocol: answered like any other, or the connection goes to it. */
function upgrading(server: Server, handler: HttpHandler, idle: IdleSockets): void {
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    idle.delete(socket);
    const abort = new AbortController();
    socket.once('close', () => abort.abort());
    const { response, upgrade } = upgradeOf({ request, socket, head }, ServerResponse);
    const serve = async (): Promise<void> => {
      const body = await bodyAfter(request, socket, head);
      const answer = await handler({ ...plainRequest(request, abort.signal), body });
      if (answer.upgrade === undefined) return reply(answer, response);
      if (abort.signal.aborted) return;
      const connection = upgrade(answer.headers);
      await answer.upgrade(connection);
      connection.destroy();
    };
    serve().catch(() => socket.destroy());
  });
}

function http1(handler: HttpHandler, idle: IdleSockets): Server {
  const server = createHttpServer((message, answer) => {
    idle.delete(message.socket);
    const abort = new AbortController();
    answer.once('close', () => {
      abort.abort();
      idle.add(message.socket);
    });
    const serve = async (): Promise<void> => {
      const body = await bodyOf(message);
      const response =
        body === undefined
          ? { status: 413, headers: { connection: 'close' } }
          : await handler({ ...plainRequest(message, abort.signal), body });
      await reply(response, answer);
    };
    serve().catch(() => answer.destroy());
  });
  // A server that never listens itself does not watch over its connections otherwise.
  server.timeout = FIRST_BYTES_MS;
  return server;
}

type Spoken = 'tls' | 'http1' | 'http2';

/** Hands `socket` on once its first bytes tell what it speaks. */
function sniff(socket: Socket, known: (spoken: Spoken) => void): void {
  const deadline = setTimeout(() => socket.destroy(), FIRST_BYTES_MS);
  const ignore = (): void => {};
  const stop = (): void => {
    clearTimeout(deadline);
    socket.off('readable', look);
    socket.off('close', stop);
    socket.off('error', ignore);
  };
  let head: Buffer = Buffer.alloc(0);
  const look = (): void => {
    // From Node.js 26 on each call gives one piece of what came.
    for (let bytes: Buffer | null; (bytes = socket.read() as Buffer | null) !== null;)
      head = head.length === 0 ? bytes : Buffer.concat([head, bytes]);
    if (head.length === 0) return;
    const start = head.toString('latin1', 0, PREFACE.length);
    // Too little to tell. Not put back yet: that would make the socket readable again at once.
    if (start.length < PREFACE.length && PREFACE.startsWith(start)) return;
    stop();
    socket.unshift(head);
    if (head[0] === HANDSHAKE) known('tls');
    else known(start === PREFACE ? 'http2' : 'http1');
  };
  socket.on('readable', look);
  socket.on('close', stop);
  socket.on('error', ignore);
}

/** What a renewal replaces. */
function secureContext({ certificate, privateKey, clientCa, terms }: TlsMaterial) {
  const trusted = clientCa === undefined ? {} : { ca: clientCa };
  return { cert: certificate, key: privateKey, ...trusted, ...protocolOptions(terms) };
}

interface Listener {
  readonly server: NetServer;
  readonly renew: SharedPortListening['renew'];
  readonly handTlsTo: SharedPortListening['handTlsTo'];
}

/** Calls `arrived` for each connection whose protocol is known. */
function listener(
  options: SharedPortOptions,
  arrived: (socket: Socket, h2: boolean) => void,
): Listener {
  const { tls, clientCertificates = 'required', onRefused } = options;
  if (tls === undefined) {
    let takeTls: ((socket: Socket) => void) | undefined;
    const server = createNetServer({ noDelay: true }, (socket) =>
      sniff(socket, (spoken) => {
        if (spoken === 'tls' && takeTls !== undefined) takeTls(socket);
        else arrived(socket, spoken === 'http2');
      }),
    );
    return { server, renew() {}, handTlsTo: (take) => (takeTls = take) };
  }
  let { terms } = tls;
  const server = createTlsServer(
    {
      ...secureContext(tls),
      requestCert: tls.clientCa !== undefined,
      rejectUnauthorized: tls.clientCa !== undefined && clientCertificates === 'required',
      noDelay: true,
      ALPNProtocols: options.onHttp2 === undefined ? ['http/1.1'] : ['h2', 'http/1.1'],
    },
    (socket: TLSSocket) => {
      const reason = refusalOf(socket, terms);
      if (reason === undefined) return arrived(socket, socket.alpnProtocol === 'h2');
      onRefused?.(refused(socket, reason));
      socket.destroy();
    },
  );
  server.on('tlsClientError', (error, socket) => onRefused?.(refused(socket, error.message)));
  const renew = (fresh: TlsMaterial): void => {
    ({ terms } = fresh);
    server.setSecureContext(secureContext(fresh));
  };
  return { server, renew, handTlsTo() {} };
}

function listenAt(server: NetServer, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

export const sniffingServer: SharedPort = async (options): Promise<SharedPortListening> => {
  const { onHttp2 } = options;
  const idle = new IdleSockets();
  const http = http1(options.onHttp1, idle);
  if (options.upgrades === true) upgrading(http, options.onHttp1, idle);
  const sockets = new Set<Socket>();
  const { server, renew, handTlsTo } = listener(options, (socket, isHttp2) => {
    socket.on('error', () => {});
    if (!isHttp2) {
      idle.add(socket);
      http.emit('connection', socket);
      return;
    }
    if (onHttp2 === undefined) {
      socket.destroy();
      return;
    }
    idle.delete(socket);
    onHttp2(new SocketDuplex(socket));
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    // Over TLS this is the socket below the one that is served.
    if (options.tls === undefined) idle.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const { beside } = options;
  if (beside === undefined) await listenAt(server, options.port, options.host);
  else beside.handTlsTo((socket) => server.emit('connection', socket));
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= new Promise((resolve) => {
      const deadline = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, STOP_GRACE_MS);
      server.close(() => {
        clearTimeout(deadline);
        resolve();
      });
      idle.drop();
    });
    return stopped;
  };
  const port = beside?.port ?? (server.address() as AddressInfo).port;
  return { port, renew, handTlsTo, stop };
};
