/**
 * A {@link Kv} over any etcd v3 endpoint: ours, or etcd 3.4 and later.
 *
 * In: what the API server asks of a store. Out: users and TLS by name (etcd's auth), and the
 * RPCs the API server does not use.
 */
import { readRangeResponse, writeRangeRequest } from '../grpc/messages/range.ts';
import { readTxnResponse, writeTxnRequest } from '../grpc/messages/txn.ts';
import { writeCompactionRequest } from '../grpc/messages/compaction.ts';
import { readLeaseResponse, writeLeaseGrantRequest } from '../grpc/messages/lease.ts';
import { readStatusResponse } from '../grpc/messages/maintenance.ts';
import { decode } from '../grpc/wire/reader.ts';
import { encode } from '../grpc/wire/writer.ts';
import type {
  Kv,
  KvStatus,
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
  Watch,
  WatchRequest,
} from '../kv.ts';
import { Endpoints, type EndpointOptions } from './endpoints.ts';
import { ClientWatchStream } from './watch-stream.ts';

export type { EndpointOptions } from './endpoints.ts';

/**
 * Connects at the first call. A call made while no endpoint can be reached rejects with
 * `unavailable`, naming the endpoint and why. Throws a TypeError for a malformed endpoint.
 */
export function connectEtcd(options: EndpointOptions): Kv {
  return new EtcdKv(options);
}

const EMPTY = Buffer.alloc(0);

class EtcdKv implements Kv {
  readonly #options: EndpointOptions;
  readonly #endpoints: Endpoints;
  #watches: ClientWatchStream | undefined;

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#endpoints = new Endpoints(options);
  }

  async range(request: RangeRequest): Promise<RangeResponse> {
    const bytes = encode((writer) => writeRangeRequest(writer, request));
    return decode(await this.#read('/etcdserverpb.KV/Range', bytes), readRangeResponse);
  }

  async txn(request: TxnRequest): Promise<TxnResponse> {
    const bytes = encode((writer) => writeTxnRequest(writer, request));
    return decode(await this.#write('/etcdserverpb.KV/Txn', bytes), readTxnResponse);
  }

  watch(request: WatchRequest): Watch {
    if (this.#watches === undefined) {
      const stream = new ClientWatchStream({
        endpoints: this.#endpoints,
        clock: this.#options.clock,
        version: async () => (await this.status()).version,
        revision: async () => (await this.range({ key: '\0', countOnly: true })).revision,
        onEnd: () => {
          if (this.#watches === stream) this.#watches = undefined;
        },
      });
      this.#watches = stream;
    }
    return this.#watches.watch(request);
  }

  async compact(revision: number): Promise<void> {
    const bytes = encode((writer) => writeCompactionRequest(writer, revision));
    await this.#write('/etcdserverpb.KV/Compact', bytes);
  }

  async leaseGrant(
    ttlSeconds: number,
  ): Promise<{ readonly id: string; readonly ttlSeconds: number }> {
    const bytes = encode((writer) => writeLeaseGrantRequest(writer, { id: '0', ttlSeconds }));
    return decode(await this.#write('/etcdserverpb.Lease/LeaseGrant', bytes), readLeaseResponse);
  }

  async status(): Promise<KvStatus> {
    const bytes = await this.#read('/etcdserverpb.Maintenance/Status', EMPTY);
    return decode(bytes, readStatusResponse);
  }

  close(): Promise<void> {
    this.#watches?.close();
    this.#endpoints.close();
    return Promise.resolve();
  }

  #read(path: string, request: Buffer): Promise<Buffer> {
    return this.#endpoints.call(path, request, { repeatable: true });
  }

  #write(path: string, request: Buffer): Promise<Buffer> {
    return this.#endpoints.call(path, request, { repeatable: false });
  }
}
