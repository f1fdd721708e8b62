/** {@link OutgoingHttp} over HTTP/1.1 with keep-alive: what every webhook server speaks. */
import {
  Agent as PlainAgent,
  type ClientRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as sendPlain,
} from 'node:http';
import { Agent, request as sendSecure, type RequestOptions } from 'node:https';
import type { OutgoingAnswer, OutgoingHttp, OutgoingRequest } from '../../net/outgoing-http.ts';
import { OutgoingAnswerTooLarge } from '../../net/outgoing-http.ts';
import { serverIdentity } from './server-identity.ts';

/** Of one server, with one set of certificates. */
const MAX_SOCKETS = 128;
const MAX_IDLE_SOCKETS = 16;
/** Servers close idle connections too (Go after 90 s or more): we do it first. */
const IDLE_MS = 30_000;
/** TLS sessions kept for resumption, of all servers. */
const MAX_SESSIONS = 100;

class NodeOutgoingHttp implements OutgoingHttp {
  /** What is under way: an abort signal of all would warn of its many listeners. */
  readonly #underWay = new Set<ClientRequest>();
  #isClosed = false;
  readonly #secure = new Agent({
    keepAlive: true,
    maxSockets: MAX_SOCKETS,
    maxFreeSockets: MAX_IDLE_SOCKETS,
    maxCachedSessions: MAX_SESSIONS,
    timeout: IDLE_MS,
  });
  readonly #plain = new PlainAgent({
    keepAlive: true,
    maxSockets: MAX_SOCKETS,
    maxFreeSockets: MAX_IDLE_SOCKETS,
    timeout: IDLE_MS,
  });

  async send(request: OutgoingRequest): Promise<OutgoingAnswer> {
    for (;;) {
      const attempt: { reused: boolean } = { reused: false };
      try {
        return await this.#exchange(request, attempt);
      } catch (error) {
        // The server closed an idle connection just as it was used again: nothing was read.
        if (attempt.reused && (error as { code?: string }).code === 'ECONNRESET') continue;
        throw error;
      }
    }
  }

  close(): Promise<void> {
    this.#isClosed = true;
    for (const sent of this.#underWay) sent.destroy(closed());
    this.#secure.destroy();
    this.#plain.destroy();
    return Promise.resolve();
  }

  #exchange(request: OutgoingRequest, attempt: { reused: boolean }): Promise<OutgoingAnswer> {
    const { signal, body, maxAnswerBytes } = request;
    signal.throwIfAborted();
    if (this.#isClosed) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      const sent = this.#begin(request);
      this.#underWay.add(sent);
      const abort = (): void => void sent.destroy(abortReason(signal));
      signal.addEventListener('abort', abort, { once: true });
      sent.once('close', () => {
        signal.removeEventListener('abort', abort);
        this.#underWay.delete(sent);
      });
      let answered = false;
      sent.on('error', (error) => {
        attempt.reused = sent.reusedSocket && !answered;
        reject(error);
      });
      sent.once('response', (message) => {
        answered = true;
        answerOf(message, maxAnswerBytes).then(resolve, (error: Error) => {
          sent.destroy();
          reject(this.#isClosed ? closed() : signal.aborted ? abortReason(signal) : error);
        });
      });
      sent.end(body);
    });
  }

  #begin(request: OutgoingRequest): ClientRequest {
    const { url: text, method, headers, body, address, serverName } = request;
    const url = new URL(text);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const length = { 'content-length': String(body?.length ?? 0) };
    const common: RequestOptions = {
      method,
      path: `${url.pathname}${url.search}`,
      host: address?.host ?? host,
      port: address?.port ?? (url.port || undefined),
      headers: { host: url.host, ...(headers as OutgoingHttpHeaders), ...length },
    };
    if (url.protocol === 'http:') return sendPlain({ ...common, agent: this.#plain });
    const { ca, client, insecureSkipVerify } = request;
    return sendSecure({
      ...common,
      agent: this.#secure,
      ...serverIdentity(serverName ?? host),
      ...(ca === undefined ? {} : { ca }),
      ...(client === undefined ? {} : { cert: client.certificate, key: client.privateKey }),
      // As Go: a serving certificate may itself stand among those that are trusted.
      allowPartialTrustChain: true,
      rejectUnauthorized: insecureSkipVerify !== true,
    });
  }
}

const closed = (): Error => new Error('the client was closed');

function abortReason({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new Error('the request was aborted');
}

async function answerOf(message: IncomingMessage, maxBytes: number): Promise<OutgoingAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes)
      throw new OutgoingAnswerTooLarge(`more than ${maxBytes} bytes`, message.statusCode ?? 0);
    chunks.push(chunk);
  }
  return { ...headOf(message), body: Buffer.concat(chunks) };
}

function headOf(message: IncomingMessage): Omit<OutgoingAnswer, 'body'> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return { status: message.statusCode ?? 0, headers };
}

export function outgoingHttp(): OutgoingHttp {
  return new NodeOutgoingHttp();
}
