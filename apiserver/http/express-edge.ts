/**
 * Express at the edge: sockets' requests become plain values for the pipeline, and its answers
 * become bytes. In: bodies, compression, streams, both HTTP versions. Out: anything that knows
 * what a request means; that is the pipeline's.
 *
 * Express gives each request and response its own prototype at run time. Over HTTP/2 that
 * crashes the process (an HTTP/1 prototype on an HTTP/2 message), and over HTTP/1 it makes every
 * later access slow. So the server is given message classes that already have Express' methods:
 * setting the same prototype again changes nothing. One thin app per HTTP version, since an app
 * knows one pair of prototypes, and one router shared by both.
 */
import express, { type Application, type Request, type Response, type Router } from 'express';
import type { Clock } from '../../platform/clock.ts';
import type { ByteStream } from '../../platform/bytes/byte-stream.ts';
import type { Headers, HttpHandler, HttpResponse } from '../../platform/net/http.ts';
import type {
  Edge,
  Exchange,
  Gzip,
  MessageClass,
  MessageClasses,
} from '../../platform/net/http-server.ts';
import type { Logger } from '../../platform/logger.ts';
import { statusResponse } from '../pipeline/status-response.ts';
import { statusError } from '../../api/status.ts';
import { breakOff } from './break-off.ts';
import { headRefusal, withoutOrigin } from './request-head.ts';
import { MAX_BODY_BYTES, type ReadBody, readBody } from './read-body.ts';
import { type SentBody, SocketRequest } from './socket-request.ts';
import { sendsBody, unreadBody } from './unread-body.ts';
import { OpenStreams } from './open-streams.ts';
import { writeResponse, type WriteOptions } from './write-response.ts';

export interface EdgeOptions {
  readonly handler: HttpHandler;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly gzip: Gzip;
  /** Whether a request is for another server, which gets its body as it comes. Default: none is. */
  readonly passesOn?: ((url: string) => boolean) | undefined;
}

/** A subclass of Node's message class with Express' methods as its own. */
function withExpress(base: MessageClass, layer: object, app: Application): MessageClass {
  const Message = class extends (base as new (...parameters: unknown[]) => object) {};
  Object.defineProperties(Message.prototype, Object.getOwnPropertyDescriptors(layer));
  Object.defineProperty(Message.prototype, 'app', {
    configurable: true,
    enumerable: true,
    writable: true,
    value: app,
  });
  return Message;
}

interface VersionApp {
  readonly app: Application;
  readonly request: MessageClass;
  readonly response: MessageClass;
}

function versionApp(router: Router, request: MessageClass, response: MessageClass): VersionApp {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  const classes = {
    request: withExpress(request, express.request, app),
    response: withExpress(response, express.response, app),
  };
  app.request = classes.request.prototype as Request;
  app.response = classes.response.prototype as Response;
  app.use(router);
  return { app, ...classes };
}

/**
 * On the request, since Express hands its handlers the messages alone. Not in a WeakMap: what that
 * holds outlives V8's collections of young objects, and an exchange holds all of its request.
 */
const EXCHANGE = Symbol('exchange');

const exchangeOf = (request: Request): Partial<Exchange> =>
  (request as { [EXCHANGE]?: Exchange })[EXCHANGE] ?? {};

/** Why a body was not read. */
type Unread = Exclude<ReadBody, { type: 'body' }> | { readonly type: 'unexpected' };

