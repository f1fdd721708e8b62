import type { Clock } from '../../platform/clock.ts';
import type { ConnectionLimits } from './http2/connection.ts';
import type { KeepAliveTimes } from './http2/keep-alive.ts';
import { PingLimit } from './http2/ping-limit.ts';

/** Of a connection that carries gRPC: etcd's flags of these names. Times in milliseconds. */
export interface ConnectionSettings {
  readonly maxConcurrentStreams: number;
  readonly grpcKeepaliveMinTime: number;
  readonly grpcKeepaliveInterval: number;
  readonly grpcKeepaliveTimeout: number;
}

/** Those of etcd, but for the streams, which are unbounded there. */
export const connectionDefaults: ConnectionSettings = {
  maxConcurrentStreams: 10_000,
  grpcKeepaliveMinTime: 5000,
  grpcKeepaliveInterval: 2 * 60 * 60 * 1000,
  grpcKeepaliveTimeout: 20_000,
};

/** What gRPC takes where no minimal time is set. */
const UNSET_MIN_TIME_MS = 5 * 60 * 1000;
/** gRPC asks no client more often. */
const SHORTEST_INTERVAL_MS = 1000;

/**
 * `isSecure`: pings are not counted, for over TLS etcd's port is served by Go's HTTP server, which
 * does not, either.
 */
export function connectionLimits(
  { maxConcurrentStreams, grpcKeepaliveMinTime: minTime }: ConnectionSettings,
  clock: Clock,
  isSecure: boolean,
): ConnectionLimits {
  return {
    maxStreams: maxConcurrentStreams || connectionDefaults.maxConcurrentStreams,
    pings: isSecure ? undefined : new PingLimit(clock, minTime || UNSET_MIN_TIME_MS),
  };
}

/** If either is 0, gRPC's defaults hold for both, as in etcd. */
export function keepAliveTimes(settings: ConnectionSettings): KeepAliveTimes {
  const { grpcKeepaliveInterval: interval, grpcKeepaliveTimeout: timeout } = settings;
  const { grpcKeepaliveInterval, grpcKeepaliveTimeout } =
    interval > 0 && timeout > 0 ? settings : connectionDefaults;
  return {
    intervalMs: Math.max(grpcKeepaliveInterval, SHORTEST_INTERVAL_MS),
    timeoutMs: grpcKeepaliveTimeout,
  };
}
