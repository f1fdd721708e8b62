/**
 * The client port: etcd v3 over gRPC and etcd's HTTP paths, on one socket address.
 *
 * In: a member and the effects to serve it. Out: the member itself, which outlives its port.
 */
import type { Duplex } from '../../platform/bytes/duplex.ts';
import type { Clock } from '../../platform/clock.ts';
import type { HttpHandler } from '../../platform/net/http.ts';
import type { Gunzip, TlsMaterial } from '../../platform/net/http-server.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logger.ts';
import type { SharedPort, SharedPortListening } from '../../platform/net/shared-port.ts';
import { CallCounts } from '../http/call-counts.ts';
import { WatchTimes } from '../http/watch-times.ts';
import { browserRules } from '../http/browsers.ts';
import { storeHttp } from '../http/handler.ts';
import type { ProcessUsage } from '../http/metric-rows.ts';
import { StoreMetrics } from '../http/metrics.ts';
import type { Member } from '../server/interface.ts';
import { connectionDefaults, type ConnectionSettings } from './connection-settings.ts';
import type { Gateway } from './gateway/gateway.ts';
import type { GrpcServer } from './grpc-server.ts';
import { EncodedEvents } from './encoded-events.ts';
import { encodeIdentity } from './messages/header.ts';
import { credentialsOf } from './credentials.ts';
import { SlowCalls } from './slow-calls.ts';
import type { ServiceContext } from './unary.ts';

const DEFAULT_MAX_REQUEST_BYTES = 1_572_864;
/** etcd takes messages this much larger than the largest request, to refuse it in its own words. */
const MESSAGE_OVERHEAD_BYTES = 512 * 1024;
const SLOW_CALL_MS = 300;
const DEFAULT_QUOTA_BYTES = 2 * 2 ** 30;

export interface ServeStoreOptions {
  readonly member: Member;
  /** How to listen: `sniffingServer` of platform/node. */
  readonly listen: SharedPort;
  readonly clock: Clock;
  readonly logger: Logger;
  /** `processUsage` of platform/node. */
  readonly usage: () => ProcessUsage;
  readonly gunzip: Gunzip;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly tls?: TlsMaterial;
  /** One without `tls`, whose port is used over TLS, too. */
  readonly beside?: ServingStore;
  /** A verified client certificate names the user of calls without a token. */
  readonly clientCertAuth?: boolean;
  /** What MemberList says of this member. Default: where it listens. */
  readonly advertiseClientUrls?: readonly string[];
  readonly advertisePeerUrls?: readonly string[];
  readonly maxRequestBytes?: number;
  readonly quotaBackendBytes?: number;
  readonly cors?: readonly string[];
  readonly hostWhitelist?: readonly string[];
  /** Time every call, for `grpc_server_handling_seconds`. */
  readonly extensiveMetrics?: boolean;
  /** Default: true. */
  readonly hasGateway?: boolean;
  /** Default: etcd's. */
  readonly connections?: ConnectionSettings;
  /** Unary calls that take longer are told of; default: 300. */
  readonly warningUnaryRequestDurationMs?: number;
}

export interface ServingStore extends Running {
  /** Over TLS: serves another certificate on connections from now on. */
  readonly renew: (tls: TlsMaterial) => void;
  readonly port: number;
  /** `http://127.0.0.1:2379`, with the port really taken. */
  readonly url: string;
  /** The plain HTTP part, for a metrics port of its own. */
  readonly http: HttpHandler;
  readonly listening: SharedPortListening;
}

/** `http://[::1]:2379` */
export function urlOf(address: { host: string; port: number; secure: boolean }): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${address.secure ? 'https' : 'http'}://${host}:${address.port}`;
}

