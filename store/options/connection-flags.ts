/** Flags of connections that carry gRPC. */
import { connectionDefaults } from '../grpc/connection-settings.ts';
import { milliseconds, uint32, type Row } from './flag-values.ts';

export const connectionRows: readonly Row[] = [
  {
    flags: '--max-concurrent-streams <n>',
    text: 'calls that a connection may have under way; further ones are refused',
    parse: uint32,
    fallback: connectionDefaults.maxConcurrentStreams,
  },
  {
    flags: '--grpc-keepalive-min-time <duration>',
    text: 'between pings of a client without TLS: who asks more often is sent away',
    parse: milliseconds,
    fallback: connectionDefaults.grpcKeepaliveMinTime,
    shown: '5s',
  },
  {
    flags: '--grpc-keepalive-interval <duration>',
    text: 'of silence after which a client is asked whether it is there',
    parse: milliseconds,
    fallback: connectionDefaults.grpcKeepaliveInterval,
    shown: '2h',
  },
  {
    flags: '--grpc-keepalive-timeout <duration>',
    text: 'it has to say so before it is dropped',
    parse: milliseconds,
    fallback: connectionDefaults.grpcKeepaliveTimeout,
    shown: '20s',
  },
];
