/** Calls of any RPC of the schema, on one endpoint. */
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import { type ChannelTls, secureChannel } from '../store/client/tls.ts';
import { decodeMessage, encodeMessage, type Plain } from '../store/grpc/schema/codec.ts';
import { Schema } from '../store/grpc/schema/schema.ts';
import { unreachable } from './unreachable.ts';

/** What went wrong, in the words of whoever refused. */
class CallError extends Error {
  override readonly name = 'CallError';
}

/** The server went away, or is not there: another try may find it. */
export const isUnavailable = (error: unknown): boolean =>
  error instanceof CallError && (error.cause as ServiceError).code === status.UNAVAILABLE;

export interface Connection {
  readonly endpoint: string;
  readonly tls?: ChannelTls;
  /** That certificates must have, in place of the endpoint's host. */
  readonly serverName?: string;
  /** Default: any, as the server decides. */
  readonly maxRequestBytes?: number;
  readonly maxRecvBytes?: number;
  readonly timeoutMs: number;
  /** Signs of life that are asked for while a call waits. */
  readonly keepAlive?: { readonly everyMs: number; readonly timeoutMs: number };
  /** The wall clock. */
  readonly now: () => number;
}

const asIs = (bytes: Buffer): Buffer => bytes;

function failure(error: ServiceError, endpoint: string): CallError {
  return new CallError(unreachable(error.details, endpoint), { cause: error });
}

export class EtcdClient {
  readonly endpoint: string;
  readonly #client: Client;
  readonly #connection: Connection;
  readonly #metadata = new Metadata();

  constructor(connection: Connection) {
    const { endpoint, tls, keepAlive, serverName } = connection;
    this.endpoint = endpoint;
    this.#connection = connection;
    const [, scheme, address = endpoint] = /^(https?|unix):\/\/(.+?)\/?$/.exec(endpoint) ?? [];
    const secured =
      tls !== undefined || scheme === 'https'
        ? secureChannel(address, { ...tls, serverName })
        : { credentials: credentials.createInsecure(), options: {} };
    this.#client = new Client(address, secured.credentials, {
      ...secured.options,
      'grpc.max_receive_message_length': connection.maxRecvBytes ?? -1,
      ...(connection.maxRequestBytes !== undefined && {
        'grpc.max_send_message_length': connection.maxRequestBytes,
      }),
      'grpc.enable_http_proxy': 0,
      ...(keepAlive !== undefined && {
        'grpc.keepalive_time_ms': keepAlive.everyMs,
        'grpc.keepalive_timeout_ms': keepAlive.timeoutMs,
      }),
      'grpc.service_config_disable_resolution': 1,
    });
  }

  /** Resolves when the endpoint takes calls; rejects if it does not within `timeoutMs`. */
  ready(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#client.waitForReady(this.#connection.now() + timeoutMs, (error) => {
        if (error === undefined) resolve();
        else reject(error);
      });
    });
  }

  async login(name: string, password: string): Promise<void> {
    const { token } = await this.call('etcdserverpb.Auth/Authenticate', { name, password });
    this.#metadata.set('token', token as string);
  }

  /** `method`: "etcdserverpb.KV/Range". Rejects with a {@link CallError}. */
  call(method: string, request: Plain = {}, options: { endless?: boolean } = {}): Promise<Plain> {
    const rpc = Schema.shared.rpc(`/${method}`);
    const bytes = encodeMessage(rpc.request, request);
    const { now, timeoutMs } = this.#connection;
    const deadline = options.endless === true ? {} : { deadline: now() + timeoutMs };
    return new Promise((resolve, reject) => {
      const answered = (error: ServiceError | null, response?: Buffer): void => {
        if (error !== null) reject(failure(error, this.endpoint));
        else resolve(decodeMessage(rpc.response, response!));
      };
      const metadata = this.#metadata;
      this.#client.makeUnaryRequest(rpc.path, asIs, asIs, bytes, metadata, deadline, answered);
    });
  }

  /** Answers of a stream after its requests, until the loop is left or `until` aborts. */
  stream(method: string, requests: readonly Plain[], until?: AbortSignal): AsyncGenerator<Plain> {
    const rpc = Schema.shared.rpc(`/${method}`);
    if (rpc.stream === 'bidi') return this.duplex(method, requests, until);
    const bytes = encodeMessage(rpc.request, requests[0]!);
    const metadata = this.#metadata;
    const call = this.#client.makeServerStreamRequest(rpc.path, asIs, asIs, bytes, metadata);
    return answersOf(call, { response: rpc.response, endpoint: this.endpoint }, until);
  }

  /** The same where requests go on while answers come. Whoever gives them ends them. */
  duplex(
    method: string,
    requests: Iterable<Plain> | AsyncIterable<Plain>,
    until?: AbortSignal,
  ): AsyncGenerator<Plain> {
    const rpc = Schema.shared.rpc(`/${method}`);
    const call = this.#client.makeBidiStreamRequest(rpc.path, asIs, asIs, this.#metadata);
    const send = async (): Promise<void> => {
      for await (const request of requests) call.write(encodeMessage(rpc.request, request));
    };
    void send().catch((error: Error) => call.destroy(error));
    return answersOf(call, { response: rpc.response, endpoint: this.endpoint }, until);
  }

  close(): void {
    this.#client.close();
  }
}

async function* answersOf(
  call: ClientReadableStream<Buffer>,
  { response, endpoint }: { readonly response: string; readonly endpoint: string },
  until: AbortSignal | undefined,
): AsyncGenerator<Plain> {
  const cancel = (): void => call.cancel();
  until?.addEventListener('abort', cancel);
  if (until?.aborted === true) cancel();
  try {
    for await (const bytes of call) yield decodeMessage(response, bytes as Buffer);
  } catch (error) {
    if (until?.aborted !== true) throw failure(error as ServiceError, endpoint);
  } finally {
    until?.removeEventListener('abort', cancel);
    call.on('error', () => {});
    call.cancel();
  }
}
