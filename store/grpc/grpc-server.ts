/**
 * The gRPC services on connections of HTTP/2, and plain HTTP beside them. Messages pass through as
 * bytes: this folder's own codec reads and writes them, so that a message that is too large or
 * broken gets etcd's words.
 */
import type { Clock } from '../../platform/clock.ts';
import type { Duplex } from '../../platform/bytes/duplex.ts';
import type { HttpHandler } from '../../platform/net/http.ts';
import type { Gunzip } from '../../platform/net/http-server.ts';
import type { Logger } from '../../platform/logger.ts';
import type { CallCounts, MethodCounts, RpcKind } from '../http/call-counts.ts';
import { logTraced, REQUEST_ID, sentTrace, TRACEPARENT } from '../../platform/trace-scope.ts';
import { downloadCall, duplexCall, unaryCall, type Kind, type OpenStream } from './call-kinds.ts';
import {
  connectionLimits,
  keepAliveTimes,
  type ConnectionSettings,
} from './connection-settings.ts';
import { Deadlines, timeoutMs } from './deadlines.ts';
import { downloads } from './download.ts';
import { ServerConnection } from './http2/connection.ts';
import type { Field } from './http2/header-table.ts';
import { KeepAlive } from './http2/keep-alive.ts';
import type { ServerStream, StreamHandlers } from './http2/stream.ts';
import { KeepAliveStream } from './keep-alive-stream.ts';
import { IncompleteBytes } from './message-reader.ts';
import { PlainExchange } from './plain-exchange.ts';
import { readRequest } from './request-head.ts';
import { ServerCall, type CallService } from './server-call.ts';
import { unaryServices } from './services.ts';
import { codes, expectedStatus, RpcError, storeStatus, type RpcStatus } from './status.ts';
import type { ServiceContext } from './unary.ts';
import { WatchStream } from './watch-stream.ts';

/** Calls under way at a stop have this long to end. */
const STOP_GRACE_MS = 500;
/** Of requests that come in piece by piece, on one connection. */
const MAX_INCOMPLETE_BYTES = 64 << 20;
/** A connection's calls at work, those that the client has given up included. */
const MAX_CALLS = 10_000;
/** A timeout below it is over when it is read: nothing is done for such a call. */
const SPENT_MS = 1e-3;
/** The one encoding of messages that is read; answers go out as they are. */
const GZIP = 'gzip';

const duplexes: Readonly<Record<string, OpenStream>> = {
  '/etcdserverpb.Watch/Watch': (context, call, fail) => new WatchStream(context, call, fail),
  '/etcdserverpb.Lease/LeaseKeepAlive': (context, call, fail) =>
    new KeepAliveStream(context, call, fail),
};

export interface GrpcServerOptions {
  readonly context: ServiceContext;
  readonly calls: CallCounts;
  /** Answers requests that are no calls. Absent: they are refused. */
  readonly plain?: HttpHandler | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly gunzip: Gunzip;
  readonly connections: ConnectionSettings;
  /** Behind TLS. */
  readonly isSecure: boolean;
}

interface Method {
  readonly counts: MethodCounts;
  /** A stream lasts: a stop ends it. */
  readonly isStream: boolean;
  readonly serve: (call: ServerCall, client: Client) => CallService;
}

interface Client {
  readonly connection: ServerConnection;
  readonly incomplete: IncompleteBytes;
  readonly commonName: () => string | undefined;
  readonly address: string;
  callsAtWork: number;
}

export class GrpcServer {
  readonly #options: GrpcServerOptions;
  readonly #methods = new Map<string, Method>();
  readonly #clients = new Set<Client>();
  readonly #streams = new Set<ServerCall>();
  readonly #deadlines: Deadlines;
  #onIdle: (() => void) | undefined;
  #stopping = false;