const refusals = {
  tooLarge: () =>
    statusError('RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BODY_BYTES}`),
  timeout: () => statusError('Timeout', 'Timeout: the request body did not arrive in time'),
  unexpected: () =>
    statusError('BadRequest', 'a request that asks for another protocol may have no body'),
};

class ExpressEdge implements Edge {
  readonly classes: MessageClasses;
  readonly #http1: VersionApp;
  readonly #http2: VersionApp;
  readonly #options: EdgeOptions;
  readonly #write: WriteOptions;
  readonly #streams = new OpenStreams();

  constructor(bases: MessageClasses, options: EdgeOptions) {
    this.#options = options;
    this.#write = { ...options, streams: this.#streams };
    const router = express.Router();
    router.use((request, response) => this.#serve(request, response));
    this.#http1 = versionApp(router, bases.http1Request, bases.http1Response);
    this.#http2 = versionApp(router, bases.http2Request, bases.http2Response);
    this.classes = {
      http1Request: this.#http1.request,
      http1Response: this.#http1.response,
      http2Request: this.#http2.request,
      http2Response: this.#http2.response,
    };
  }

  serve(exchange: Exchange): void {
    const { request, response, httpVersion } = exchange;
    Object.assign(request, { [EXCHANGE]: exchange });
    const asked = request as Request;
    if (!asked.url.startsWith('/')) asked.url = withoutOrigin(asked.url);
    const { app } = httpVersion === 2 ? this.#http2 : this.#http1;
    app(asked, response as Response);
  }

  drain(): void {
    this.#streams.end();
  }

  #serve(request: Request, response: Response): void {
    // A socket that breaks while it is written to: its close event says all there is to know.
    response.on('error', () => {});
    // HTTP/2 has no connection header: there the session itself is closed.
    if (this.#streams.ended && request.httpVersionMajor === 1) {
      response.setHeader('connection', 'close');
    }
    const wrong = headRefusal(request);
    if (wrong !== undefined) {
      const headers = { 'content-type': 'text/plain; charset=utf-8' };
      this.#refuseWith(response, { ...wrong, headers, body: Buffer.from(wrong.text) });
      return;
    }
    if (exchangeOf(request).upgrade !== undefined) {
      // What follows its head belongs to the other protocol: a body would be taken for that.
      if (sendsBody(request)) {
        this.#refuse(response, { type: 'unexpected' });
        return;
      }
      void this.#answer({ request, response }, {});
      return;
    }
    if (sendsBody(request) && this.#options.passesOn?.(request.url) === true) {
      void this.#answer(
        { request, response },
        {
          incoming: unreadBody({ request, response }, this.#options.clock),
        },
      );
      return;
    }
    readBody(request, this.#options.clock, (read) => {
      if (read.type === 'body') void this.#answer({ request, response }, { body: read.bytes });
      else this.#refuse(response, read);
    });
  }

  async #answer(
    { request, response }: { request: Request; response: Response },
    body: SentBody,
  ): Promise<void> {
    const exchange = exchangeOf(request);
    const { upgrade } = exchange;
    const value = new SocketRequest(request, exchange, body);
    // Of the response, not the request: that one closes as soon as its body is read.
    response.once('close', () => value.close());
    try {
      const answer = await this.#options.handler(value);
      if (response.destroyed) await discard(answer);
      else if (answer.upgrade !== undefined && upgrade !== undefined)
        await this.#converse({ ...answer, upgrade: answer.upgrade }, upgrade);
      else await writeResponse({ response, abandon: () => value.close() }, answer, this.#write);
    } catch (error) {
      // The pipeline turns every failure into an answer; what comes here is a bug below it.
      this.#options.logger.error({ error, path: value.path }, 'a request could not be answered');
      breakOff(response);
    } finally {
      if (upgrade !== undefined) value.close();
    }
  }

  /** Until both are done with the connection, or the server stops. */
  async #converse(
    answer: HttpResponse & Required<Pick<HttpResponse, 'upgrade'>>,
    upgrade: (headers: Headers) => ByteStream,
  ): Promise<void> {
    const connection = upgrade(answer.headers);
    const leave = (): void => connection.destroy();
    this.#streams.add(leave);
    try {
      await answer.upgrade(connection);
    } finally {
      this.#streams.delete(leave);
      leave();
    }
  }

  #refuse(response: Response, why: Unread): void {
    if (why.type === 'aborted') {
      response.destroy();
      return;
    }
    const error = refusals[why.type]();
    const asked = { headers: response.req.headers as Headers, query: new URLSearchParams() };
    this.#refuseWith(response, statusResponse(error.status, asked));
  }

  /** The rest of the body would have to be read before the connection could serve again. */
  #refuseWith(response: Response, answer: HttpResponse): void {
    if (response.req.httpVersionMajor === 1) response.setHeader('connection', 'close');
    const outlet = { response, abandon: () => {} };
    writeResponse(outlet, answer, this.#write).catch(() => breakOff(response));
  }
}

/** Frees the source of an answer whose client is gone. */
async function discard({ body }: HttpResponse): Promise<void> {
  if (body !== undefined && Symbol.asyncIterator in body) {
    await body[Symbol.asyncIterator]().return?.();
  }
}

export function expressEdge(options: EdgeOptions): (bases: MessageClasses) => Edge {
  return (bases) => new ExpressEdge(bases, options);
}
