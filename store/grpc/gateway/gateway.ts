/**
 * etcd's JSON gateway: every RPC as a POST below /v3/ (and /v3beta/), answered by the very
 * methods that answer gRPC.
 *
 * In: JSON to protobuf and back, streams of answers as JSON lines. Out: streams of requests: the
 * requests of a watch or keepalive come in one body, or over a WebSocket.
 */
import type { HttpRequest, HttpResponse } from '../../../platform/net/http.ts';
import { isWebSocketRequest } from '../../../platform/net/websocket-server.ts';
import { downloads } from '../download.ts';
import { StoreError } from '../../kv.ts';
import { KeepAliveStream } from '../keep-alive-stream.ts';
import { decodeMessage, encodeMessage } from '../schema/codec.ts';
import { Schema, type Rpc } from '../schema/schema.ts';
import { unaryServices } from '../services.ts';
import { codes, RpcError } from '../status.ts';
import type { CallOrigin, ServiceContext, UnaryMethods } from '../unary.ts';
import { WatchStream } from '../watch-stream.ts';
import { wholeMessage } from '../wire/long-message.ts';
import { errorBody, httpStatusOf, statusOf } from './errors.ts';
import { GatewayCall } from './gateway-call.ts';
import { overWebSocket } from './web-socket.ts';
import { fromJson, parseJson, toJson } from './json.ts';

const PREFIX = /^\/v3(?:beta)?(\/.*)$/;
const headers = { 'content-type': 'application/json' };

const answer = (status: number, body: object): HttpResponse => ({
  status,
  headers,
  body: Buffer.from(JSON.stringify(body)),
});

/** The token of an `Authorization` header is a call's metadata of the same name. */
function originOf(request: HttpRequest): CallOrigin {
  const metadata = {
    get: (name: string) => {
      const value = name === 'authorization' ? request.headers[name] : undefined;
      return value === undefined ? [] : [value];
    },
  };
  return {
    metadata,
    address: request.peer.address,
    on: (_event, listener) => request.signal.addEventListener('abort', listener),
  };
}

const IGNORED_NAME =
  'CommonName of client sending a request against gateway will be ignored and not used as expected';

export class Gateway {
  readonly #context: ServiceContext;
  readonly #methods: UnaryMethods;
  readonly #routes = new Map<string, Rpc>();
  readonly #streams = new Set<GatewayCall>();

  constructor(context: ServiceContext) {
    this.#context = context;
    this.#methods = unaryServices(context);
    for (const rpc of Schema.shared.rpcs) for (const path of rpc.http) this.#routes.set(path, rpc);
  }

  /** Ends what is under way, as the stop of a gRPC server does. */
  stop(): void {
    for (const call of this.#streams) call.fail(new StoreError('stopped'));
  }

  async serve(request: HttpRequest): Promise<HttpResponse> {
    const rpc = this.#routes.get(PREFIX.exec(request.path)?.[1] ?? '');
    if (rpc === undefined) return answer(404, errorBody({ code: 5, details: 'Not Found' }));
    if (isWebSocketRequest(request.headers))
      return overWebSocket(request, async (posted, messages) => {
        const refusal = this.#refusalOf(posted);
        if (refusal !== undefined) return refusal;
        if (rpc.stream === 'bidi') return this.#answerMessages(rpc, posted, messages);
        const first = await messages.next();
        return this.#answerOrError(rpc, { ...posted, body: Buffer.from(first.value ?? '') });
      });
    if (request.method !== 'POST') {
      const refusal = answer(405, errorBody({ code: 12, details: 'Method Not Allowed' }));
      return { ...refusal, headers: { ...headers, allow: 'POST' } };
    }
    return this.#refusalOf(request) ?? this.#answerOrError(rpc, request);
  }

  #refusalOf({ peer }: HttpRequest): HttpResponse | undefined {
    const name = peer.certificate?.commonName ?? '';
    if (name === '' || !this.#context.member.auth.enabled) return undefined;
    const plain = { 'content-type': 'text/plain; charset=utf-8' };
    return { status: 400, headers: plain, body: Buffer.from(`${IGNORED_NAME}\n`) };
  }

  async #answerOrError(rpc: Rpc, request: HttpRequest): Promise<HttpResponse> {
    try {
      return await this.#answer(rpc, request);
    } catch (error) {
      const status = statusOf(error);
      return answer(httpStatusOf(status), errorBody(status));
    }
  }