  constructor(options: GrpcServerOptions) {
    this.#options = options;
    const { context } = options;
    this.#deadlines = new Deadlines(options.clock);
    for (const [path, method] of Object.entries(unaryServices(context)))
      this.#add(path, 'unary', (call, client, kind) => {
        client.callsAtWork++;
        return unaryCall(call, { path, method, kind }, () => client.callsAtWork--);
      });
    for (const [path, open] of Object.entries(downloads))
      this.#add(path, 'server_stream', (call, _, kind) => downloadCall(call, open, kind));
    for (const [path, open] of Object.entries(duplexes))
      this.#add(path, 'bidi_stream', (call, _, kind) => duplexCall(call, open, kind));
  }

  #add(
    path: string,
    type: RpcKind,
    serve: (call: ServerCall, client: Client, kind: Kind) => CallService,
  ): void {
    const { context, calls } = this.#options;
    const kind = { context, statusOf: (error: unknown) => this.#statusOf(path, error) };
    this.#methods.set(path, {
      counts: calls.method(path, type),
      isStream: type !== 'unary',
      serve: (call, client) => serve(call, client, kind),
    });
  }

  /** Takes over a connection of which nothing has been read. */
  inject(wire: Duplex): void {
    if (this.#stopping) return wire.destroy();
    const { clock, connections, isSecure } = this.#options;
    const handlers = {
      open: (stream: ServerStream, fields: readonly Field[]) => this.#open(client, stream, fields),
      closed: () => {
        keepAlive.stop();
        this.#clients.delete(client);
        if (this.#clients.size === 0) this.#onIdle?.();
      },
    };
    const limits = connectionLimits(connections, clock, isSecure);
    const connection = new ServerConnection(wire, handlers, limits);
    const client: Client = {
      connection,
      incomplete: new IncompleteBytes(MAX_INCOMPLETE_BYTES),
      commonName: () => wire.commonName,
      address: wire.address,
      callsAtWork: 0,
    };
    this.#clients.add(client);
    const keepAlive = new KeepAlive(connection, clock, keepAliveTimes(connections));
    connection.open();
  }

  #open(
    client: Client,
    stream: ServerStream,
    fields: readonly Field[],
  ): StreamHandlers | undefined {
    if (client.callsAtWork >= MAX_CALLS) return undefined;
    const head = readRequest(fields);
    const { plain } = this.#options;
    if (plain !== undefined && !head.isCall && head.path !== '')
      return this.#plain(plain, client, { stream, fields });
    const method = this.#methods.get(head.path);
    const call = new ServerCall({
      stream,
      fields,
      counts: method?.counts,
      commonName: client.commonName,
      address: client.address,
      maxMessageBytes: this.#options.context.maxMessageBytes,
      incomplete: client.incomplete,
      unpack: head.encoding === GZIP ? this.#options.gunzip : undefined,
      statusOf: (error) => this.#statusOf(head.path, error),
    });
    if (head.refusal !== undefined) {
      stream.end(head.refusal);
      return call;
    }
    const afterMs = head.timeout === undefined ? undefined : timeoutMs(head.timeout);
    const unserved = method === undefined ? this.#unknown(head.path) : unreadable(head, afterMs);
    if (unserved !== undefined) {
      call.fail(unserved);
      return call;
    }
    this.#note(call, head.path);
    this.#options.calls.request(head.apiVersion ?? 'unknown', method!.isStream);
    this.#serve(call, method!, client);
    if (afterMs !== undefined) this.#deadlines.add(call, afterMs);
    return call;
  }

  #plain(
    handler: HttpHandler,
    client: Client,
    request: { readonly stream: ServerStream; readonly fields: readonly Field[] },
  ): PlainExchange {
    client.callsAtWork++;
    return new PlainExchange({
      ...request,
      handler,
      commonName: client.commonName(),
      incomplete: client.incomplete,
      onEnd: () => client.callsAtWork--,
    });
  }

  /** For whom a call is made, where the caller says it. */
  #note({ metadata }: ServerCall, method: string): void {
    const [traceparent] = metadata.get(TRACEPARENT);
    const sent = traceparent === undefined ? undefined : sentTrace({ traceparent });
    const [id = sent?.id] = metadata.get(REQUEST_ID);
    if (id === undefined) return;
    const traced = { id, traceparent: sent?.sampled === true ? traceparent : undefined };
    const message = 'a call of this request';
    logTraced(this.#options.logger, traced, { fields: { method }, message });
  }

  #serve(call: ServerCall, method: Method, client: Client): void {
    const service = method.serve(call, client);
    if (method.isStream) this.#streams.add(call);
    call.serve({
      receive: (message) => service.receive(message),
      halfClosed: () => service.halfClosed(),
      ended: () => {
        this.#deadlines.delete(call);
        this.#streams.delete(call);
        service.ended();
      },
    });
  }

  /** In the words of etcd's gRPC library. */
  #unknown(path: string): RpcStatus {
    const [, service = '', method] = /^\/(.*)\/([^/]*)$/.exec(path) ?? [];
    let details = `unknown service ${service}`;
    if (method === undefined) details = `malformed method name: ${JSON.stringify(path)}`;
    else if ([...this.#methods.keys()].some((each) => each.startsWith(`/${service}/`)))
      details = `unknown method ${method} for service ${service}`;
    return { code: codes.unimplemented, details };
  }

  #statusOf(path: string, error: unknown): RpcStatus {
    const status = expectedStatus(error);
    if (status !== undefined) return status;
    this.#options.logger.error({ error, path }, 'an RPC failed unexpectedly');
    return { code: codes.unknown, details: error instanceof Error ? error.message : String(error) };
  }

  /** Ends streams with "server stopped", lets calls under way end, then drops connections. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const call of [...this.#streams])
      call.fail(new RpcError(codes.unavailable, storeStatus('stopped').details));
    for (const { connection } of [...this.#clients]) connection.drain();
    if (this.#clients.size > 0)
      await new Promise<void>((resolve) => {
        const deadline = this.#options.clock.after(STOP_GRACE_MS, () => {
          for (const { connection } of [...this.#clients]) connection.destroy();
        });
        this.#onIdle = () => {
          deadline.cancel();
          resolve();
        };
      });
    this.#deadlines.stop();
  }
}

function unreadable(
  head: { readonly timeout?: string; readonly encoding?: string },
  afterMs: number | undefined,
): RpcStatus | undefined {
  const { timeout, encoding } = head;
  if (timeout !== undefined && afterMs === undefined)
    return { code: codes.internal, details: `malformed grpc-timeout: ${timeout}` };
  if (afterMs !== undefined && afterMs < SPENT_MS)
    return { code: codes.deadlineExceeded, details: 'context deadline exceeded' };
  if (encoding === undefined || encoding === '' || encoding === 'identity' || encoding === GZIP)
    return undefined;
  const name = JSON.stringify(encoding);
  const details = `grpc: Decompressor is not installed for grpc-encoding ${name}`;
  return { code: codes.unimplemented, details };
}
