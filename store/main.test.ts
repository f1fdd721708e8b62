import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProcessContext } from '../platform/node/process.ts';
import { autoCompactionOf } from './flag-rules.ts';
import { storeFlags, type StoreFlags } from './flags.ts';
import { storeCommand } from './main.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wherry-store-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const FREE = 'http://127.0.0.1:0';

/** Runs `wherry store` until `serving` has seen it ready; rejects as the command does. */
async function runStore(
  args: readonly string[],
  serving: (url: string) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const termination = new AbortController();
  let failure: unknown;
  const context: ProcessContext = {
    ...{ script: 'wherry', argv: args, env: {}, pid: 1, cwd: folder, interactive: false },
    ...{ out() {}, err() {}, readInput: () => Promise.resolve('') },
    terminated: termination.signal,
    notifyReady(url) {
      serving(url!)
        .catch((error: unknown) => (failure = error))
        .finally(() => termination.abort());
    },
  };
  const command = storeCommand(context)
    .exitOverride()
    .configureOutput({ writeErr() {} });
  const defaults = ['--data-dir', join(folder, 'data'), '--log-level', 'silent'];
  await command.parseAsync([...defaults, ...args], { from: 'user' });
  if (failure !== undefined) throw failure as Error;
}

const client = ['--listen-client-urls', FREE, '--advertise-client-urls', FREE];

describe('wherry store', () => {
  it('serves, stops, and has its data after a restart', async () => {
    const { connectEtcd } = await import('./client/connect.ts');
    const { realClock } = await import('../platform/node/clock.ts');
    const { silentLogger } = await import('../platform/logger.ts');
    const revisions: number[] = [];
    const write = async (url: string): Promise<void> => {
      const kv = connectEtcd({ endpoints: [url], clock: realClock, logger: silentLogger });
      const put = { type: 'put', request: { key: 'a', value: Buffer.from('1') } } as const;
      const { revision } = await kv.txn({ compare: [], success: [put], failure: [] });
      revisions.push(revision);
      await kv.close();
    };
    await runStore(client, write);
    await runStore([...client, '--initial-cluster-state', 'existing'], write);
    expect(revisions).toEqual([2, 3]);
  });

  it('serves metrics on URLs of their own, without the keys', async () => {
    // The second URL's port must be known beforehand, so it is the one of a store just stopped.
    let metrics = '';
    await runStore(client, (url) => {
      metrics = url;
      return Promise.resolve();
    });
    await runStore([...client, '--listen-metrics-urls', metrics], async () => {
      expect((await fetch(`${metrics}/readyz`)).status).toBe(200);
      expect(await (await fetch(`${metrics}/metrics`)).text()).toContain(
        'etcd_server_has_leader 1',
      );
    });
  });

  it.each<[string, string[], RegExp]>([
    [
      'a URL of two members',
      ['--initial-cluster', 'default=http://localhost:2380,b=http://localhost:2380'],
      /initial cluster http:\/\/localhost:2380 has duplicate url/,
    ],
    [
      'joining who cannot be reached',
      [
        ...['--initial-cluster', 'default=http://localhost:2380,b=http://127.0.0.1:1'],
        ...['--initial-cluster-state', 'existing'],
      ],
      /could not retrieve cluster information from the given URLs.*ECONNREFUSED/,
    ],
    ['half of a peer key pair', ['--peer-key-file', 'x'], /--peer-cert-file and --peer-key-file/],
    [
      'https peers without a key',
      ['--listen-peer-urls', 'https://127.0.0.1:0'],
      /--peer-cert-file/,
    ],
    ['another name', ['--initial-cluster', 'x=http://a:1'], /couldn't find local name "default"/],
    [
      'URLs that differ',
      ['--initial-cluster', 'default=http://a:1'],
      /--initial-advertise-peer-urls/,
    ],
    ['joining others', ['--initial-cluster-state', 'existing'], /single member cannot join others/],
    ['a short election', ['--election-timeout', '200'], /at least as 5 times/],
    ['half of a key pair', ['--cert-file', 'x'], /--cert-file and --key-file belong together/],
    [
      'a missing file',
      ['--cert-file', '/none', '--key-file', '/none'],
      /--cert-file: \/none does not exist/,
    ],
    ['a CA that is missing', ['--client-cert-auth'], /--client-cert-auth needs --trusted-ca-file/],
    [
      'a retention of words',
      ['--auto-compaction-retention', 'long'],
      /--auto-compaction-retention: "long"/,
    ],
    ['https without a key', ['--listen-metrics-urls', 'https://127.0.0.1:0'], /needs --cert-file/],
    ['a host name', ['--listen-client-urls', 'http://example.com:1'], /IP address or localhost/],
    ['no scheme', ['--listen-client-urls', '127.0.0.1:1'], /is not http\(s\):\/\/host:port/],
    ['an unknown flag', ['--discovery', 'x'], /unknown option '--discovery'/],
    ['no number', ['--snapshot-count', 'many'], /a whole number is needed/],
    ['an unknown mode', ['--auto-compaction-mode', 'x'], /Allowed choices are periodic, revision/],
  ])('refuses %s in one sentence', async (_, args, message) => {
    await expect(runStore([...client, ...args])).rejects.toThrow(message);
  });

  it('asks for the URLs clients are to be told', async () => {
    await expect(runStore(['--listen-client-urls', FREE])).rejects.toThrow(
      '--advertise-client-urls is required when --listen-client-urls is set explicitly',
    );
  });

  it('names the address it cannot listen on', async () => {
    const { createServer } = await import('node:net');
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const url = `http://127.0.0.1:${port}`;
    await expect(
      runStore(['--listen-client-urls', url, '--advertise-client-urls', url]),
    ).rejects.toThrow(`cannot listen on ${url}: listen EADDRINUSE`);
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('flags', () => {
  const parse = (...args: string[]): StoreFlags =>
    storeFlags().parse(args, { from: 'user' }).opts<StoreFlags>();

  it("has etcd's defaults", () => {
    expect(parse()).toMatchObject({
      ...{ name: 'default', snapshotCount: 10_000, heartbeatInterval: 100, electionTimeout: 1000 },
      ...{ maxTxnOps: 128, maxRequestBytes: 1_572_864, quotaBackendBytes: 0 },
      listenClientUrls: [{ host: '127.0.0.1', port: 2379, secure: false }],
      initialAdvertisePeerUrls: ['http://localhost:2380'],
    });
  });

  it("reads Go's booleans and etcd's environment, the flag first", () => {
    expect(parse('--client-cert-auth').clientCertAuth).toBe(true);
    expect(parse('--client-cert-auth=false').clientCertAuth).toBe(false);
    process.env['ETCD_NAME'] = 'from-env';
    try {
      expect(parse().name).toBe('from-env');
      expect(parse('--name', 'flag').name).toBe('flag');
    } finally {
      delete process.env['ETCD_NAME'];
    }
  });

  it.each<[string[], ReturnType<typeof autoCompactionOf>]>([
    [[], undefined],
    [['--auto-compaction-retention', '1'], { mode: 'periodic', retentionMs: 3_600_000 }],
    [['--auto-compaction-retention', '1h30m'], { mode: 'periodic', retentionMs: 5_400_000 }],
    [
      ['--auto-compaction-mode', 'revision', '--auto-compaction-retention', '1000'],
      { mode: 'revision', retention: 1000 },
    ],
  ])('reads retention %j', (args, policy) => {
    expect(autoCompactionOf(parse(...args))).toEqual(policy);
  });
});
