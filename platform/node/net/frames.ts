import {
  createServer as createHttpServer,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  type Server,
  type ServerResponse,
} from 'node:http';
import { rm } from 'node:fs/promises';
import { createServer as createHttpsServer, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type {
  FrameConnection,
  FrameConnectOptions,
  FrameHandlers,
  FrameListenOptions,
  FrameNetwork,
  FrameTls,
} from '../../net/frames.ts';
import { FramesRefusedError, NobodyListensError } from '../../net/frames.ts';
import type { Headers } from '../../net/http.ts';
import { protocolOptions, refusalOf, refused } from './tls-terms.ts';

const PROTOCOL = 'wherry-frames';
/** A frame announced larger than this is no frame of ours. */
const MAX_FRAME_BYTES = 128 << 20;
/** Up to this a frame leaves in one piece with its length: to copy it costs less than a second. */
const JOIN_BYTES = 16 << 10;
/** {@link FrameConnection.drained} waits until less than this waits. */
const LOW_WATER_BYTES = 1 << 20;

/** Cuts a stream into frames: u32 length, bytes. */
class Cutter {
  #chunks: Buffer[] = [];
  #bytes = 0;

  /** A frame was announced that is none of ours: nothing more is found. */
  isBroken = false;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  /** Undefined if no further frame has come whole. */
  next(): Buffer | undefined {
    if (this.isBroken || this.#bytes < 4) return undefined;
    const length = this.#front(4).readUInt32BE(0);
    this.isBroken = length > MAX_FRAME_BYTES;
    if (this.isBroken || this.#bytes < 4 + length) return undefined;
    const frame = this.#front(4 + length).subarray(4, 4 + length);
    this.#drop(4 + length);
    return frame;
  }

  /** The first chunk, made to hold at least `bytes`. */
  #front(bytes: number): Buffer {
    if (this.#chunks[0]!.length < bytes) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }

  #drop(bytes: number): void {
    const rest = this.#chunks[0]!.subarray(bytes);
    if (rest.length > 0) this.#chunks[0] = rest;
    else this.#chunks.shift();
    this.#bytes -= bytes;
  }
}

class SocketConnection implements FrameConnection {
  readonly #socket: Duplex;
  #corked = false;

  constructor(socket: Duplex) {
    this.#socket = socket;
    socket.on('error', () => {});
  }

  get waiting(): number {
    return this.#socket.writableLength;
  }

  send(frame: Uint8Array): void {
    if (this.#socket.destroyed) return;
    const joined = frame.length <= JOIN_BYTES;
    const head = Buffer.allocUnsafe(joined ? 4 + frame.length : 4);
    head.writeUInt32BE(frame.length, 0);
    if (joined) head.set(frame, 4);
    this.#socket.write(head);
    if (!joined) this.#socket.write(frame);
  }

  cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    queueMicrotask(() => {
      this.#corked = false;
      this.#socket.uncork();
    });
  }

  async drained(): Promise<void> {
    while (this.waiting > LOW_WATER_BYTES && !this.#socket.destroyed) await this.#moved();
  }

  #moved(): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off('drain', done);
        socket.off('close', done);
        resolve();
      };
      socket.on('drain', done);
      socket.on('close', done);
    });
  }

  receive(handlers: FrameHandlers): void {
    const cutter = new Cutter();
    this.#socket.on('data', (chunk: Buffer) => {
      cutter.add(chunk);
      for (let frame = cutter.next(); frame !== undefined; frame = cutter.next()) {
        // What this throws is a bug of this process, which it ends: nobody catches it here.
        handlers.frame(frame);
        if (this.#socket.destroyed) return;
      }
      if (cutter.isBroken) this.#socket.destroy();
    });
    this.#socket.once('close', () => handlers.closed());
    this.#socket.on('end', () => this.#socket.destroy());
    if (this.#socket.destroyed) handlers.closed();
  }

  close(): void {
    this.#socket.end(() => this.#socket.destroy());
  }

  abort(): void {
    this.#socket.destroy();
  }
}

function headersOf(message: IncomingMessage): Headers {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return headers;
}

function refuse(socket: Duplex, error: unknown): void {
  const status = error instanceof FramesRefusedError ? error.status : 500;
  const text = error instanceof Error ? error.message : String(error);
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nConnection: close\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}

interface FramePort {
  readonly server: Server;
  readonly renew: (tls: FrameTls) => void;
}

