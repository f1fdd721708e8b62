import {
  Client,
  credentials,
  Metadata,
  type ClientDuplexStream,
  type ServiceError,
} from '@grpc/grpc-js';
import { decodeMessage, encodeMessage, type Plain } from './etcd-proto.ts';

const asIs = (bytes: Buffer): Buffer => bytes;

/** How an RPC failed: the two things etcd's clients look at. */
export interface Failure {
  readonly code: number;
  readonly details: string;
}

const services: Readonly<Record<string, string>> = {
  Range: 'KV',
  Put: 'KV',
  DeleteRange: 'KV',
  Txn: 'KV',
  Compact: 'KV',
  LeaseGrant: 'Lease',
  LeaseRevoke: 'Lease',
  LeaseTimeToLive: 'Lease',
  LeaseLeases: 'Lease',
  Status: 'Maintenance',
  Alarm: 'Maintenance',
  Hash: 'Maintenance',
  HashKV: 'Maintenance',
  Defragment: 'Maintenance',
  Downgrade: 'Maintenance',
  MemberList: 'Cluster',
  ...Object.fromEntries(
    (
      'AuthEnable AuthDisable AuthStatus Authenticate UserAdd UserGet UserList UserDelete ' +
      'UserChangePassword UserGrantRole UserRevokeRole RoleAdd RoleGet RoleList RoleDelete ' +
      'RoleGrantPermission RoleRevokePermission'
    )
      .split(' ')
      .map((method) => [method, 'Auth']),
  ),
};

/** A gRPC client that hides nothing: messages as plain values, statuses as they came. */
export class RawClient {
  readonly #client: Client;
  readonly #metadata = new Metadata();

  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure(), {
      'grpc.max_receive_message_length': -1,
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_http_proxy': 0,
    });
  }

  /** Of all calls from now on; absent: none. */
  useToken(token?: string): void {
    this.#metadata.remove('token');
    if (token !== undefined) this.#metadata.set('token', token);
  }

  async login(name: string, password: string): Promise<void> {
    this.useToken();
    this.useToken(String((await this.call('Authenticate', { name, password }))['token']));
  }

  async call(method: string, request: Plain = {}): Promise<Plain> {
    const auth = services[method] === 'Auth' && !method.startsWith('Auth') ? 'Auth' : '';
    const prefix =
      method === 'Compact' ? 'Compaction' : `${auth}${method}`.replace('AuthAuth', 'Auth');
    const bytes = encodeMessage(`${prefix}Request`, request);
    return decodeMessage(`${prefix}Response`, await this.send(method, bytes));
  }

  /** Rejects with grpc-js's error: `code` and `details`. */
  send(method: string, bytes: Buffer): Promise<Buffer> {
    const path = `/etcdserverpb.${services[method]}/${method}`;
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(path, asIs, asIs, bytes, this.#metadata, (error, response) => {
        if (error !== null) reject(error);
        else resolve(response!);
      });
    });
  }

  /** The failure of a call that must fail. */
  async refusal(method: string, request: Plain = {}): Promise<Failure> {
    try {
      const response = await this.call(method, request);
      throw new Error(`${method} answered ${JSON.stringify(response)}`);
    } catch (error) {
      const { code, details } = error as ServiceError;
      if (code === undefined) throw error;
      return { code, details };
    }
  }

  /** Every response of a call that streams only answers. */
  async download(path: string, request: Buffer): Promise<Buffer[]> {
    const received: Buffer[] = [];
    for await (const bytes of this.#client.makeServerStreamRequest(path, asIs, asIs, request))
      received.push(bytes as Buffer);
    return received;
  }

  watch(): RawStream {
    return new RawStream(this.#open('/etcdserverpb.Watch/Watch'), 'Watch');
  }

  keepAlive(): RawStream {
    return new RawStream(this.#open('/etcdserverpb.Lease/LeaseKeepAlive'), 'LeaseKeepAlive');
  }

  close(): void {
    this.#client.close();
  }

  #open(path: string): ClientDuplexStream<Buffer, Buffer> {
    return this.#client.makeBidiStreamRequest(path, asIs, asIs, this.#metadata);
  }
}

/** One bidirectional stream, its responses in a queue. */
export class RawStream {
  readonly #call: ClientDuplexStream<Buffer, Buffer>;
  readonly #name: string;
  readonly #received: Plain[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  readonly ended: Promise<Failure | undefined>;

  constructor(call: ClientDuplexStream<Buffer, Buffer>, name: string) {
    this.#call = call;
    this.#name = name;
    call.on('data', (bytes: Buffer) => {
      this.#received.push(decodeMessage(`${name}Response`, bytes));
      this.#wake?.();
    });
    this.ended = new Promise((resolve) => {
      const end = (failure?: Failure): void => {
        this.#ended = true;
        this.#wake?.();
        resolve(failure);
      };
      call.on('error', ({ code, details }: ServiceError) => end({ code, details }));
      call.on('end', () => end());
    });
  }

  send(request: Plain): void {
    this.#call.write(encodeMessage(`${this.#name}Request`, request));
  }

  sendBytes(bytes: Buffer): void {
    this.#call.write(bytes);
  }

  halfClose(): void {
    this.#call.end();
  }

  /** The next response; rejects if the stream ended instead. */
  async next(): Promise<Plain> {
    while (this.#received.length === 0) {
      if (this.#ended) throw new Error(`the stream ended: ${JSON.stringify(await this.ended)}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#received.shift()!;
  }

  async take(count: number): Promise<Plain[]> {
    const taken: Plain[] = [];
    while (taken.length < count) taken.push(await this.next());
    return taken;
  }

  cancel(): void {
    this.#call.cancel();
  }
}
