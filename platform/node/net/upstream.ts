import { Agent as PlainAgent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { Agent, request as requestSecurely, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Headers } from '../../http.ts';
import type { Upstream, UpstreamAnswer, UpstreamRequest } from '../../upstream.ts';
import { byteStreamOf, duplexOf } from './byte-stream.ts';

const MAX_IDLE_SOCKETS = 16;
/** Servers close idle connections too: we do it first. */
const IDLE_MS = 30_000;

async function* nothing(): AsyncGenerator<Uint8Array> {}

function headersOf(message: IncomingMessage): Headers {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

/** A stream may be silent for as long as it likes; what was dialled by others is no socket. */
function withoutTimeout(socket: Duplex): void {
  (socket as { setTimeout?: (ms: number) => void }).setTimeout?.(0);
}

class NodeUpstream implements Upstream {
  readonly #closing = new AbortController();
  readonly #open = new Set<{ destroy(error?: Error): void }>();
  readonly #plain = new PlainAgent({
    ...{ keepAlive: true, maxFreeSockets: MAX_IDLE_SOCKETS, timeout: IDLE_MS },
  });
  readonly #secure = new Agent({
    ...{ keepAlive: true, maxFreeSockets: MAX_IDLE_SOCKETS, timeout: IDLE_MS },
  });

  async send(asked: UpstreamRequest): Promise<UpstreamAnswer> {
    this.#closing.signal.throwIfAborted();
    asked.signal.throwIfAborted();
    const dialled = await asked.dial?.();
    const sent = this.#begin(asked, dialled === undefined ? undefined : duplexOf(dialled));
    const abort = (): void => void sent.destroy(new Error('the request was given up'));
    asked.signal.addEventListener('abort', abort, { once: true });
    this.#open.add(sent);
    sent.once('close', () => {
      asked.signal.removeEventListener('abort', abort);
      this.#open.delete(sent);
    });
    return new Promise((resolve, reject) => {
      sent.on('error', reject);
      sent.once('response', (message: IncomingMessage) => {
        message.on('error', () => {});
        withoutTimeout(message.socket);
        const { statusCode: status = 0 } = message;
        const body = message as AsyncIterable<Buffer>;
        resolve({ status, headers: headersOf(message), body });
      });
      sent.once('upgrade', (message: IncomingMessage, socket: Duplex, head: Buffer) => {
        if (head.length > 0) socket.unshift(head);
        const { statusCode: status = 0 } = message;
        const connection = this.#taken(socket, asked.signal);
        resolve({ status, headers: headersOf(message), body: nothing(), connection });
      });
      sent.end(asked.body);
    });
  }

  close(): Promise<void> {
    this.#closing.abort(new Error('the client was closed'));
    for (const each of [...this.#open]) each.destroy();
    this.#secure.destroy();
    this.#plain.destroy();
    return Promise.resolve();
  }

  #taken(socket: Duplex, signal: AbortSignal) {
    const abort = (): void => void socket.destroy();
    withoutTimeout(socket);
    signal.addEventListener('abort', abort, { once: true });
    this.#open.add(socket);
    socket.once('close', () => {
      signal.removeEventListener('abort', abort);
      this.#open.delete(socket);
    });
    if (signal.aborted) abort();
    return byteStreamOf(socket);
  }

  #begin(asked: UpstreamRequest, dialled: Duplex | undefined): ClientRequest {
    const url = new URL(asked.url);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const upgrades = asked.headers['upgrade'] !== undefined;
    const own = dialled !== undefined || upgrades;
    const { body, tls } = asked;
    const common: RequestOptions = {
      method: asked.method,
      path: `${url.pathname}${url.search}`,
      host,
      port: url.port || undefined,
      headers: {
        host: url.host,
        ...asked.headers,
        ...(body === undefined ? {} : { 'content-length': String(body.length) }),
      },
    };
    // Connections of their own are not kept: what dialled them decides when they end.
    if (url.protocol === 'http:' && dialled !== undefined)
      return request({ ...common, createConnection: () => dialled });
    if (url.protocol === 'http:')
      return request({ ...common, agent: upgrades ? false : this.#plain });
    const isAddress = host.includes(':') || /^[\d.]+$/.test(host);
    return requestSecurely({
      ...common,
      ...(dialled === undefined ? {} : { socket: dialled }),
      agent: own ? false : this.#secure,
      servername: isAddress ? '' : host,
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls?.certificate === undefined ? {} : { cert: tls.certificate }),
      ...(tls?.privateKey === undefined ? {} : { key: tls.privateKey }),
      rejectUnauthorized: tls?.insecureSkipVerify !== true,
    } as RequestOptions);
  }
}

export function realUpstream(): Upstream {
  return new NodeUpstream();
}
