import {
  Agent as PlainAgent,
  type ClientRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
} from 'node:http';
import { Agent, request as requestSecurely, type RequestOptions } from 'node:https';
import { type Duplex, pipeline } from 'node:stream';
import type { Headers } from '../../net/http.ts';
import type { Upstream, UpstreamAnswer, UpstreamRequest } from '../../net/upstream.ts';
import { byteStreamOf, duplexOf } from './byte-stream.ts';
import { serverIdentity } from './server-identity.ts';

const MAX_IDLE_SOCKETS = 16;
/** Servers close idle connections too: we do it first. */
const IDLE_MS = 30_000;

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Node keeps `set-cookie` alone as a list. */
function headOf(message: IncomingMessage): Pick<UpstreamAnswer, 'status' | 'headers' | 'cookies'> {
  const { 'set-cookie': cookies, ...headers } = message.headers;
  return {
    status: message.statusCode ?? 0,
    headers: headers as Headers,
    ...(cookies === undefined ? {} : { cookies }),
  };
}

/** The server closed an idle connection just as it was used again: nothing was read. */
function mayRepeat(sent: ClientRequest, error: Error, { body }: UpstreamRequest): boolean {
  const isWhole = body === undefined || body instanceof Uint8Array;
  return isWhole && sent.reusedSocket && (error as { code?: string }).code === 'ECONNRESET';
}

/** A stream may be silent for as long as it likes; what was dialled by others is no socket. */
function withoutTimeout(socket: Duplex): void {
  (socket as { setTimeout?: (ms: number) => void }).setTimeout?.(0);
}

class NodeUpstream implements Upstream {
  readonly #closing = new AbortController();
  readonly #open = new Set<{ destroy(error?: Error): void }>();
  readonly #plain = new PlainAgent({
    keepAlive: true,
    maxFreeSockets: MAX_IDLE_SOCKETS,
    timeout: IDLE_MS,
  });
  readonly #secure = new Agent({
    keepAlive: true,
    maxFreeSockets: MAX_IDLE_SOCKETS,
    timeout: IDLE_MS,
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
      let isAnswered = false;
      sent.on('error', (error) => {
        if (isAnswered || !mayRepeat(sent, error, asked)) reject(error);
        else resolve(this.send(asked));
      });
      sent.once('response', (message: IncomingMessage) => {
        isAnswered = true;
        message.on('error', () => {});
        withoutTimeout(message.socket);
        resolve({ ...headOf(message), body: message as AsyncIterable<Buffer> });
      });
      sent.once('upgrade', (message: IncomingMessage, socket: Duplex, head: Buffer) => {
        isAnswered = true;
        if (head.length > 0) socket.unshift(head);
        const connection = this.#taken(socket, asked.signal);
        resolve({ ...headOf(message), body: nothing(), connection });
      });
      const { body } = asked;
      if (body === undefined || body instanceof Uint8Array) sent.end(body);
      // What breaks on either side breaks off the other; the events above tell of it.
      else pipeline(body, sent, () => {});
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
    // As it was asked for: a URL resolves "..", which would be another path than was allowed.
    const path = /^[^/]*\/\/[^/?]*(.*)$/.exec(asked.url)![1]!;
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const upgrades = asked.headers['upgrade'] !== undefined;
    const own = dialled !== undefined || upgrades;
    const { body, tls, address } = asked;
    const length = body instanceof Uint8Array ? { 'content-length': String(body.length) } : {};
    const common: RequestOptions = {
      method: asked.method,
      path: path.startsWith('/') ? path : `/${path}`,
      host: address?.host ?? host,
      port: address?.port ?? (url.port || undefined),
      headers: { host: url.host, ...(asked.headers as OutgoingHttpHeaders), ...length },
    };
    // Connections of their own are not kept: what dialled them decides when they end.
    if (url.protocol === 'http:' && dialled !== undefined)
      return request({ ...common, createConnection: () => dialled });
    if (url.protocol === 'http:')
      return request({ ...common, agent: upgrades ? false : this.#plain });
    return requestSecurely({
      ...common,
      ...(dialled === undefined ? {} : { socket: dialled }),
      agent: own ? false : this.#secure,
      ...serverIdentity(tls?.serverName ?? host),
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls?.certificate === undefined ? {} : { cert: tls.certificate }),
      ...(tls?.privateKey === undefined ? {} : { key: tls.privateKey }),
      // As Go: a serving certificate may itself stand among those that are trusted.
      allowPartialTrustChain: true,
      rejectUnauthorized: tls?.insecureSkipVerify !== true,
    } as RequestOptions);
  }
}

export function realUpstream(): Upstream {
  return new NodeUpstream();
}
