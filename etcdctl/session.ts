/** What every command gets: endpoints, flags that hold for all, and where to print. */
import { sleep, type Clock } from '../platform/clock.ts';
import type { ProcessContext } from '../platform/node/process.ts';
import { EtcdClient, type Connection } from './client.ts';
import { printJson } from './json.ts';
import type { Plain } from '../store/grpc/schema/codec.ts';

export interface GlobalFlags {
  readonly endpoints: readonly string[];
  readonly cacert?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly user?: string;
  readonly password?: string;
  readonly commandTimeout: number;
  readonly writeOut: 'simple' | 'json' | 'table';
  readonly hex: boolean;
  readonly insecureSkipTlsVerify: boolean;
}

export interface Environment {
  readonly context: ProcessContext;
  readonly clock: Clock;
  readonly readFile: (path: string) => Promise<Buffer>;
}

export class Session {
  readonly flags: GlobalFlags;
  readonly environment: Environment;
  readonly #clients: EtcdClient[] = [];

  constructor(flags: GlobalFlags, environment: Environment) {
    this.flags = flags;
    this.environment = environment;
  }

  print(line: string): void {
    this.environment.context.out(`${line}\n`);
  }

  /** The answer as JSON if that was asked for; otherwise `simple` prints it. */
  show(message: string, answer: Plain, simple: () => void): void {
    if (this.flags.writeOut === 'json') this.print(printJson(message, answer));
    else simple();
  }

  /** Bytes as text, or escaped byte by byte. */
  text(bytes: unknown): string {
    const buffer = (bytes as Buffer | undefined) ?? Buffer.alloc(0);
    if (!this.flags.hex) return buffer.toString();
    return [...buffer].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
  }

  /** A client of the first endpoint that lets it in. */
  client(): Promise<EtcdClient> {
    return this.clientOf(this.flags.endpoints[0]!);
  }

  async clientOf(endpoint: string): Promise<EtcdClient> {
    const client = new EtcdClient(await this.#connection(endpoint));
    this.#clients.push(client);
    const { user, password } = this.flags;
    if (user === undefined) return client;
    const at = user.indexOf(':');
    const [name, secret] =
      at < 0 ? [user, password ?? ''] : [user.slice(0, at), user.slice(at + 1)];
    await client.login(name, secret);
    return client;
  }

  async #connection(endpoint: string): Promise<Connection> {
    const { cacert, cert, key, insecureSkipTlsVerify: insecure, commandTimeout } = this.flags;
    const { readFile, clock } = this.environment;
    const base = { endpoint, timeoutMs: commandTimeout, now: () => clock.now() };
    if (cacert === undefined && cert === undefined && !insecure) return base;
    const read = async (path: string | undefined) =>
      path === undefined ? undefined : readFile(path);
    const [ca, certificate, privateKey] = await Promise.all([cacert, cert, key].map(read));
    const tls = {
      insecure,
      ...(ca === undefined ? {} : { ca }),
      ...(certificate === undefined ? {} : { certificate }),
      ...(privateKey === undefined ? {} : { privateKey }),
    };
    return { ...base, tls };
  }

  /** Renews a lease at a third of its time, until it is gone or the process is told to end. */
  async keepAlive(
    client: EtcdClient,
    lease: {
      readonly id: number | bigint;
      readonly once: boolean;
      readonly print: (answer: Plain) => void;
    },
  ): Promise<void> {
    const { terminated } = this.environment.context;
    while (!terminated.aborted) {
      let seconds = 0;
      const renewals = client.stream('etcdserverpb.Lease/LeaseKeepAlive', [{ ID: lease.id }]);
      for await (const answer of renewals) {
        lease.print(answer);
        seconds = (answer['TTL'] as number | undefined) ?? 0;
        break;
      }
      if (lease.once || seconds === 0) return;
      await sleep(this.environment.clock, (seconds * 1000) / 3, terminated);
    }
  }

  holdLease(client: EtcdClient, id: number | bigint): Promise<void> {
    return this.keepAlive(client, { id, once: false, print: () => {} });
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }
}

/** Runs a command's body with a session of its own. */
export type Run = (body: (session: Session) => Promise<void>) => Promise<void>;
