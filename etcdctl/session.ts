/** What every command gets: endpoints, flags that hold for all, and where to print. */
import { sleep, type Clock } from '../platform/clock.ts';
import type { ProcessContext } from '../platform/node/process.ts';
import type { Programs } from '../platform/programs.ts';
import { EtcdClient, type Connection } from './client.ts';
import { unsupported } from './failure.ts';
import { printFields } from './fields.ts';
import { printAnswer } from './json.ts';
import { encodeMessage, type Plain } from '../store/grpc/schema/codec.ts';

export interface GlobalFlags {
  readonly endpoints: readonly string[];
  readonly cacert?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly user?: string;
  readonly password?: string;
  /** Milliseconds. */
  readonly commandTimeout: number;
  readonly dialTimeout: number;
  readonly keepaliveTime: number;
  readonly keepaliveTimeout: number;
  readonly writeOut: 'simple' | 'json' | 'fields' | 'protobuf' | 'table';
  readonly hex: boolean;
  readonly insecureSkipTlsVerify: boolean;
  readonly discoverySrv?: string;
  readonly discoverySrvName?: string;
  readonly insecureDiscovery: boolean;
  /** Of certificates, in place of the endpoint's host. */
  readonly serverName?: string;
  /** Of one message, in bytes. */
  readonly maxRequestBytes?: number;
  readonly maxRecvBytes?: number;
}

/** An answer of one endpoint, which says not itself whose it is. */
export interface Placed {
  readonly message: string;
  readonly endpoint?: string;
  /** `simple` prints that format, too. */
  readonly hasTable?: boolean;
}

/** Of a connection. */
export type TlsFlags = Partial<
  Pick<GlobalFlags, 'cacert' | 'cert' | 'key' | 'insecureSkipTlsVerify'>
>;

export interface Environment {
  readonly context: ProcessContext;
  readonly clock: Clock;
  readonly readFile: (path: string) => Promise<Buffer>;
  readonly fetchText: (url: string) => Promise<string>;
  /** Absent where `lock` and `watch` may not run any. */
  readonly programs: Pick<Programs, 'run'> | undefined;
}

export class Session {
  readonly flags: GlobalFlags;
  readonly environment: Environment;
  readonly #clients: EtcdClient[] = [];
  /** The caller's password, asked for once. */
  #typed: string | undefined;

  constructor(flags: GlobalFlags, environment: Environment) {
    this.flags = flags;
    this.environment = environment;
  }

  print(line: string): void {
    this.environment.context.out(`${line}\n`);
  }

  /** The answer in the format that was asked for; `simple` prints it for people. */
  show(what: string | Placed, answer: Plain, simple: () => void): void {
    const { message, endpoint, hasTable } = typeof what === 'string' ? { message: what } : what;
    const { context } = this.environment;
    if (this.flags.writeOut === 'table' && hasTable !== true) throw unsupported('table');
    switch (this.flags.writeOut) {
      case 'json':
        return this.print(printAnswer(message, answer));
      case 'fields':
        return this.print(printFields(message, answer, endpoint));
      case 'protobuf':
        return context.out(encodeMessage(message, answer));
      case 'simple':
      case 'table':
        simple();
    }
  }

  /** Bytes as text, or escaped byte by byte. */
  text(bytes: unknown): string {
    const buffer = (bytes as Buffer | undefined) ?? Buffer.alloc(0);
    if (!this.flags.hex) return buffer.toString();
    return [...buffer].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
  }

  /** A client of another store, whose flags are its own. */
  foreign(endpoint: string, tls: TlsFlags): Promise<EtcdClient> {
    return this.#open(endpoint, tls);
  }

  /** A client of an endpoint that takes calls; of the first one if none does. */
  async client(): Promise<EtcdClient> {
    const { endpoints, dialTimeout } = this.flags;
    if (endpoints.length === 1) return this.clientOf(endpoints[0]!);
    const clients = await Promise.all(endpoints.map((endpoint) => this.#open(endpoint)));
    const first = await Promise.any(
      clients.map((client) => client.ready(dialTimeout).then(() => client)),
    ).catch(() => clients[0]!);
    return this.#login(first);
  }

  async clientOf(endpoint: string): Promise<EtcdClient> {
    return this.#login(await this.#open(endpoint));
  }

  async #open(endpoint: string, tls?: TlsFlags): Promise<EtcdClient> {
    const client = new EtcdClient(await this.#connection(endpoint, tls));
    this.#clients.push(client);
    return client;
  }

  async #login(client: EtcdClient): Promise<EtcdClient> {
    const { user, password } = this.flags;
    if (user === undefined) return client;
    const at = user.indexOf(':');
    const [name, secret] = at < 0 ? [user, password] : [user.slice(0, at), user.slice(at + 1)];
    this.#typed ??= secret ?? (await this.readPassword('Password: '));
    // Who calls is told in vain where nobody asks.
    await client.login(name, this.#typed).catch((error: Error) => {
      if (error.message !== 'etcdserver: authentication is not enabled') throw error;
    });
    return client;
  }

