/**
 * Stock etcdctl against our server and the real one: what it prints must be the same, revisions
 * included, because both start empty and run the same commands.
 */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realX509 } from '../../../platform/node/crypto/x509.ts';
import { run, temporaryFolder, type Result } from '../../e2e/harness.ts';
import { etcd, etcdctl, startEtcd, startOurs, type TestServer } from './servers.ts';

const lease = /\b[0-9a-f]{16}\b/g;

const PATIENCE = ['--dial-timeout', '50s', '--command-timeout', '50s'];

/** What differs from run to run: lease IDs, times taken, sizes, the address. */
function comparable(text: string, address: string): string {
  return text
    .replaceAll(address, 'ADDRESS')
    .replace(/ID: \d+|"ID":\d+/g, 'ID')
    .replace(/took = [\d.µnm]+s/g, 'took = T')
    .replace(/remaining\(\d+s\)/g, 'remaining(T)')
    .replace(lease, 'LEASE')
    .replace(/"(cluster_id|member_id|raft_term)":\d+/g, '"$1":N')
    .replace(/^\{"level".*\n/gm, '');
}

describe.skipIf(etcdctl === undefined || etcd === undefined)('etcdctl', () => {
  let servers: TestServer[] = [];

  beforeAll(async () => {
    servers = await Promise.all([startOurs(), startEtcd()]);
  });
  afterAll(() => Promise.all(servers.map((server) => server.stop())));

  const ctl = (server: TestServer, args: readonly string[], input?: string): Promise<Result> =>
    // Its own timeouts are short where a machine has other work: two seconds to log in, five in all.
    run(etcdctl!, ['--endpoints', server.address, ...PATIENCE, ...args], {
      env: { ETCDCTL_API: '3' },
      ...(input === undefined ? {} : { input }),
      timeoutMs: 60_000,
    });

  /** Runs it against both; the output, which must not differ. */
  async function both(line: string, input?: string): Promise<string> {
    const args = line.split(' ').filter((part) => part !== '');
    const [ours, theirs] = await Promise.all(servers.map((server) => ctl(server, args, input)));
    const text = ({ stdout, stderr, code }: Result, { address }: TestServer): string =>
      comparable(`${stdout}${stderr}exit ${code}`, address);
    const expected = text(theirs!, servers[1]!);
    expect(text(ours!, servers[0]!)).toBe(expected);
    return expected;
  }

  /** What a command that does not end has printed once it is `length` long; then it is killed. */
  async function firstOutput(server: TestServer, args: string[], length: number): Promise<string> {
    const child = spawn(etcdctl!, ['--endpoints', server.address, ...args], {
      env: { ...process.env, ETCDCTL_API: '3' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    let output = '';
    for await (const text of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
      output += text;
      if (output.length >= length) break;
    }
    child.kill('SIGKILL');
    await exited;
    return output;
  }

  it('puts, gets and deletes alike', async () => {
    expect(await both('put foo bar')).toBe('OK\nexit 0');
    expect(await both('put foo baz --prev-kv')).toBe('OK\nfoo\nbar\nexit 0');
    expect(await both('get foo')).toBe('foo\nbaz\nexit 0');
    for (const key of ['a', 'b', 'c']) await both(`put dir/${key} ${key}`);
    expect(await both('get dir/ --prefix --keys-only')).toBe('dir/a\n\ndir/b\n\ndir/c\n\nexit 0');
    for (const line of [
      'get foo --rev 2',
      'get foo --rev 999',
      'get dir/ --prefix --limit 2 -w json',
      'get dir/ --prefix --count-only -w fields',
      'get --from-key dir/b',
      'get dir/ --prefix --sort-by VALUE --order DESCEND',
      'get dir/a dir/c --print-value-only',
      'get foo -w json --consistency s',
      'get absent',
      'put foo --ignore-value',
      'put absent --ignore-value',
      'put foo x --lease 123abc',
      'del dir/ --prefix --prev-kv',
      'del absent',
      'get dir/ --prefix -w json',
    ]) {
      await both(line);
    }
  });

  it('runs transactions alike', async () => {
    await both('put counter 1');
    const text = 'value("counter") = "1"\n\nput counter 2\nget counter\n\nput counter 0\n\n';
    expect(await both('txn', text)).toContain('SUCCESS');
    expect(await both('txn', text)).toContain('FAILURE');
    await both('txn -w json', 'mod("counter") > "1"\n\ndel counter\n\n\n');
    await both('txn', 'create("counter") = "0"\n\nput counter 1\nput counter 2\n\n\n');
  });

  it('watches alike', async () => {
    await both('put w/a 1');
    await both('put w/a 2');
    await both('del w/a');
    const expected = 'PUT\nw/a\n1\nPUT\nw/a\n1\nw/a\n2\nDELETE\nw/a\n2\nw/a\n\n';
    for (const server of servers) {
      const args = ['watch', 'w/', '--prefix', '--rev', '1', '--prev-kv'];
      expect(await firstOutput(server, args, expected.length)).toBe(expected);
    }
  });

  it('grants, keeps, shows and revokes leases alike', async () => {
    const granted = await Promise.all(
      servers.map(async (server) => (await ctl(server, ['lease', 'grant', '500'])).stdout),
    );
    const ids = granted.map((text) => text.match(lease)![0]);
    const each = async (args: (id: string) => string): Promise<string> => {
      const [ours, theirs] = await Promise.all(
        servers.map(async (server, i) => {
          const { stdout, stderr, code } = await ctl(server, args(ids[i]!).split(' '));
          return comparable(`${stdout}${stderr}exit ${code}`, server.address);
        }),
      );
      expect(ours).toBe(theirs);
      return theirs!;
    };
    expect(comparable(granted[0]!, '-')).toBe('lease LEASE granted with TTL(500s)\n');
    expect(comparable(granted[1]!, '-')).toBe('lease LEASE granted with TTL(500s)\n');
    await each((id) => `put leased v --lease ${id}`);
    expect(await each((id) => `lease timetolive ${id} --keys`)).toContain(
      'attached keys([leased])',
    );
    expect(await each((id) => `lease keep-alive --once ${id}`)).toContain('keepalived');
    await each(() => 'lease list');
    await each((id) => `lease revoke ${id}`);
    await each((id) => `lease timetolive ${id}`);
    await each((id) => `lease revoke ${id}`);
    await each((id) => `lease keep-alive --once ${id}`);
    await each(() => 'get leased');
  });

  it('reports health, status and members', async () => {
    expect(await both('endpoint health')).toContain('is healthy');
    const [ours] = servers;
    const status = await ctl(ours!, ['endpoint', 'status', '-w', 'json']);
    const [{ Status }] = JSON.parse(status.stdout) as [{ Status: Record<string, unknown> }];
    expect(Status).toMatchObject({ version: '3.6.0', leader: 10276657743932975437 });
    expect((await ctl(ours!, ['endpoint', 'status', '-w', 'table'])).code).toBe(0);
    const members = await ctl(ours!, ['member', 'list']);
    expect(members.stdout).toBe(
      `8e9e05c52164694d, started, default, http://localhost:2380, http://${ours!.address}, false\n`,
    );
    expect((await ctl(ours!, ['alarm', 'list'])).stdout).toBe('');
  });

  it('reaches single endpoints whose address is written as a URL', async () => {
    const [ours] = servers;
    const endpoint = `http://${ours!.address}`;
    const at = { ...ours!, address: endpoint };
    expect((await ctl(at, ['endpoint', 'health', '--cluster'])).stderr).toContain('is healthy');
    const status = await ctl(at, ['endpoint', 'status', '--cluster', '-w', 'json']);
    expect(JSON.parse(status.stdout)).toMatchObject([{ Endpoint: endpoint }]);
    const hash = await ctl(at, ['endpoint', 'hashkv', '--cluster']);
    expect(hash.stdout).toMatch(/^http:.*, \d+\n$/);
    expect((await ctl(at, ['defrag', '--cluster'])).stdout).toContain('Finished defragmenting');
    expect((await ctl(at, ['move-leader', '1'])).stderr).toContain('bad leader transferee');
  });

  it('compacts alike', async () => {
    expect(await both('compaction 5')).toBe('compacted revision 5\nexit 0');
    await both('compaction 5');
    await both('compaction 5000');
    await both('get foo --rev 2');
    await both('compaction 8 --physical');
  });

  it('manages users and roles alike', async () => {
    for (const line of [
      'user add root:r',
      'user add ann:a',
      'user add ann:a',
      'role add team',
      'role grant-permission team readwrite team/ --prefix',
      'role grant-permission team read shared',
      'role grant-permission absent read shared',
      'role get team',
      'user grant-role ann team',
      'user get ann',
      'user get ann --detail',
      'user list',
      'role list',
      'auth enable',
      'user grant-role root root',
      'auth enable',
      'get x',
      'get x --user ann:wrong',
      'put team/x 1 --user ann:a',
      'get team/ --prefix --user ann:a',
      'get shared --user ann:a',
      'put shared 1 --user ann:a',
      'del team/ --from-key --user ann:a',
      'role revoke-permission team shared --user root:r',
      'get shared --user ann:a',
      'user passwd ann --interactive=false --user root:r',
      'user revoke-role ann team --user root:r',
      'get team/x --user ann:a',
      'role delete team --user root:r',
      'user delete root --user root:r',
      'user delete ann --user root:r',
      'auth disable --user root:r',
      'auth disable',
    ])
      await both(line, line.includes('passwd') ? 'a\n' : undefined);
  }, 120_000);
});

describe.skipIf(etcdctl === undefined)('etcdctl over TLS', () => {
  const day = 86_400_000;
  const validity = { notBeforeMs: Date.now() - day, notAfterMs: Date.now() + day };
  const ca = realX509.certificateAuthority({ commonName: 'store-ca' }, validity);
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
  const serving = realX509.issue(
    { subject: { commonName: 'store' }, validity, usage: 'server', names },
    ca,
  );
  const identity = realX509.issue({ subject: { commonName: 'me' }, validity, usage: 'client' }, ca);

  it('reaches single endpoints, with a certificate of its own', async () => {
    const server = await startOurs({ tls: { ...serving, clientCa: ca.certificate } });
    const folder = await temporaryFolder();
    const files = { ca: ca.certificate, cert: identity.certificate, key: identity.privateKey };
    for (const [name, text] of Object.entries(files))
      await writeFile(join(folder.path, name), text);
    const tls = ['--cacert', 'ca', '--cert', 'cert', '--key', 'key'];
    for (const args of [['endpoint', 'status', '--cluster'], ['defrag'], ['get', 'a']]) {
      const all = ['--endpoints', `https://${server.address}`, ...tls, ...args];
      const { code, stderr } = await run(etcdctl!, all, {
        env: { ETCDCTL_API: '3' },
        cwd: folder.path,
      });
      expect(stderr).toBe('');
      expect(code).toBe(0);
    }
    await folder.remove();
    await server.stop();
  });
});
