/** The two servers that must answer alike: ours, in this process, and the etcd of the machine. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../../platform/logger.ts';
import { realClock } from '../../../platform/node/clock.ts';
import { realDisk } from '../../../platform/node/files/disk.ts';
import { realGunzip } from '../../../platform/node/gunzip.ts';
import { processUsage } from '../../../platform/node/process-usage.ts';
import { realRandom } from '../../../platform/node/random.ts';
import { realCrypto } from '../../../platform/node/crypto/crypto.ts';
import { sha1 } from '../../../platform/node/crypto/sha1.ts';
import { freePorts } from '../../../platform/node/net/free-ports.ts';
import { sniffingServer } from '../../../platform/node/net/sniffing-server.ts';
import type { TlsMaterial } from '../../../platform/net/http-server.ts';
import { MemoryStorage } from '../../../store/engine/memory.ts';
import type { ConnectionSettings } from '../../../store/grpc/connection-settings.ts';
import { serveStore, type ServingStore } from '../../../store/grpc/server.ts';
import type { MemberOptions } from '../../../store/replica/options.ts';
import { startMember } from '../../../store/server/member.ts';
import { eventually, tool } from '../../e2e/harness.ts';

export interface TestServer {
  /** "127.0.0.1:2379" */
  readonly address: string;
  stop(): Promise<void>;
}

export async function startOurs(
  options: Partial<MemberOptions> & {
    readonly tls?: TlsMaterial;
    readonly extensiveMetrics?: boolean;
    readonly connections?: ConnectionSettings;
  } = {},
): Promise<TestServer & { readonly serving: ServingStore }> {
  const { tls, connections, extensiveMetrics = false, ...rest } = options;
  const member = await startMember({
    ...{ clock: realClock, random: realRandom, disk: realDisk, logger: silentLogger, sha1 },
    crypto: realCrypto,
    dataDir: '/unused',
    engine: new MemoryStorage().open,
    ...rest,
  });
  const serving = await serveStore({
    ...{ member, clock: realClock, logger: silentLogger },
    ...{ listen: sniffingServer, usage: processUsage, gunzip: realGunzip },
    ...{ host: '127.0.0.1', port: 0 },
    ...(tls === undefined ? {} : { tls }),
    ...(connections === undefined ? {} : { connections }),
    extensiveMetrics,
  });
  return {
    address: `127.0.0.1:${serving.port}`,
    serving,
    async stop() {
      await serving.stop();
      await member.stop();
    },
  };
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts('127.0.0.1', 1);
  return port;
}

/** Undefined where it is missing; `tool` has then said so. */
export const etcd = tool('etcd');
export const etcdctl = tool('etcdctl');

export async function startEtcd(extra: readonly string[] = []): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'wherry-etcd-'));
  const [port, peerPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  const child = spawn(
    etcd!,
    [
      ...['--data-dir', join(folder, 'data'), '--logger', 'zap', '--log-level', 'error'],
      ...['--listen-client-urls', url, '--advertise-client-urls', url],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
      ...['--initial-cluster', `default=${peer}`, ...extra],
    ],
    { stdio: 'ignore' },
  );
  const exited = new Promise((resolve) => child.once('exit', resolve));
  await eventually('etcd to serve', async () => (await fetch(`${url}/health`)).ok);
  return {
    address: `127.0.0.1:${port}`,
    async stop() {
      child.kill('SIGTERM');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface Contender {
  readonly name: 'ours' | 'etcd';
  readonly start: () => Promise<TestServer>;
}

/** Who the conformance suites run against. */
export const contenders: readonly Contender[] = [
  { name: 'ours', start: startOurs },
  ...(etcd === undefined ? [] : [{ name: 'etcd', start: () => startEtcd() } as const]),
];
