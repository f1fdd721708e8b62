/**
 * Three members from the command lines that etcd's tutorials give, the program's name changed: by
 * flags with one dash, by the environment, by a configuration file.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, succeed, temporaryFolder, tool, wherryMain } from './harness.ts';
import { freePorts } from './store-cluster.ts';

const etcdctl = tool('etcdctl');

/** What harnesses made for etcd wait for, in its order. */
const READY =
  /enabled capabilities for version[^]*published local member[^]*ready to serve client requests/;

describe.skipIf(etcdctl === undefined)("members started as etcd's tutorials start them", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const children: ChildProcess[] = [];
  const clients: string[] = [];

  function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): void {
    const child = spawn(process.execPath, [wherryMain, 'store', ...args], {
      env: { ...process.env, ...env },
      cwd: folder.path,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    children.push(child);
    ready.push(
      eventually('a member to serve', () => {
        if (child.exitCode !== null) throw new Error(`it exited: ${output}`);
        return Promise.resolve(READY.test(output));
      }),
    );
  }
  const ready: Promise<unknown>[] = [];

  beforeAll(async () => {
    folder = await temporaryFolder();
    const ports = await freePorts(6);
    const client = (i: number): string => `http://127.0.0.1:${ports[i]}`;
    const peer = (i: number): string => `http://127.0.0.1:${ports[3 + i]}`;
    clients.push(client(0), client(1), client(2));
    const cluster = [0, 1, 2].map((i) => `etcd${i}=${peer(i)}`).join();
    start([
      ...['-name', 'etcd0', `-advertise-client-urls=${client(0)}`, '-initial-cluster-state', 'new'],
      ...['-listen-client-urls', client(0), `-initial-advertise-peer-urls=${peer(0)}`],
      ...[`-listen-peer-urls=${peer(0)}`, '-initial-cluster-token', 'etcd-cluster-1'],
      ...['-initial-cluster', cluster, '--enable-v2=true', '--logger=zap', '--log-outputs=stderr'],
      ...['--auto-compaction-retention=1', '--experimental-initial-corrupt-check=true'],
    ]);
    start([], {
      ETCD_NAME: 'etcd1',
      ETCD_DATA_DIR: join(folder.path, 'etcd1-data'),
      ETCD_ADVERTISE_CLIENT_URLS: client(1),
      ETCD_LISTEN_CLIENT_URLS: client(1),
      ETCD_INITIAL_ADVERTISE_PEER_URLS: peer(1),
      ETCD_LISTEN_PEER_URLS: peer(1),
      ETCD_INITIAL_CLUSTER_TOKEN: 'etcd-cluster-1',
      ETCD_INITIAL_CLUSTER: cluster,
      ETCD_INITIAL_CLUSTER_STATE: 'new',
      ETCD_MAX_WALS: '5',
    });
    const config = {
      ...{ name: 'etcd2', 'data-dir': 'etcd2-data', 'listen-client-urls': client(2) },
      ...{ 'advertise-client-urls': client(2), 'initial-advertise-peer-urls': peer(2) },
      ...{ 'listen-peer-urls': peer(2), 'initial-cluster': cluster, 'log-level': 'info' },
      ...{ 'initial-cluster-token': 'etcd-cluster-1', 'initial-cluster-state': 'new' },
    };
    const file = join(folder.path, 'etcd.conf.yml');
    await writeFile(
      file,
      Object.entries(config)
        .map(([key, value]) => `${key}: ${value}\n`)
        .join(''),
    );
    start(['--config-file', file]);
    await Promise.all(ready);
  });
  afterAll(async () => {
    await Promise.all(
      children.map((child) => {
        const gone = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGKILL');
        return gone;
      }),
    );
    await folder.remove();
  });

  const ctl = (endpoint: string, line: string): Promise<string> =>
    succeed(etcdctl!, ['--endpoints', endpoint, ...line.split(' ')], {
      env: { ETCDCTL_API: '3' },
    });

  it('are one cluster, whomever one asks', async () => {
    const tables = await Promise.all(clients.map((each) => ctl(each, 'member list -w table')));
    for (const name of ['etcd0', 'etcd1', 'etcd2']) expect(tables[0]).toContain(`| ${name} |`);
    expect(new Set(tables).size).toBe(1);
    await ctl(clients[1]!, 'put k v');
    const status = await ctl(clients[2]!, 'endpoint status --cluster -w json');
    const statuses = JSON.parse(status) as { Endpoint: string; Status: { leader: number } }[];
    expect(statuses.map(({ Endpoint }) => Endpoint).sort()).toEqual([...clients].sort());
    expect(new Set(statuses.map(({ Status }) => Status.leader)).size).toBe(1);
    await eventually('all members to hold the same', async () => {
      const hashes = (await ctl(clients[0]!, 'endpoint hashkv --cluster')).trim().split('\n');
      expect(hashes).toHaveLength(3);
      return new Set(hashes.map((line) => line.split(', ')[1])).size === 1;
    });
    expect(await ctl(clients[0]!, 'endpoint health --cluster')).toBe('');
  });
});
