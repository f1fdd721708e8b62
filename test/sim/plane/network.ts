/**
 * What lies between clients and API servers: requests take time, get lost before or after they
 * took effect, or are sent again by the transport; watches break. It never delays longer than
 * real timeouts allow, so that what a dead client sent is over before its successor begins.
 */
import {
  type HttpHandler,
  type HttpRequest,
  type HttpResponse,
} from '../../../platform/net/http.ts';
import type { Chunk } from '../../../platform/net/http.ts';
import { JsonValue } from '../../../platform/net/http.ts';
import { BoundedStream } from '../../../platform/stream.ts';
import type { SeededRandom, SimTime } from '../time.ts';
import { Pump } from './pump.ts';

export interface NetworkWeather {
  /** One request in so many is lost on its way, or its answer is; 0: none. */
  loseOneIn: number;
  /** One request that may be done twice in so many is sent again after its answer was lost. */
  repeatOneIn: number;
  /** Each way takes up to so much. */
  slowMs: number;
  /** Events of watches take up to so much. */
  watchLagMs: number;
}

/** A server as the network sees it. */
export interface Reachable {
  readonly handler: HttpHandler | undefined;
  /** Rejects when the process dies. */
  readonly died: Promise<never>;
}

/** A client's process. */
export interface Caller {
  readonly isAlive: boolean;
  /** Who it says it is. */
  readonly commonName: string;
  readonly groups: readonly string[];
  /** What its requests are rewritten to: planted bugs. */
  readonly rewrite?: ((request: HttpRequest) => HttpRequest) | undefined;
}

export interface NetworkParts {
  readonly time: SimTime;
  readonly random: SeededRandom;
  readonly servers: () => readonly Reachable[];
  readonly keepsEvents: boolean;
  /** Groups and resources that no server has: whoever asks for them is told that there are none. */
  readonly leftOut: ReadonlySet<string>;
}

interface Connection {
  readonly caller: Caller;
  cut(error: Error): void;
}

const never = <T>(): Promise<T> => new Promise(() => {});
const hungUp = (): Error => new Error('socket hang up (simulated)');
const STREAM_LIMIT = 10_000;
/** Transports repeat only what may be done twice. */
const repeatable: ReadonlySet<string> = new Set(['GET', 'PUT', 'DELETE']);

export class Network {
  readonly weather: NetworkWeather = { loseOneIn: 0, repeatOneIn: 0, slowMs: 3, watchLagMs: 5 };
  readonly #time: SimTime;
  readonly #random: SeededRandom;
  readonly #parts: NetworkParts;
  readonly #connections = new Set<Connection>();
  requests = 0;

  constructor(parts: NetworkParts) {
    this.#time = parts.time;
    this.#random = parts.random;
    this.#parts = parts;
  }

  handler(caller: Caller): HttpHandler {
    return async (request) => {
      if (!caller.isAlive) return never();
      if (!this.#parts.keepsEvents && isEvent(request)) return { status: 403, headers: {} };
      if (this.#isLeftOut(request)) return nothingOf(request);
      const asked = caller.rewrite?.(request) ?? request;
      try {
        const response = await this.#exchange(caller, asked);
        return caller.isAlive ? response : await never<HttpResponse>();
      } catch (error) {
        if (!caller.isAlive) return never();
        throw error;
      }
    };
  }

  /** Watches of a client, or of all, break. */
  cut(caller?: Caller): void {
    for (const connection of [...this.#connections])
      if (caller === undefined || connection.caller === caller) connection.cut(hungUp());
  }

  /** Of "/apis/group/version/resource" and "/api/v1/resource". */
  #isLeftOut({ method, path }: HttpRequest): boolean {
    const [, root, ...rest] = path.split('/');
    const [group, , resource] = root === 'api' ? ['', ...rest] : rest;
    const { leftOut } = this.#parts;
    return method === 'GET' && (leftOut.has(group!) || leftOut.has(resource ?? ''));
  }

  async #exchange(caller: Caller, request: HttpRequest): Promise<HttpResponse> {
    const { loseOneIn, repeatOneIn } = this.weather;
    const isLost = loseOneIn > 0 && this.#random.oneIn(loseOneIn);
    await this.#way();
    if (isLost && this.#random.oneIn(2)) throw hungUp();
    let response = await this.#deliver(caller, request);
    const isRepeated =
      repeatOneIn > 0 && repeatable.has(request.method) && this.#random.oneIn(repeatOneIn);
    if (isRepeated && !isWatch(request)) {
      await this.#way();
      response = await this.#deliver(caller, request);
    }
    await this.#way();
    if (isLost) throw hungUp();
    return response;
  }

  #way(): Promise<void> {
    return this.#time.sleep(this.#random.between(0, this.weather.slowMs));
  }

  async #deliver(caller: Caller, request: HttpRequest): Promise<HttpResponse> {
    this.requests++;
    const up = this.#parts.servers().filter(({ handler }) => handler !== undefined);
    if (up.length === 0) throw new Error('connect ECONNREFUSED (simulated)');
    const server = this.#random.pick(up);
    const { commonName, groups: organizations } = caller;
    const peer = { address: 'sim', certificate: { commonName, organizations } };
    if (!isWatch(request))
      return Promise.race([server.handler!({ ...request, peer }), server.died]);
    return this.#watch(caller, server, { ...request, peer });
  }

  async #watch(caller: Caller, server: Reachable, request: HttpRequest): Promise<HttpResponse> {
    const gone = new AbortController();
    const asked = server.handler!({ ...request, signal: gone.signal });
    const response = await Promise.race([asked, server.died]);
    const { body } = response;
    if (body === undefined || body instanceof Uint8Array || body instanceof JsonValue)
      return response;
    const leave = (): void => connection.cut(hungUp());
    const stream = new BoundedStream<Chunk>(STREAM_LIMIT, () => pump.drop());
    const pump = new Pump<Chunk>({
      time: this.#time,
      stream,
      delayMs: () => this.#random.between(0, Math.max(1, this.weather.watchLagMs)),
      stopped: () => {
        this.#connections.delete(connection);
        request.signal.removeEventListener('abort', leave);
        gone.abort();
      },
    });
    const connection: Connection = { caller, cut: (error) => pump.fail(error) };
    this.#connections.add(connection);
    request.signal.addEventListener('abort', leave);
    server.died.catch((error: Error) => pump.fail(error));
    void pump.run(body);
    return { ...response, body: stream };
  }
}

/** An empty list, or a watch that tells of nothing until its client goes. */
function nothingOf(request: HttpRequest): HttpResponse {
  if (!isWatch(request)) {
    const list = { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: [] };
    return { status: 200, headers: {}, body: new JsonValue(list) };
  }
  const body = new BoundedStream<Chunk>(1, () => {});
  request.signal.addEventListener('abort', () => body.end(), { once: true });
  return { status: 200, headers: {}, body };
}

const isEvent = ({ method, path }: HttpRequest): boolean =>
  method === 'POST' && path.endsWith('/events');
const isWatch = ({ query }: HttpRequest): boolean => query.get('watch') === 'true';