function serverOf({ http, tls, onRefused }: FrameListenOptions): FramePort {
  const answer = (message: IncomingMessage, reply: ServerResponse): void => {
    message.resume();
    const abort = new AbortController();
    reply.once('close', () => abort.abort());
    const url = new URL(message.url ?? '/', 'http://peer');
    http({
      method: message.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: headersOf(message),
      peer: { address: message.socket.remoteAddress ?? '' },
      signal: abort.signal,
    })
      .then((response) => {
        const { body } = response;
        reply.writeHead(response.status, response.headers);
        reply.end(body instanceof Uint8Array ? body : undefined);
      })
      .catch(() => reply.destroy());
  };
  if (tls === undefined) return { server: createHttpServer({ noDelay: true }, answer), renew() {} };
  const server = createHttpsServer({ noDelay: true, ...secrets(tls) }, answer);
  let { terms } = tls;
  server.on('secureConnection', (socket: TLSSocket) => {
    const reason = refusalOf(socket, terms);
    if (reason === undefined) return;
    onRefused?.(refused(socket, reason));
    socket.destroy();
  });
  server.on('tlsClientError', (error, socket) => onRefused?.(refused(socket, error.message)));
  const renew = (fresh: FrameTls): void => {
    ({ terms } = fresh);
    server.setSecureContext(secrets(fresh));
  };
  return { server, renew };
}

const secrets = ({ certificate, privateKey, ca, terms, trustsAnyone }: FrameTls) => ({
  cert: certificate,
  key: privateKey,
  ...protocolOptions(terms),
  ...(ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }),
  ...(trustsAnyone === true && { rejectUnauthorized: false }),
});

/** Of who connects. */
const callerSecrets = (tls: FrameTls) => secrets({ ...tls, ...tls.caller });

async function listen(options: FrameListenOptions): ReturnType<FrameNetwork['listen']> {
  const { server, renew } = serverOf(options);
  const sockets = new Set<Duplex>();
  server.on('connection', (socket: Duplex) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (message: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => {});
    try {
      if (message.headers.upgrade !== PROTOCOL) throw new FramesRefusedError(400, 'no frames');
      const take = options.accept(headersOf(message));
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${PROTOCOL}\r\n\r\n`,
      );
      if (head.length > 0) socket.unshift(head);
      take(new SocketConnection(socket));
    } catch (error) {
      refuse(socket, error);
    }
  });
  const { host, port, file } = options;
  // Left behind by a process that was killed.
  if (file !== undefined) await rm(file, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(file === undefined ? { host, port } : { path: file }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
    return stopped;
  };
  const address = server.address() as AddressInfo | string;
  return { port: typeof address === 'string' ? 0 : address.port, renew, stop };
}

/** A request that has not been sent yet. */
function requestTo(
  { url, tls }: Pick<FrameConnectOptions, 'url' | 'tls'>,
  path: string,
  settings: RequestOptions,
): ClientRequest {
  const [, scheme, file] = /^(unixs?):\/\/(.+)$/.exec(url) ?? [];
  const secure = url.startsWith('https:') || scheme === 'unixs';
  const target = new URL(path, file === undefined ? url : `http${secure ? 's' : ''}://localhost`);
  return (secure ? httpsRequest : httpRequest)(target, {
    agent: false,
    ...settings,
    ...(file !== undefined && { socketPath: file }),
    ...(secure && tls !== undefined ? callerSecrets(tls) : {}),
  });
}

function connect(options: FrameConnectOptions): Promise<FrameConnection> {
  const { hello, timeoutMs } = options;
  const headers = { ...hello, connection: 'Upgrade', upgrade: PROTOCOL };
  return new Promise((resolve, reject) => {
    const call = requestTo(options, '/', { headers });
    call.setNoDelay(true);
    const deadline = setTimeout(() => {
      call.destroy(new Error(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    call.once('close', () => clearTimeout(deadline));
    call.on('error', (error: NodeJS.ErrnoException) => {
      const { code, message } = error;
      const absent = code === 'ECONNREFUSED' || code === 'ENOENT';
      reject(absent ? new NobodyListensError(message, { cause: error }) : error);
    });
    call.once('upgrade', (_, socket, head) => {
      clearTimeout(deadline);
      if (head.length > 0) socket.unshift(head);
      resolve(new SocketConnection(socket));
    });
    call.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.once('end', () => reject(new FramesRefusedError(response.statusCode ?? 0, text)));
    });
    call.end();
  });
}

function get(options: Parameters<FrameNetwork['get']>[0]): Promise<Buffer> {
  const { url, path, timeoutMs } = options;
  return new Promise((resolve, reject) => {
    const call = requestTo(options, path, {});
    call.setTimeout(timeoutMs, () => call.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    call.once('error', reject);
    call.once('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.once('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(parts));
        else reject(new Error(`${url}${path} answered ${response.statusCode}`));
      });
    });
    call.end();
  });
}

/** Members' connections over HTTP/1.1 upgrades, plain or TLS. */
export const nodeFrames: FrameNetwork = { listen, connect, get };
