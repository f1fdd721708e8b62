/** Ours and etcd: members as processes of their own, started with one and the same command line. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts as portsOf } from '../../platform/node/net/free-ports.ts';
import { withBench } from '../children.ts';
import { openGrpc } from '../grpc-load.ts';

const main = join(import.meta.dirname, '..', 'cluster', 'main.cjs');
/** How often a member that starts is asked whether it serves. */
const ASK_AGAIN_MS = 5;
const GIVE_UP_MS = 60_000;

export interface Contender {
  /** "etcd 3.4.23" */
  readonly name: string;
  readonly command: readonly string[];
}

export const ours: Contender = { name: 'ours', command: [process.execPath, main, 'store'] };

/** Undefined if etcd is not installed. */
export function etcd(): Contender | undefined {
  try {
    const said = execFileSync('etcd', ['--version']).toString();
    return { name: `etcd ${/etcd Version: (\S+)/.exec(said)![1]}`, command: ['etcd'] };
  } catch {
    return undefined;
  }
}

export const freePorts = (count: number): Promise<number[]> => portsOf('127.0.0.1', count);

interface StoreMember {
  readonly endpoint: string;
  readonly process: ChildProcess;
}

export class Members {
  readonly all: readonly StoreMember[];

  private constructor(all: readonly StoreMember[]) {
    this.all = all;
  }

  /** Resolves as soon as every member answers a linearizable read. */
  static async start(contender: Contender, count: number, folder: string): Promise<Members> {
    const ports = await freePorts(count * 2);
    const url = (index: number): string => `http://127.0.0.1:${ports[index]!}`;
    const names = Array.from({ length: count }, (_, i) => `m${i}`);
    const initialCluster = names.map((name, i) => `${name}=${url(2 * i + 1)}`).join();
    const [program, ...first] = contender.command;
    const all = names.map((name, i) => {
      const [client, peer] = [url(2 * i), url(2 * i + 1)];
      const args = [
        ...[...first, '--name', name, '--data-dir', join(folder, name)],
        ...['--initial-cluster', initialCluster, '--initial-advertise-peer-urls', peer],
        ...['--listen-client-urls', client, '--advertise-client-urls', client],
        ...['--listen-peer-urls', peer, '--auto-compaction-retention', '0'],
      ];
      const member = withBench(spawn(program!, args, { stdio: 'ignore' }));
      return { endpoint: client, process: member };
    });
    const members = new Members(all);
    await Promise.all(all.map((member) => serves(member)));
    return members;
  }

  get endpoints(): string[] {
    return this.all.map(({ endpoint }) => endpoint);
  }

  /** Of all members together. */
  residentMiB(): number {
    const each = this.all.map(({ process: { pid } }) => {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
    });
    return each.reduce((sum, one) => sum + one, 0);
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.all.map(async ({ process: child }) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const exited = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGKILL');
        await exited;
      }),
    );
  }
}

/** An encoded linearizable RangeRequest of one key. */
const someRead = Buffer.from('0a0178', 'hex');

async function serves(member: StoreMember): Promise<void> {
  const began = performance.now();
  for (;;) {
    if (member.process.exitCode !== null) throw new Error(`${member.endpoint} did not start`);
    if (performance.now() - began > GIVE_UP_MS) throw new Error(`${member.endpoint} is silent`);
    const client = openGrpc(member.endpoint);
    const answered = await client.call('/etcdserverpb.KV/Range', someRead).then(
      () => true,
      () => false,
    );
    client.close();
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}