  /** Typed unseen, or the first line of standard input. */
  async readPassword(prompt: string): Promise<string> {
    const { readSecret } = this.environment.context;
    return readSecret === undefined ? this.firstLine() : readSecret(prompt);
  }

  /** Of standard input, which need not end behind it. */
  async firstLine(): Promise<string> {
    for await (const line of this.inputLines()) return line;
    return '';
  }

  /** Standard input line by line, as it comes where it can. */
  inputLines(): AsyncIterable<string> {
    const { inputLines, readInput, terminated } = this.environment.context;
    if (inputLines !== undefined) return inputLines(terminated);
    async function* whole(): AsyncGenerator<string> {
      const text = await readInput();
      if (text !== '') yield* text.replace(/\n$/, '').split('\n');
    }
    return whole();
  }

  async #connection(endpoint: string, given: TlsFlags = this.flags): Promise<Connection> {
    const { cacert, cert, key, insecureSkipTlsVerify: insecureSkipVerify = false } = given;
    const { commandTimeout, keepaliveTime, keepaliveTimeout, serverName } = this.flags;
    const { maxRequestBytes, maxRecvBytes } = this.flags;
    const { readFile, clock } = this.environment;
    const keepAlive = { everyMs: keepaliveTime, timeoutMs: keepaliveTimeout };
    const base = {
      endpoint,
      timeoutMs: commandTimeout,
      keepAlive,
      now: () => clock.now(),
      ...(serverName !== undefined && { serverName }),
      ...(maxRequestBytes !== undefined && { maxRequestBytes }),
      ...(maxRecvBytes !== undefined && { maxRecvBytes }),
    };
    if (cacert === undefined && cert === undefined && !insecureSkipVerify) return base;
    const read = async (path: string | undefined) =>
      path === undefined ? undefined : readFile(path);
    const [ca, certificate, privateKey] = await Promise.all([cacert, cert, key].map(read));
    const tls = {
      insecureSkipVerify,
      ...(ca === undefined ? {} : { ca }),
      ...(certificate === undefined ? {} : { certificate }),
      ...(privateKey === undefined ? {} : { privateKey }),
    };
    return { ...base, tls };
  }

  /** Renews a lease at a third of its time, until it is gone or `until` aborts. */
  async keepAlive(
    client: EtcdClient,
    lease: {
      readonly id: number | bigint;
      readonly once: boolean;
      readonly print: (answer: Plain) => void;
    },
    until: AbortSignal = this.environment.context.terminated,
  ): Promise<void> {
    while (!until.aborted) {
      let seconds = 0;
      const asked = [{ ID: lease.id }];
      const renewals = client.stream('etcdserverpb.Lease/LeaseKeepAlive', asked, until);
      for await (const answer of renewals) {
        lease.print(answer);
        seconds = (answer['TTL'] as number | undefined) ?? 0;
        break;
      }
      if (lease.once || seconds === 0) return;
      await sleep(this.environment.clock, (seconds * 1000) / 3, until);
    }
  }

  /** Until `done`, or the process is told to end. */
  holdLease(client: EtcdClient, id: number | bigint, done: AbortSignal): Promise<void> {
    const until = AbortSignal.any([done, this.environment.context.terminated]);
    return this.keepAlive(client, { id, once: false, print: () => {} }, until);
  }

  /** A program of this machine with our output, and no input, to its exit code. */
  async runProgram(
    [program, ...args]: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<number> {
    const { programs } = this.environment;
    if (programs === undefined) throw new Error('no programs can be run here');
    const shared = { output: 'shared', input: 'none' } as const;
    const { code } = await programs.run({ program: program!, args, env, ...shared });
    return code ?? 1;
  }

  /** A page of plain HTTP of the first endpoint. */
  async fetchText(path: string): Promise<string> {
    const [endpoint] = this.flags.endpoints;
    const url = endpoint!.includes('://') ? endpoint! : `http://${endpoint}`;
    return this.environment.fetchText(`${url.replace(/\/$/, '')}${path}`);
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }
}

/** Runs a command's body with a session of its own. */
export type Run = (body: (session: Session) => Promise<void>) => Promise<void>;
