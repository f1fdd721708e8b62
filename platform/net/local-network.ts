/** This machine's own network, as containers that share it need it. */
import type { ByteStream } from '../bytes/byte-stream.ts';

export interface NetworkAddress {
  readonly host: string;
  readonly port: number;
}

export interface LocalNetwork {
  /** Rejects with the system's error (`ECONNREFUSED`), or the signal's reason. */
  dial(at: NetworkAddress, signal: AbortSignal): Promise<ByteStream>;
  /** True if nobody listened on the port just now, on any address. */
  isFree(port: number): Promise<boolean>;
  /** A port that nobody listened on just now. */
  freePort(): Promise<number>;
  /** grpc.health.v1.Health/Check: the status's name. Rejects if there was no such answer. */
  grpcHealth(at: NetworkAddress & { service: string }, signal: AbortSignal): Promise<string>;
}
