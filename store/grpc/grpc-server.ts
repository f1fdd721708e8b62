/**
 * The gRPC services on grpc-js. Messages pass through it as bytes: this folder's own codec reads
 * and writes them, so that a message that is too large or broken gets etcd's words.
 */
import {
  Server,
  ServerCredentials,
  type ConnectionInjector,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { CallCounts } from '../http/call-counts.ts';
import { KeepAliveStream } from './keep-alive-stream.ts';
import { downloads, type OpenDownload } from './download.ts';
import { unaryServices } from './services.ts';
import { codes, expectedStatus, RpcError, storeStatus, type RpcStatus } from './status.ts';
import type { DownloadService, ServiceContext, UnaryMethod } from './unary.ts';
import { WatchStream } from './watch-stream.ts';

/** Up to here a message that is too large is read, to be refused in etcd's words. */
const READ_LIMIT_BYTES = 16 << 20;
/** Calls under way at a stop have this long to end. */
const STOP_GRACE_MS = 500;
/** etcd's --grpc-keepalive-interval and --grpc-keepalive-timeout. */
const PING_AFTER_MS = 2 * 60 * 60 * 1000;
const PING_TIMEOUT_MS = 20_000;

type Bytes = Buffer;
type Duplex = ServerDuplexStream<Bytes, Bytes>;
type Download = ServerWritableStream<Bytes, Bytes>;

/** One open stream as its service sees it. */
interface StreamService {
  /** May throw what the stream is to end with. */
  receive(message: Bytes): void;
  /** The client sends no more. */
  halfClosed(): void;
  /** The stream has ended, whoever ended it. */
  close(): void;
}

/** `fail` ends the stream with what went wrong. */
type OpenStream = (call: Duplex, fail: (error: unknown) => void) => StreamService;

const asIs = (bytes: Bytes): Bytes => bytes;

export interface GrpcServerOptions {
  readonly context: ServiceContext;
  readonly calls: CallCounts;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class GrpcServer {
  readonly #options: GrpcServerOptions;
  readonly #server: Server;
  readonly #injector: ConnectionInjector;
  /** Open streams, and how to end each. */
  readonly #streams = new Map<object, (error: unknown) => void>();

  constructor(options: GrpcServerOptions) {
    this.#options = options;
    const { context } = options;
    this.#server = new Server({
      'grpc.max_receive_message_length': READ_LIMIT_BYTES,
      'grpc.max_send_message_length': -1,
      'grpc.keepalive_time_ms': PING_AFTER_MS,
      'grpc.keepalive_timeout_ms': PING_TIMEOUT_MS,
      'grpc.enable_channelz': 0,
    });
    for (const [path, method] of Object.entries(unaryServices(context)))
      this.#serveUnary(path, method);
    for (const [path, open] of Object.entries(downloads)) this.#serveDownload(path, open);
    this.#serveStream(
      '/etcdserverpb.Watch/Watch',
      (call, fail) => new WatchStream(context, call, fail),
    );
    this.#serveStream(
      '/etcdserverpb.Lease/LeaseKeepAlive',
      (call, fail) => new KeepAliveStream(context, call, fail),
    );
    this.#injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
  }

  /** Takes over an HTTP/2 connection of which nothing has been read. */
  inject(connection: object): void {
    this.#injector.injectConnection(
      connection as Parameters<ConnectionInjector['injectConnection']>[0],
    );
  }

  /** Ends streams with "server stopped", lets calls under way end, then drops connections. */
  async stop(): Promise<void> {
    for (const end of this.#streams.values()) end(new RpcError(codes.unavailable, STOPPED));
    await new Promise<void>((resolve) => {
      const deadline = this.#options.clock.after(STOP_GRACE_MS, () => {
        this.#server.forceShutdown();
        resolve();
      });
      this.#server.tryShutdown(() => {
        deadline.cancel();
        resolve();
      });
    });
  }

  #serveUnary(path: string, method: UnaryMethod): void {
    const counts = this.#options.calls.method(path, 'unary');
    const { maxMessageBytes } = this.#options.context;
    const handle = (call: ServerUnaryCall<Bytes, Bytes>, callback: sendUnaryData<Bytes>): void => {
      counts.started++;
      counts.received++;
      counts.receivedBytes += call.request.length;
      const fail = (error: unknown): void => {
        const status = this.#statusOf(path, error);
        counts.handled[status.code]!++;
        callback(status);
      };
      if (call.request.length > maxMessageBytes) {
        fail(tooLarge(call.request.length, maxMessageBytes));
        return;
      }
      method(call.request, call).then((bytes) => {
        counts.handled[codes.ok]!++;
        counts.sent++;
        counts.sentBytes += bytes.length;
        callback(null, bytes);
      }, fail);
    };
    this.#server.register(path, handle, asIs, asIs, 'unary');
  }

  #serveStream(path: string, open: OpenStream): void {
    const counts = this.#options.calls.method(path, 'bidi_stream');
    const { maxMessageBytes } = this.#options.context;
    const handle = (call: Duplex): void => {
      counts.started++;
      let ended = false;
      const end = (code: number): void => {
        if (ended) return;
        ended = true;
        counts.handled[code]!++;
        this.#streams.delete(call);
        service.close();
      };
      const fail = (error: unknown): void => {
        if (ended) return;
        const status = this.#statusOf(path, error);
        end(status.code);
        // What grpc-js listens to for a stream's status.
        call.emit('error', status);
      };
      const service = open(call, fail);
      this.#streams.set(call, fail);
      call.on('cancelled', () => end(codes.canceled));
      call.on('close', () => end(codes.ok));
      call.on('end', () => service.halfClosed());
      call.on('data', (message: Bytes) => {
        if (ended) return;
        counts.received++;
        counts.receivedBytes += message.length;
        try {
          if (message.length > maxMessageBytes) throw tooLarge(message.length, maxMessageBytes);
          service.receive(message);
        } catch (error) {
          fail(error);
        }
      });
    };
    const counted = (bytes: Bytes): Bytes => {
      counts.sent++;
      counts.sentBytes += bytes.length;
      return bytes;
    };
    this.#server.register(path, handle, counted, asIs, 'bidi');
  }

  /** One request, a stream of answers. */
  #serveDownload(path: string, open: OpenDownload): void {
    const counts = this.#options.calls.method(path, 'server_stream');
    const handle = (call: Download): void => {
      counts.started++;
      counts.received++;
      let ended = false;
      let service: DownloadService | undefined;
      const end = (code: number): void => {
        if (ended) return;
        ended = true;
        counts.handled[code]!++;
        this.#streams.delete(call);
        service?.close();
      };
      const fail = (error: unknown): void => {
        if (ended) return;
        const status = this.#statusOf(path, error);
        end(status.code);
        call.emit('error', status);
      };
      this.#streams.set(call, fail);
      call.on('cancelled', () => end(codes.canceled));
      const run = async (): Promise<void> => {
        service = await open(this.#options.context, call);
        if (ended) return;
        await service.run();
        if (ended) return;
        end(codes.ok);
        call.end();
      };
      run().catch(fail);
    };
    const counted = (bytes: Bytes): Bytes => {
      counts.sent++;
      counts.sentBytes += bytes.length;
      return bytes;
    };
    this.#server.register(path, handle, counted, asIs, 'serverStream');
  }

  #statusOf(path: string, error: unknown): RpcStatus {
    const status = expectedStatus(error);
    if (status !== undefined) return status;
    this.#options.logger.error({ error, path }, 'an RPC failed unexpectedly');
    return { code: codes.unknown, details: error instanceof Error ? error.message : String(error) };
  }
}

const STOPPED = storeStatus('stopped').details;

const tooLarge = (bytes: number, limit: number): RpcError =>
  new RpcError(
    codes.resourceExhausted,
    `grpc: received message larger than max (${bytes} vs. ${limit})`,
  );
