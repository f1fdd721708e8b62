/** Connections to a store's endpoints, of which one is used until it fails. */
import { Client, connectivityState, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import {
  REQUEST_ID,
  type Traced,
  TRACEPARENT,
  type TraceScope,
} from '../../platform/trace-scope.ts';
import { StoreError } from '../kv.ts';
import { codes, storeErrorOf } from '../grpc/status.ts';
import { secureChannel } from './tls.ts';

/** PEM texts. An `https` endpoint without a CA is trusted as the system's CAs say. */
export interface ClientTls {
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly privateKey?: string | undefined;
  readonly insecureSkipVerify?: boolean;
}

export interface EndpointOptions {
  /** `http://host:port` or `https://host:port`, tried in this order. */
  readonly endpoints: readonly string[];
  readonly tls?: ClientTls;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whose requests are under way: the store is told their ids. */
  readonly trace?: TraceScope | undefined;
}

export interface CallOptions {
  /** It may be sent again after a connection broke, whatever became of it. */
  readonly repeatable: boolean;
  /** Absent: it may last. */
  readonly timeoutMs?: number;
  /** An etcd token. */
  readonly authorization?: string | undefined;
}

/** How long one endpoint may take to be connected to before the next is tried. */
const DIAL_TIMEOUT_MS = 2_000;
/** Reconnects back off between these. */
const BACKOFF_MS = { first: 50, longest: 1_000 };
/** A peer that stays silent is noticed by these; etcd allows a ping each 5 s. */
const PING_AFTER_MS = 6_000;
const PING_TIMEOUT_MS = 3_000;

/** grpc-js says one of these of a call that never left: it may be sent to another endpoint. */
const NEVER_SENT = /^(No connection established|Name resolution failed)/;

const channelOptions = {
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc.initial_reconnect_backoff_ms': BACKOFF_MS.first,
  'grpc.max_reconnect_backoff_ms': BACKOFF_MS.longest,
  'grpc.keepalive_time_ms': PING_AFTER_MS,
  'grpc.keepalive_timeout_ms': PING_TIMEOUT_MS,
  'grpc.keepalive_permit_without_calls': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.enable_retries': 0,
  'grpc.enable_http_proxy': 0,
  'grpc.enable_channelz': 0,
  'grpc.use_local_subchannel_pool': 1,
} as const;

interface Endpoint {
  readonly url: string;
  readonly client: Client;
}

const pem = (text: string | undefined): Buffer | undefined =>
  text === undefined ? undefined : Buffer.from(text);

function open(url: string, tls: ClientTls): Endpoint {
  const [, scheme, address] = /^(https?):\/\/([^/]+)\/?$/.exec(url) ?? [];
  if (address === undefined) throw new TypeError(`${url} is not http(s)://host:port`);
  if (scheme === 'http')
    return { url, client: new Client(address, credentials.createInsecure(), channelOptions) };
  const { ca, certificate, privateKey, insecureSkipVerify = false } = tls;
  const secured = secureChannel(address, {
    ca: pem(ca),
    certificate: pem(certificate),
    privateKey: pem(privateKey),
    insecureSkipVerify,
  });
  const options = { ...channelOptions, ...secured.options };
  return { url, client: new Client(address, secured.credentials, options) };
}

const asIs = (bytes: Buffer): Buffer => bytes;

export class Endpoints {
  readonly #endpoints: readonly Endpoint[];
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #trace: TraceScope | undefined;
  #current = 0;
  #closed = false;

  constructor(options: EndpointOptions) {
    if (options.endpoints.length === 0) throw new TypeError('at least one endpoint is needed');
    this.#endpoints = options.endpoints.map((url) => open(url, options.tls ?? {}));
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#trace = options.trace;
  }

  /**
   * One call. A read may be `repeated` on another endpoint after a broken connection; a write
   * only if it never left, because its outcome is unknown otherwise.
   */
  async call(path: string, request: Buffer, options: CallOptions): Promise<Buffer> {
    const { authorization, timeoutMs } = options;
    for (let attempt = 1; ; attempt++) {
      const endpoint = await this.connected();
      try {
        const traced = this.#trace?.current();
        const until = timeoutMs === undefined ? {} : { deadline: this.#clock.now() + timeoutMs };
        return await unary(endpoint.client, { path, authorization, until, traced }, request);
      } catch (error) {
        const failure = error as ServiceError;
        const meaning = storeErrorOf(failure);
        if (meaning.reason !== 'unavailable') throw meaning;
        this.lost(endpoint, failure.details);
        const again = options.repeatable || NEVER_SENT.test(failure.details);
        const transport = Number(failure.code) === codes.unavailable;
        if (!again || !transport || attempt > this.#endpoints.length) {
          throw unavailable(endpoint.url, failure);
        }
      }
    }
  }

  /** An endpoint that is connected, or the last one tried: a call on it tells what is wrong. */
  async connected(): Promise<Endpoint> {
    for (let tries = 0; tries < this.#endpoints.length; tries++) {
      if (this.#closed) throw new StoreError('stopped');
      const endpoint = this.#endpoints[this.#current]!;
      if (await this.#ready(endpoint)) return endpoint;
      this.lost(endpoint, 'not connected');
    }
    return this.#endpoints[this.#current]!;
  }

  /** The next call goes to the next endpoint. */
  lost(endpoint: Endpoint, reason: string): void {
    if (this.#closed || this.#endpoints[this.#current] !== endpoint) return;
    this.#logger.debug({ endpoint: endpoint.url, reason }, 'store endpoint lost');
    this.#current = (this.#current + 1) % this.#endpoints.length;
  }

  close(): void {
    this.#closed = true;
    for (const { client } of this.#endpoints) client.close();
  }

  async #ready({ client }: Endpoint): Promise<boolean> {
    const channel = client.getChannel();
    const giveUp = this.#clock.now() + DIAL_TIMEOUT_MS;
    for (;;) {
      const state = channel.getConnectivityState(true);
      if (state === connectivityState.READY) return true;
      if (state === connectivityState.TRANSIENT_FAILURE) return false;
      if (state === connectivityState.SHUTDOWN) throw new StoreError('stopped');
      const timedOut = await new Promise<boolean>((resolve) => {
        channel.watchConnectivityState(state, giveUp, (error) => resolve(error !== undefined));
      });
      if (timedOut) return false;
    }
  }
}

const unavailable = (url: string, failure: ServiceError): StoreError =>
  new StoreError('unavailable', { detail: `${url}: ${failure.details}`, cause: failure });

function unary(
  client: Client,
  {
    path,
    until,
    authorization,
    traced,
  }: {
    readonly path: string;
    readonly until: { readonly deadline?: number };
    readonly authorization: string | undefined;
    readonly traced: Traced | undefined;
  },
  request: Buffer,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const metadata = new Metadata();
    if (authorization !== undefined) metadata.set('authorization', authorization);
    if (traced !== undefined) metadata.set(REQUEST_ID, traced.id);
    if (traced?.traceparent !== undefined) metadata.set(TRACEPARENT, traced.traceparent);
    client.makeUnaryRequest(path, asIs, asIs, request, metadata, until, (error, response) => {
      if (error !== null) reject(error);
      else resolve(response!);
    });
  });
}