  async #answer(rpc: Rpc, request: HttpRequest): Promise<HttpResponse> {
    const body = request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
    const text = Buffer.from(body).toString();
    const origin = originOf(request);
    if (rpc.stream !== 'unary') return this.#stream(rpc, text, origin);
    const method = this.#methods[rpc.path];
    if (method === undefined)
      throw new RpcError(codes.unimplemented, `unknown method ${rpc.path.split('/')[2]}`);
    // An empty body is an empty message.
    const message = fromJson(rpc.request, text.trim() === '' ? {} : parseJson(text));
    const { path } = rpc;
    const { slowCalls } = this.#context;
    const call = { path, remote: origin.address, request: encodeMessage(rpc.request, message) };
    const began = slowCalls.now();
    const ended = (answered?: Buffer): void =>
      slowCalls.ended({ ...call, began, ...(answered !== undefined && { answer: answered }) });
    try {
      const answered = wholeMessage(await method(call.request, origin));
      ended(answered);
      return answer(200, toJson(rpc.response, decodeMessage(rpc.response, answered)));
    } catch (error) {
      ended();
      throw error;
    }
  }

  #stream(rpc: Rpc, text: string, origin: CallOrigin): HttpResponse {
    const requests = requestsIn(rpc, text);
    const call = this.#open(rpc, origin);
    if (rpc.stream === 'bidi') this.#converse(rpc.path, call, requests);
    else this.#download(rpc.path, call, requests[0] ?? Buffer.alloc(0));
    return { status: 200, headers, body: call };
  }

  #open(rpc: Rpc, origin: CallOrigin): GatewayCall {
    const call = new GatewayCall(rpc.response, origin);
    this.#streams.add(call);
    call.on('close', () => this.#streams.delete(call));
    return call;
  }

  #serviceOf(path: string, call: GatewayCall): WatchStream | KeepAliveStream {
    const fail = (error: unknown): void => call.fail(error);
    const Service = path.endsWith('/Watch') ? WatchStream : KeepAliveStream;
    const service = new Service(this.#context, call, fail);
    call.onClose = () => service.close();
    return service;
  }

  #converse(path: string, call: GatewayCall, requests: readonly Buffer[]): void {
    const service = this.#serviceOf(path, call);
    try {
      for (const request of requests) service.receive(request);
      service.halfClosed();
    } catch (error) {
      call.fail(error);
    }
  }

  /** Answers while messages come; the last of them ends it. */
  #answerMessages(rpc: Rpc, request: HttpRequest, messages: AsyncIterable<string>): HttpResponse {
    const call = this.#open(rpc, originOf(request));
    const service = this.#serviceOf(rpc.path, call);
    const listen = async (): Promise<void> => {
      for await (const text of messages)
        for (const each of requestsIn(rpc, text)) service.receive(each);
      call.end();
    };
    listen().catch((error: unknown) => call.fail(error));
    return { status: 200, headers, body: call };
  }

  #download(path: string, call: GatewayCall, request: Buffer): void {
    const run = async (): Promise<void> => {
      const service = await downloads[path]!(this.#context, Object.assign(call, { request }));
      if (call.ended) return;
      call.onClose = () => service.close();
      await service.run();
      call.end();
    };
    run().catch((error: unknown) => call.fail(error));
  }
}

const requestsIn = (rpc: Rpc, text: string): Buffer[] =>
  jsonValues(text).map((value) => encodeMessage(rpc.request, fromJson(rpc.request, value)));

/** One JSON value, or several one after the other, as grpc-gateway reads the body of a stream. */
function jsonValues(text: string): unknown[] {
  const trimmed = text.trim();
  if (trimmed === '') return [];
  const values: unknown[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of trimmed.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    if (depth !== 0 || token.startsWith('"')) continue;
    values.push(parseJson(trimmed.slice(start, index + 1)));
    start = index + 1;
  }
  if (start < trimmed.length) values.push(parseJson(trimmed.slice(start)));
  return values;
}
