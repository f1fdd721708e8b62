import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { connectEtcd } from '../store/client/connect.ts';
import type { Kv } from '../store/kv.ts';
import { silentLogger } from '../platform/logger.ts';
import { realClock } from '../platform/node/clock.ts';
import { realRandom } from '../platform/node/random.ts';

export interface Etcd {
  readonly endpoint: string;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** "etcd 3.4.23", or undefined if it is not installed. */
export function etcdName(): string | undefined {
  try {
    const [, version] = /etcd Version: (\S+)/.exec(execFileSync('etcd', ['--version']).toString())!;
    return `etcd ${version}`;
  } catch {
    return undefined;
  }
}

/** A real etcd of one member, with its own defaults. */
export async function startEtcd(dataDir: string): Promise<Etcd> {
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const child: ChildProcess = spawn(
    'etcd',
    [
      ...['--name', 'one', '--data-dir', dataDir, '--initial-cluster', `one=${peer}`],
      ...['--listen-client-urls', endpoint, '--advertise-client-urls', endpoint],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
    ],
    { stdio: 'ignore' },
  );
  const kv = connectTo(endpoint);
  for (let ready = false; !ready;) {
    ready = await kv.range({ key: 'x' }).then(
      () => true,
      () => new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 20)),
    );
  }
  await kv.close();
  return {
    endpoint,
    async stop() {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** The same gRPC client for ours and theirs, so that it weighs equally on both. */
export function connectTo(endpoint: string): Kv {
  const effects = { clock: realClock, random: realRandom, logger: silentLogger };
  return connectEtcd({ endpoints: [endpoint], tls: {}, ...effects });
}
