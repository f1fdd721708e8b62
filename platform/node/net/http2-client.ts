import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { Chunk, HttpRequest, HttpResponse } from '../../net/http.ts';
import type { ConnectOptions, HttpConnection } from './http-connection.ts';
import { bodyOf, pathOf, requestBytes, wireHeaders } from './http-message.ts';
import { serverIdentity } from './server-identity.ts';

/** As client-go: a session silent for 30 s is asked, and is dead 15 s later without an answer. */
const PING_EVERY_MS = 30_000;
const PING_TIMEOUT_MS = 15_000;
/** Bytes in flight towards us, for the session as a whole and for each stream: lists are large. */
const WINDOW_BYTES = 4 * 1024 * 1024;
/** Sessions that break before the server saw the request are replaced this often per request. */
const MAX_ATTEMPTS = 3;

/** One HTTP/2 session over TLS, connected on first use and again whenever it is gone. */
export function http2Handler(url: URL, options: ConnectOptions): HttpConnection {
  const sessions = new Sessions(url, options);
  return {
    handler: async (request) => {
      for (let attempt = 1; ; attempt++) {
        request.signal.throwIfAborted();
        const session = await sessions.current();
        try {
          return await exchange(session, request);
        } catch (error) {
          if (!(error instanceof UnsentError) || attempt === MAX_ATTEMPTS) throw error;
        }
      }
    },
    close: () => sessions.close(),
  };
}

/** The request never reached the server: sending it again cannot do anything twice. */
class UnsentError extends Error {
  constructor() {
    super('the connection was gone before the request was sent');
  }
}

class Sessions {
  readonly #url: URL;
  #options: ConnectOptions;
  #current: Promise<ClientHttp2Session> | undefined;
  readonly #open = new Set<ClientHttp2Session>();
  #closed = false;

  constructor(url: URL, options: ConnectOptions) {
    this.#url = url;
    this.#options = options;
  }

  current(): Promise<ClientHttp2Session> {
    if (this.#closed) return Promise.reject(new Error('the connection was closed'));
    this.#current ??= this.#connect();
    return this.#current;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const gone = [...this.#open].map(
      (session) => new Promise<void>((resolve) => session.once('close', resolve)),
    );
    for (const session of this.#open) session.destroy();
    await Promise.all(gone);
  }

  #connect(): Promise<ClientHttp2Session> {
    const { renewed } = this.#options;
    if (renewed === undefined) return this.#dial();
    const dialled: Promise<ClientHttp2Session> = renewed().then(
      (fresh) => {
        if (this.#closed) throw new Error('the connection was closed');
        this.#options = { ...this.#options, ...fresh };
        return this.#dial(() => dialled);
      },
      () => this.#dial(() => dialled),
    );
    dialled.catch(() => {
      if (this.#current === dialled) this.#current = undefined;
    });
    return dialled;
  }

  /** `held`: what stands in `#current` for this session, if not the promise returned. */
  #dial(held?: () => Promise<ClientHttp2Session>): Promise<ClientHttp2Session> {
    const { ca, cert, key, insecureSkipVerify, serverName } = this.#options;
    const session = connect(this.#url.origin, {
      ...(ca === undefined ? {} : { ca: pem(ca) }),
      ...(cert === undefined ? {} : { cert: pem(cert) }),
      ...(key === undefined ? {} : { key: pem(key) }),
      ...(serverName === undefined ? {} : serverIdentity(serverName)),
      // As client-go: the serving certificate may itself stand among those that are trusted.
      allowPartialTrustChain: true,
      rejectUnauthorized: !insecureSkipVerify,
      settings: { initialWindowSize: WINDOW_BYTES, enablePush: false },
    });
    this.#open.add(session);
    const connected = new Promise<ClientHttp2Session>((resolve, reject) => {
      session.once('connect', () => {
        session.setLocalWindowSize(WINDOW_BYTES);
        resolve(session);
      });
      session.once('error', reject);
      session.once('close', () => reject(new Error('the connection was closed')));
    });
    const forget = (): void => {
      if (this.#current === (held?.() ?? connected)) this.#current = undefined;
    };
    connected.catch(forget);
    session.on('error', forget);
    session.on('goaway', forget);
    const pings = keepAlive(session);
    session.once('close', () => {
      clearInterval(pings);
      this.#open.delete(session);
      forget();
    });
    return connected;
  }
}

const pem = (value: Uint8Array | string): Buffer => Buffer.from(value as Uint8Array);

/** Finds out that the peer is gone without a word (a pulled cable, a frozen process). */
function keepAlive(session: ClientHttp2Session): NodeJS.Timeout {
  const ping = (): void => {
    if (session.closed || session.destroyed || session.connecting) return;
    const dead = setTimeout(() => {
      session.destroy(new Error(`no answer to a ping for ${PING_TIMEOUT_MS} ms`));
    }, PING_TIMEOUT_MS);
    dead.unref();
    session.ping(() => clearTimeout(dead));
  };
  const timer = setInterval(ping, PING_EVERY_MS);
  timer.unref();
  return timer;
}

function exchange(session: ClientHttp2Session, request: HttpRequest): Promise<HttpResponse> {
  if (session.closed || session.destroyed) return Promise.reject(new UnsentError());
  return new Promise((resolve, reject) => {
    const body = requestBytes(request);
    const stream = session.request(
      {
        ...wireHeaders(request.headers),
        ':method': request.method,
        ':path': pathOf(request),
        ...(body === undefined ? {} : { 'content-length': String(body.length) }),
      },
      { endStream: body === undefined },
    );
    let answered = false;
    const abort = (): void => {
      stream.close(constants.NGHTTP2_CANCEL);
      stream.destroy();
      reject(new Error('the request was aborted'));
    };
    request.signal.addEventListener('abort', abort, { once: true });
    stream.once('close', () => {
      request.signal.removeEventListener('abort', abort);
      // Once the response began, its reader finds out whether it ended as it should.
      if (answered) return;
      reject(refused(stream) ? new UnsentError() : new Error('the connection broke'));
    });
    stream.on('error', (error: Error) => reject(refused(stream) ? new UnsentError() : error));
    stream.once('response', (headers) => {
      answered = true;
      responseOf(stream, headers).then(resolve, reject);
    });
    if (body !== undefined) stream.end(body);
  });
}

/** RFC 9113, section 8.7: a stream that was refused or never begun was not processed. */
function refused(stream: ClientHttp2Stream): boolean {
  return stream.rstCode === constants.NGHTTP2_REFUSED_STREAM || stream.pending;
}

async function responseOf(
  stream: ClientHttp2Stream,
  received: IncomingHttpHeaders,
): Promise<HttpResponse> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(received)) {
    if (name.startsWith(':') || value === undefined) continue;
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const { body } = await bodyOf(stream, headers);
  const whole = body === stream ? wholeOf(stream) : body;
  return { status: Number(received[':status']), headers, ...(whole && { body: whole }) };
}

/**
 * Node ends the readable side of a stream quietly when its session dies. Half a body must not
 * pass for a whole one.
 */
async function* wholeOf(stream: ClientHttp2Stream): AsyncGenerator<Chunk> {
  for await (const chunk of stream as AsyncIterable<Buffer>) yield chunk;
  if (stream.rstCode !== constants.NGHTTP2_NO_ERROR || stream.session?.destroyed) {
    throw new Error('the connection broke within a response');
  }
}