function contextOf(options: ServeStoreOptions, clientUrls: () => readonly string[]) {
  const { member } = options;
  const identity = encodeIdentity(member.identity);
  const context: ServiceContext = {
    member,
    callsOf: (origin) =>
      member.auth.enabled
        ? member.onBehalfOf(member.auth.identify(credentialsOf(origin, options.clientCertAuth)))
        : member,
    version: member.version,
    crypto: member.crypto,
    header: (revision) => ({ identity, revision, raftTerm: member.head().raftTerm }),
    self: {
      id: member.identity.memberId,
      name: member.identity.name,
      peerUrls: options.advertisePeerUrls ?? ['http://localhost:2380'],
      get clientUrls() {
        return clientUrls();
      },
      isLearner: false,
    },
    // 0 asks for the default, as etcd's flag does.
    quotaBytes: options.quotaBackendBytes || DEFAULT_QUOTA_BYTES,
    encodedEvents: new EncodedEvents(),
    watchTimes: new WatchTimes(options.clock),
    slowCalls: new SlowCalls({
      clock: options.clock,
      logger: options.logger,
      afterMs: options.warningUnaryRequestDurationMs ?? SLOW_CALL_MS,
    }),
    maxMessageBytes:
      (options.maxRequestBytes ?? DEFAULT_MAX_REQUEST_BYTES) + MESSAGE_OVERHEAD_BYTES,
  };
  return context;
}

/** Rejects with the operating system's error if the address cannot be taken. */
export async function serveStore(options: ServeStoreOptions): Promise<ServingStore> {
  const { member, logger, clock, host, tls } = options;
  const calls = new CallCounts(options.extensiveMetrics === true ? clock : undefined);
  let url = '';
  const context = contextOf(options, () => options.advertiseClientUrls ?? [url]);
  const { quotaBytes } = context;
  const health = { successes: 0, failures: 0 };
  const { watchTimes } = context;
  const { usage, gunzip } = options;
  const metrics = new StoreMetrics({ member, calls, usage, quotaBytes, health, watchTimes });
  let gateway: Promise<Gateway> | undefined;
  const serveGateway: HttpHandler = async (request) => {
    gateway ??= import('./gateway/gateway.ts').then(({ Gateway }) => new Gateway(context));
    return (await gateway).serve(request);
  };
  const http = storeHttp({
    member,
    metrics,
    health,
    usage,
    logger,
    browsers: browserRules({
      origins: options.cors ?? ['*'],
      hosts: tls === undefined ? (options.hostWhitelist ?? ['*']) : ['*'],
    }),
    ...(options.hasGateway !== false && { gateway: serveGateway }),
  });
  let grpc: Promise<GrpcServer> | undefined;
  const onHttp2 = (connection: Duplex): void => {
    // In the clear HTTP/2 is gRPC's, as etcd has it: others ask by HTTP/1.
    const plain = tls === undefined ? undefined : http;
    const { connections = connectionDefaults } = options;
    const settings = { connections, isSecure: tls !== undefined };
    grpc ??= import('./grpc-server.ts').then(
      ({ GrpcServer }) =>
        new GrpcServer({ context, calls, plain, clock, logger, gunzip, ...settings }),
    );
    void grpc.then((server) => server.inject(connection));
  };
  const listening = await options.listen({
    host,
    port: options.port,
    ...(tls === undefined ? {} : { tls }),
    ...(options.beside !== undefined && { beside: options.beside.listening }),
    onHttp2,
    onHttp1: http,
    upgrades: options.hasGateway !== false,
    onRefused: ({ address, serverName, reason }) => {
      const fields = { 'remote-addr': address, 'server-name': serverName, error: reason };
      logger.warn(fields, 'rejected connection on client endpoint');
    },
  });
  url = urlOf({ host, port: listening.port, secure: tls !== undefined });
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    // Both at once: the port waits for connections that only the services can end.
    const ended = gateway?.then((each) => each.stop());
    await Promise.all([listening.stop(), grpc?.then((server) => server.stop()), ended]);
  };
  const renew = (fresh: TlsMaterial): void => listening.renew(fresh);
  return { port: listening.port, url, http, listening, renew, stop: () => (stopped ??= stop()) };
}
