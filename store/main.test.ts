import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runStore as runCommand } from '../test/support/store-command.ts';
import { corruptionOf } from './options/corruption-flags.ts';
import { autoCompactionOf } from './options/flag-rules.ts';
import { rotationOf } from './options/log-flags.ts';
import { givenWithoutEffect, storeFlags, type StoreFlags } from './options/flags.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wherry-store-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const FREE = 'http://127.0.0.1:0';

const runStore: typeof runCommand = (args, serving) =>
  runCommand(['--data-dir', join(folder, 'data'), '--log-level', 'silent', ...args], serving);

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

  it('serves with TLS and without on one address', async () => {
    let url = '';
    await runStore(client, (free) => {
      url = free;
      return Promise.resolve();
    });
    const secure = url.replace('http:', 'https:');
    // Whichever is named first: it is the one that is told of.
    for (const urls of [`${url},${secure}`, `${secure},${url}`]) {
      const flags = ['--listen-client-urls', urls, '--advertise-client-urls', urls, '--auto-tls'];
      await runStore(flags, async (told) => {
        expect(told).toBe(urls.split(',')[0]);
        expect((await fetch(`${url}/health`)).status).toBe(200);
        const head = await new Promise<IncomingMessage>((resolve, reject) => {
          const options = { rejectUnauthorized: false, agent: false };
          get(`${secure}/health`, options, resolve).on('error', reject);
        });
        head.resume();
        expect(head.statusCode).toBe(200);
      });
    }
  });

  it('serves no JSON where it shall not, and probes all the same', async () => {
    const range = { method: 'POST', body: '{"key":"YQ=="}' };
    const asked = (url: string): Promise<Response> => fetch(`${url}/v3/kv/range`, range);
    await runStore(client, async (url) => expect((await asked(url)).status).toBe(200));
    await runStore([...client, '--enable-grpc-gateway=false'], async (url) => {
      expect((await asked(url)).status).toBe(404);
      expect((await fetch(`${url}/health`)).status).toBe(200);
    });
  });

  it('logs to the files it is told, and says which it cannot write', async () => {
    const [one, other] = ['one.log', 'other.log'].map((name) => join(folder, name));
    const flags = [...client, '--log-level=info', '--log-format', 'console', '--log-outputs'];
    const password = ['--discovery-password', 'hush'];
    await runStore([...flags, `${one},${other}`, ...password], async () => {});
    const lines = await readFile(one!, 'utf8');
    expect(lines).toMatch(/^\S+Z INFO {2}store {2}ready to serve client requests /m);
    // What else harnesses and people look for: what is set, and which port is open to whom.
    expect(lines).toMatch(/starting an etcd server .*snapshot-catchup-entries/);
    expect(lines).toContain('serving client traffic insecurely; this is strongly discouraged! ');
    expect(lines).not.toContain('hush');
    expect(await readFile(other!, 'utf8')).toBe(lines);
    const nowhere = runStore([...flags, join(folder, 'none', 'x')], async () => {});
    await expect(nowhere).rejects.toThrow(/^--log-outputs: ENOENT.*none\/x/);
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
      /could not retrieve cluster information from the given URLs \(http:\/\/127\.0\.0\.1:1: \S/,
    ],
    [
      'endpoints of a discovery without a token',
      ['--discovery-endpoints', 'http://127.0.0.1:1'],
      /both --discovery-token and --discovery-endpoints must be set/,
    ],
    ['half of a peer key pair', ['--peer-key-file', 'x'], /--peer-cert-file and --peer-key-file/],
    [
      'peers over TLS on a Unix socket without a key',
      ['--listen-peer-urls', 'unixs://peer:1'],
      /unixs:\/\/peer:1 needs --peer-cert-file/,
    ],
    [
      'https peers without a key',
      ['--listen-peer-urls', 'https://127.0.0.1:0'],
      /--peer-cert-file/,
    ],
    [
      'two ways to name the members',
      ['--initial-cluster', 'default=http://localhost:2380', '--discovery-srv', 'example.com'],
      /Choose one of "initial-cluster", "discovery-endpoints" or "discovery-srv"/,
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
    [
      'metrics over https without a key',
      ['--listen-metrics-urls', 'https://127.0.0.1:0'],
      /^client TLS key\/cert \(--cert-file, --key-file\) must be provided for metrics secure url$/,
    ],
    ['a host name', ['--listen-client-urls', 'http://example.com:1'], /IP address or localhost/],
    ['no scheme', ['--listen-client-urls', '127.0.0.1:1'], /is not http\(s\):\/\/host:port/],
    ['an unknown flag', ['--discovery', 'x'], /^flag provided but not defined: -discovery$/],
    ['no number', ['--snapshot-count', 'many'], /A whole number is needed/],
    ['an unknown mode', ['--auto-compaction-mode', 'x'], /Allowed choices are periodic, revision/],
  ])('refuses %s in one sentence', async (_, args, message) => {
    await expect(runStore([...client, ...args])).rejects.toThrow(message);
  });

  it('does not look at the first members again once it has its data', async () => {
    await runStore(client);
    let url = '';
    const serving = (at: string): Promise<void> => {
      url = at;
      return Promise.resolve();
    };
    await runStore([...client, '--initial-cluster', 'default=http://elsewhere:1'], serving);
    expect(url).toContain('http://127.0.0.1:');
  });

  it('ends as etcd does: 2 for a wrong flag, 1 for other words', async () => {
    for (const [arg, exitCode] of [
      ['--nonsense=1', 2],
      ['--max-txn-ops=many', 2],
      ['--name', 2],
      ['words', 1],
    ] as const)
      await expect(runStore([arg]), arg).rejects.toMatchObject({ exitCode });
  });

  it('asks for the URLs clients are to be told', async () => {
    await expect(runStore(['--listen-client-urls', FREE])).rejects.toThrow(
      '--advertise-client-urls is required when --listen-client-urls is set explicitly',
    );
  });

  it('says its version in the line that scripts look for', async () => {
    await expect(runStore(['--version'])).rejects.toThrow(/^etcd Version: 3\.6\.0$/m);
  });

  it("refuses a data folder of etcd's, and leaves it alone", async () => {
    const snap = join(folder, 'data', 'member', 'snap');
    await mkdir(snap, { recursive: true });
    await writeFile(join(snap, 'db'), 'bolt');
    await expect(runStore(client)).rejects.toThrow('is a data folder of etcd');
    expect(await readdir(join(folder, 'data', 'member'))).toEqual(['snap']);
  });

  it('does not start on files that are damaged', async () => {
    await runStore(client);
    await writeFile(join(folder, 'data', 'member', 'CURRENT'), 'garbage');
    await expect(runStore(client)).rejects.toThrow(/Corruption: CURRENT/);
  });

  it("does not start where a damaged part of the database's log hides what was acknowledged", async () => {
    const { connectEtcd } = await import('./client/connect.ts');
    const { realClock } = await import('../platform/node/clock.ts');
    const { silentLogger } = await import('../platform/logger.ts');
    await runStore(client, async (url) => {
      const kv = connectEtcd({ endpoints: [url], clock: realClock, logger: silentLogger });
      for (let i = 0; i < 100; i++) {
        const put = { type: 'put', request: { key: `k${i}`, value: randomBytes(2000) } } as const;
        await kv.txn({ compare: [], success: [put], failure: [] });
      }
      await kv.close();
    });
    const member = join(folder, 'data', 'member');
    const name = (await readdir(member)).find((each) => /^\d+\.log$/.test(each))!;
    const log = await readFile(join(member, name));
    // Both databases go on behind a part that is damaged, and say nothing.
    log[Math.floor(log.length / 3)]! ^= 1;
    await writeFile(join(member, name), log);
    await expect(runStore(client)).rejects.toThrow(/^the data is damaged: .* is missing/);
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

describe('a configuration file', () => {
  const write = async (text: string): Promise<string[]> => {
    const path = join(folder, 'etcd.conf.yml');
    await writeFile(path, text);
    return ['--config-file', path];
  };
  const config = `
name: from-file
data-dir: DATA
listen-client-urls: ${FREE}
advertise-client-urls: http://127.0.0.1:2379
quota-backend-bytes: 0
log-level: error
log-outputs: [stderr]
logger: zap
proxy: 'off'
proxy-failure-wait: 5000
discovery:
cipher-suites: [
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
]
tls-min-version: ''
strict-reconfig-check: false
experimental-watch-progress-notify-interval: 60000000000
auto-compaction-retention: "1"
client-transport-security:
  cert-file:
  client-cert-auth: false
  auto-tls: true
peer-transport-security:
  auto-tls: true
`;

  it('is the whole configuration, as etcd writes one', async () => {
    const data = join(folder, 'elsewhere');
    const args = await write(config.replace('DATA', data));
    // What stands beside it would be refused.
    await runStore([...args, '--election-timeout', '1', '--name', 'unused'], async (url) => {
      const { members } = (await (
        await fetch(`${url}/v3/cluster/member/list`, { method: 'POST', body: '{}' })
      ).json()) as { members: { name: string }[] };
      expect(members.map(({ name }) => name)).toEqual(['from-file']);
    });
    expect(await readdir(folder)).toContain('elsewhere');
  });

  it.each<[string, RegExp]>([
    ['name: [', /--config-file: .*etcd.conf.yml: /],
    ['- a', /holds no settings/],
    ['nonsense: 1', /flag provided but not defined: -nonsense$/],
    ['max-txn-ops: many', /max-txn-ops.*A whole number is needed/],
    ['name:\n  a: b', /name takes no section/],
    ['peer-transport-security: yes', /peer-transport-security is no section/],
  ])('with %j is refused in one sentence', async (text, message) => {
    await expect(runStore(await write(text))).rejects.toThrow(message);
  });

  it('must be there', async () => {
    await expect(runStore(['--config-file', '/none'])).rejects.toThrow(
      '--config-file: /none does not exist',
    );
  });
});

describe('flags', () => {
  const parse = (...args: string[]): StoreFlags =>
    storeFlags().parse(args, { from: 'user' }).opts<StoreFlags>();

  it("has etcd's defaults", () => {
    expect(parse()).toMatchObject({
      ...{ name: 'default', snapshotCount: 10_000, heartbeatInterval: 100, electionTimeout: 1000 },
      ...{ maxTxnOps: 128, maxRequestBytes: 1_572_864, quotaBackendBytes: 0, maxLearners: 1 },
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

  it('reads the command lines of tutorials: one dash, old names, flags without a use', () => {
    const flags = parse(
      ...['-name=etcd0', '-listen-client-urls', 'http://0.0.0.0:2379,http://0.0.0.0:4001'],
      ...['-advertise-client-urls=http://etcd0:2379', '--enable-v2', '--logger=zap'],
      ...['--experimental-watch-progress-notify-interval=5s', '--max-wals', '5'],
      ...['--experimental-enable-lease-checkpoint=true', '-quota-backend-bytes', '-1'],
      ...['--experimental-snapshot-catch-up-entries=9', '--enable-distributed-tracing'],
      '--experimental-max-learners=3',
    );
    expect(flags).toMatchObject({
      ...{ name: 'etcd0', advertiseClientUrls: ['http://etcd0:2379'], quotaBackendBytes: -1 },
      ...{ watchProgressNotifyInterval: 5000, snapshotCatchupEntries: 9, maxLearners: 3 },
    });
    expect(flags.listenClientUrls.map(({ port }) => port)).toEqual([2379, 4001]);
  });

  it('rotates one file of logs, as lumberjack is told to', () => {
    const rotation = (...args: string[]) => rotationOf(parse(...args));
    const on = ['--enable-log-rotation', '--log-outputs', 'stderr,/var/log/store.log'];
    expect(rotation('--log-rotation-config-json={"maxsize":1}')).toBeUndefined();
    const usual = { maxAgeMs: 0, maxBackups: 0, isLocalTime: false, compresses: false };
    expect(rotation(...on)).toEqual({ ...usual, maxBytes: 100 << 20 });
    const json = '{"maxsize": 1, "maxage": 2, "maxbackups": 3, "compress": true, "other": 1}';
    expect(rotation(...on, '--log-rotation-config-json', json)).toEqual({
      ...{ maxBytes: 1 << 20, maxAgeMs: 2 * 86_400_000, maxBackups: 3 },
      ...{ isLocalTime: false, compresses: true },
    });
    for (const outputs of ['stderr', '/a.log,/b.log'])
      expect(() => rotation('--enable-log-rotation', '--log-outputs', outputs)).toThrow(
        '--log-outputs requires a single file path',
      );
    const refused = storeFlags().exitOverride();
    refused.configureOutput({ writeErr() {} });
    for (const odd of ['{', '[]', '{"maxsize":"1"}', '{"maxage":1.5}'])
      expect(() => refused.parse([`--log-rotation-config-json=${odd}`], { from: 'user' })).toThrow(
        'log rotation config',
      );
  });

  it('reads durations as Go writes them', () => {
    const times = parse('--grpc-keepalive-interval=1h1m1.5s', '--grpc-keepalive-timeout', '1500us');
    expect(times).toMatchObject({ grpcKeepaliveMinTime: 5000, grpcKeepaliveInterval: 3_661_500 });
    expect(times.grpcKeepaliveTimeout).toBe(1.5);
    const refused = storeFlags().exitOverride();
    refused.configureOutput({ writeErr() {} });
    for (const odd of ['', '5', '1s2', '-1s', 's'])
      expect(() => refused.parse([`--grpc-keepalive-timeout=${odd}`], { from: 'user' })).toThrow(
        'A duration is needed',
      );
  });

  it.each<[string[], ReturnType<typeof corruptionOf>]>([
    [[], { initial: false, everyMs: 0, compactHashEveryMs: 0 }],
    // kubeadm's, for etcd 3.5 and before, and for 3.6.
    [
      ['--experimental-initial-corrupt-check=true'],
      { initial: true, everyMs: 0, compactHashEveryMs: 0 },
    ],
    [
      ['--feature-gates=InitialCorruptCheck=true'],
      { initial: true, everyMs: 0, compactHashEveryMs: 0 },
    ],
    [
      ['--experimental-compact-hash-check-enabled', '--experimental-compact-hash-check-time=5s'],
      { initial: false, everyMs: 0, compactHashEveryMs: 5000 },
    ],
    [
      ['--feature-gates', 'AllAlpha=true,InitialCorruptCheck=f', '--corrupt-check-time', '1m'],
      { initial: false, everyMs: 60_000, compactHashEveryMs: 60_000 },
    ],
    [
      ['--experimental-corrupt-check-time=0', '--compact-hash-check-time=5s'],
      { initial: false, everyMs: 0, compactHashEveryMs: 0 },
    ],
  ])('reads checks for corruption %j', (args, settings) => {
    expect(corruptionOf(parse(...args))).toEqual(settings);
  });

  it.each([
    ['Unheard=true', /unrecognized feature gate: Unheard/],
    ['CompactHashCheck', /missing bool value for CompactHashCheck/],
    ['CompactHashCheck=on', /invalid value of CompactHashCheck=on, err: strconv.ParseBool/],
  ])('refuses feature gates %j', (gates, reason) => {
    const command = storeFlags()
      .exitOverride()
      .configureOutput({ writeErr() {} });
    expect(() => command.parse(['--feature-gates', gates], { from: 'user' })).toThrow(reason);
  });

  it('tells which feature gates are not as they were set', () => {
    const command = storeFlags().exitOverride();
    command.parse(['--feature-gates=LeaseCheckpoint=true,SetMemberLocalAddr=true'], {
      from: 'user',
    });
    expect(givenWithoutEffect(command)).toEqual(['feature-gates=SetMemberLocalAddr']);
  });

  it('reads the variables of flags that were experimental, too, the others first', () => {
    vi.stubEnv('ETCD_EXPERIMENTAL_CORRUPT_CHECK_TIME', '1m');
    vi.stubEnv('ETCD_EXPERIMENTAL_MAX_LEARNERS', '5');
    vi.stubEnv('ETCD_MAX_LEARNERS', '4');
    expect(parse()).toMatchObject({ corruptCheckTime: 60_000, maxLearners: 4 });
    vi.unstubAllEnvs();
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
