/** `wherry store` members as processes of their own, to be started, killed and stopped at will. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { freePorts as portsOf } from '../../platform/node/net/free-ports.ts';
import { silentLogger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { connectEtcd } from '../../store/client/connect.ts';
import type { Kv } from '../../store/kv.ts';
import { eventually, run, temporaryFolder, wherryMain } from './harness.ts';
import type { Result } from './harness.ts';

export const freePorts = (count: number): Promise<number[]> => portsOf('127.0.0.1', count);

interface Place {
  readonly name: string;
  readonly dataDir: string;
  readonly clientPort: number;
  readonly peerPort: number;
  readonly scheme: 'http' | 'https';
}

export class StoreProcess {
  readonly name: string;
  readonly address: string;
  readonly peerPort: number;
  /** Where the member listens for the others, and where they are told to find it. */
  readonly listenPeerUrl: string;
  peerUrl: string;
  dataDir: string;
  /** The Node.js that the next start runs on. */
  node = process.execPath;
  #child: ChildProcess | undefined;
  output = '';

  constructor({ name, dataDir, clientPort, peerPort, scheme }: Place) {
    this.name = name;
    this.dataDir = dataDir;
    this.address = `127.0.0.1:${clientPort}`;
    this.peerPort = peerPort;
    this.listenPeerUrl = this.peerUrl = `${scheme}://127.0.0.1:${peerPort}`;
  }

  start(
    initialCluster: string,
    state: 'new' | 'existing' = 'new',
    extra: readonly string[] = [],
  ): void {
    const client = `http://${this.address}`;
    this.output = '';
    const child = spawn(
      this.node,
      [
        ...[wherryMain, 'store', '--name', this.name, '--data-dir', this.dataDir],
        ...['--initial-cluster', initialCluster, '--initial-cluster-state', state],
        ...['--initial-advertise-peer-urls', this.peerUrl, '--listen-peer-urls'],
        ...[this.listenPeerUrl, '--listen-client-urls', client],
        ...['--advertise-client-urls', client, ...extra],
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    child.stdout.on('data', (text: Buffer) => (this.output += text.toString()));
    child.stderr.on('data', (text: Buffer) => (this.output += text.toString()));
    this.#child = child;
  }

  ready(): Promise<true> {
    return eventually(`${this.name} to serve`, async () => {
      if (this.hasExited) throw new Error(`it exited: ${this.output}`);
      return this.output.includes('ready to serve client requests') || undefined;
    }).then(() => true);
  }

  get hasExited(): boolean {
    return this.exitCode !== null || this.#child!.signalCode !== null;
  }

  get exitCode(): number | null {
    return this.#child?.exitCode ?? null;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Resolves when the process is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || this.hasExited) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await exited;
  }
}

export class StoreCluster {
  readonly members: StoreProcess[];
  readonly folder: { readonly path: string; readonly remove: () => Promise<void> };

  private constructor(members: StoreProcess[], folder: StoreCluster['folder']) {
    this.members = members;
    this.folder = folder;
  }

  /** Processes that are not started yet. */
  static async plan(
    names: readonly string[],
    scheme: 'http' | 'https' = 'http',
  ): Promise<StoreCluster> {
    const folder = await temporaryFolder();
    const ports = await freePorts(names.length * 2);
    const members = names.map((name, i) => {
      const [clientPort, peerPort] = [ports[2 * i]!, ports[2 * i + 1]!];
      const dataDir = join(folder.path, name);
      return new StoreProcess({ name, dataDir, clientPort, peerPort, scheme });
    });
    return new StoreCluster(members, folder);
  }

  /** Starts `members` as a new cluster, or again, and waits until all of them serve. */
  async start(
    members: readonly StoreProcess[] = this.members,
    flags: readonly string[] = [],
  ): Promise<void> {
    for (const member of members) member.start(this.initialCluster(members), 'new', flags);
    await Promise.all(members.map((member) => member.ready()));
  }

  initialCluster(members: readonly StoreProcess[] = this.members): string {
    return members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join();
  }

  connect(members: readonly StoreProcess[] = this.members): Kv {
    const endpoints = members.map(({ address }) => `http://${address}`);
    return connectEtcd({ endpoints, clock: realClock, logger: silentLogger });
  }

  /** Stock etcdctl, at all members or at some. */
  etcdctl(
    etcdctl: string,
    args: readonly string[],
    members: readonly StoreProcess[] = this.members,
  ): Promise<Result> {
    const endpoints = members.map(({ address }) => address).join();
    return run(etcdctl, ['--endpoints', endpoints, ...args], { env: { ETCDCTL_API: '3' } });
  }

  async status(
    etcdctl: string,
    members: readonly StoreProcess[] = this.members,
  ): Promise<{ Endpoint: string; Status: { leader: number; header: { member_id: number } } }[]> {
    const { stdout } = await this.etcdctl(etcdctl, ['endpoint', 'status', '-w', 'json'], members);
    return JSON.parse(stdout) as never;
  }

  /** Asking `members`, all of which should run: etcdctl waits long for one that does not. */
  leader(etcdctl: string, members?: readonly StoreProcess[]): Promise<StoreProcess> {
    return eventually('a leader', async () => {
      const statuses = await this.status(etcdctl, members);
      const leader = statuses.find(({ Status }) => Status.leader === Status.header.member_id);
      return this.members.find(({ address }) => address === leader?.Endpoint);
    });
  }

  /** Resolves when the members hold the same, by etcd's own hash of every version of every key. */
  async level(etcdctl: string, members: readonly StoreProcess[] = this.members): Promise<void> {
    await eventually('equal hashes', async () => {
      const { stdout, stderr } = await this.etcdctl(etcdctl, ['endpoint', 'hashkv'], members);
      const hashes = stdout.trim().split('\n');
      if (hashes.length !== members.length) throw new Error(stderr);
      return new Set(hashes.map((line) => line.split(', ')[1])).size === 1;
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.end('SIGKILL')));
    await this.folder.remove();
  }
}

/** Writes a key until it is acknowledged; what failed may still have been done. */
export async function put(kv: Kv, key: string, value = key): Promise<void> {
  const request = { key, value: Buffer.from(value) };
  await eventually(`${key} to be written`, async () => {
    await kv.txn({ compare: [], success: [{ type: 'put', request }], failure: [] });
    return true;
  });
}

export interface Load {
  /** Resolves when more was acknowledged than at the time of the call. */
  progress(): Promise<void>;
  /** Ends it; resolves to what was acknowledged. */
  end(): Promise<readonly string[]>;
}

const WRITERS = 4;

/** Writers that put one fresh key after another, whatever happens. */
export function load(kv: Kv, name: string): Load {
  const acknowledged: string[] = [];
  let isOver = false;
  const write = async (id: number): Promise<void> => {
    for (let n = 0; !isOver; n++) {
      const key = `${name}/${id}/${n}`;
      const request = { key, value: Buffer.from(key) };
      const txn = { compare: [], success: [{ type: 'put', request }], failure: [] } as const;
      await kv.txn(txn).then(
        () => acknowledged.push(key),
        () => new Promise((resolve) => setTimeout(resolve, 20)),
      );
    }
  };
  const writing = Promise.all(Array.from({ length: WRITERS }, (_, id) => write(id)));
  return {
    async progress() {
      const before = acknowledged.length;
      await eventually('writes to go on', async () => acknowledged.length > before + WRITERS);
    },
    async end() {
      isOver = true;
      await writing;
      return acknowledged;
    },
  };
}

/** The keys of `expected` that a member does not have. */
export async function missing(kv: Kv, expected: readonly string[]): Promise<string[]> {
  const { kvs } = await eventually('a read', () =>
    kv.range({ key: '\0', rangeEnd: '\0', keysOnly: true }),
  );
  const there = new Set(kvs.map(({ key }) => key));
  return expected.filter((key) => !there.has(key));
}
