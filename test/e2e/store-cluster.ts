/** `wherry store` processes that form one cluster, on free ports. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { silentLogger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { connectEtcd } from '../../store/client/connect.ts';
import type { Kv } from '../../store/kv.ts';
import { eventually, run, temporaryFolder, wherryMain } from './harness.ts';
import type { Result } from './harness.ts';

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  const ports = await Promise.all(
    servers.map(async (server) => {
      await new Promise((resolve) => server.once('listening', resolve));
      return (server.address() as { port: number }).port;
    }),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export class StoreProcess {
  readonly name: string;
  readonly address: string;
  readonly peerUrl: string;
  readonly #folder: string;
  #child: ChildProcess | undefined;
  output = '';

  constructor(name: string, folder: string, ports: readonly [client: number, peer: number]) {
    this.name = name;
    this.#folder = join(folder, name);
    this.address = `127.0.0.1:${ports[0]}`;
    this.peerUrl = `http://127.0.0.1:${ports[1]}`;
  }

  start(initialCluster: string, state: 'new' | 'existing' = 'new', extra: string[] = []): void {
    const client = `http://${this.address}`;
    this.output = '';
    const child = spawn(
      process.execPath,
      [
        ...[wherryMain, 'store', '--name', this.name, '--data-dir', this.#folder],
        ...['--initial-cluster', initialCluster, '--initial-cluster-state', state],
        ...['--initial-advertise-peer-urls', this.peerUrl, '--listen-peer-urls', this.peerUrl],
        ...['--listen-client-urls', client, '--advertise-client-urls', client, ...extra],
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
    return this.#child?.exitCode !== null || this.#child.signalCode !== null;
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

  /** Processes that are not started yet; those beyond `initial` are to join later. */
  static async plan(names: readonly string[]): Promise<StoreCluster> {
    const folder = await temporaryFolder();
    const ports = await freePorts(names.length * 2);
    const members = names.map(
      (name, i) => new StoreProcess(name, folder.path, [ports[2 * i]!, ports[2 * i + 1]!]),
    );
    return new StoreCluster(members, folder);
  }

  initialCluster(members: readonly StoreProcess[] = this.members): string {
    return members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join();
  }

  get endpoints(): string {
    return this.members.map(({ address }) => address).join();
  }

  connect(): Kv {
    const endpoints = this.members.map(({ address }) => `http://${address}`);
    return connectEtcd({ endpoints, clock: realClock, logger: silentLogger });
  }

  etcdctl(etcdctl: string, ...args: string[]): Promise<Result> {
    return run(etcdctl, ['--endpoints', this.endpoints, ...args], { env: { ETCDCTL_API: '3' } });
  }

  async status(
    etcdctl: string,
  ): Promise<{ Endpoint: string; Status: { leader: number; header: { member_id: number } } }[]> {
    const { stdout } = await this.etcdctl(etcdctl, 'endpoint', 'status', '-w', 'json');
    return JSON.parse(stdout) as never;
  }

  async leader(etcdctl: string): Promise<StoreProcess> {
    return eventually('a leader', async () => {
      const statuses = await this.status(etcdctl);
      const leader = statuses.find(({ Status }) => Status.leader === Status.header.member_id);
      return this.members.find(({ address }) => address === leader?.Endpoint);
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
