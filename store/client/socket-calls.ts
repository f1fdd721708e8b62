/** gRPC over a socket of this host: how the API server reaches a key management service. */
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import type { Clock } from '../../platform/clock.ts';
import { CallFailure, type UnaryCalls } from '../../platform/net/unary-calls.ts';

const channelOptions = {
  // A socket's path is no name that a server could be asked for.
  'grpc.default_authority': 'localhost',
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.enable_retries': 0,
  'grpc.enable_http_proxy': 0,
  'grpc.enable_channelz': 0,
  'grpc.use_local_subchannel_pool': 1,
} as const;

const asIs = (bytes: Buffer): Buffer => bytes;

/** "DEADLINE_EXCEEDED" as Go prints it. */
const goName = (code: number): string =>
  (status[code] ?? 'UNKNOWN')
    .toLowerCase()
    .replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Connects at the first call, and again after a loss. */
export function connectSocket(path: string, clock: Clock): UnaryCalls {
  const client = new Client(`unix:${path}`, credentials.createInsecure(), channelOptions);
  return {
    call: (method, request, timeoutMs) =>
      new Promise((resolve, reject) => {
        const options = { deadline: clock.now() + timeoutMs };
        const metadata = new Metadata();
        client.makeUnaryRequest(method, asIs, asIs, request, metadata, options, (error, answer) => {
          if (error !== null) reject(new CallFailure(goName(error.code), error.details));
          else resolve(answer!);
        });
      }),
    close: () => client.close(),
  };
}
