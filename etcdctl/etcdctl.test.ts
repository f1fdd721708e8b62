/** Our etcdctl beside the machine's, against our server: what they print must be the same. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProcessContext } from '../platform/node/process.ts';
import type { ProgramEnd, ProgramRequest, Programs } from '../platform/programs.ts';
import { openOnDisk } from '../store/engine/on-disk.ts';
import { run } from '../test/e2e/harness.ts';
import { RawClient } from '../test/conformance/store/raw-client.ts';
import { etcd, etcdctl, startEtcd, startOurs } from '../test/conformance/store/servers.ts';
import type { TestServer } from '../test/conformance/store/servers.ts';
import { etcdctlCommand } from './main.ts';

/** Output and, of a failure, its text. */
async function ours(
  args: readonly string[],
  input = '',
  programs?: Programs,
): Promise<{ out: string; error?: string }> {
  let out = '';
  const context: ProcessContext = {
    ...{ script: 'wherry', argv: args, env: {}, pid: 1, cwd: '/', interactive: false },
    out: (text) => (out += String(text)),
    err() {},
    readInput: () => Promise.resolve(input),
    terminated: new AbortController().signal,
    notifyReady() {},
  };
  try {
    await etcdctlCommand(context, { programs })
      .exitOverride()
      .parseAsync([...args], { from: 'user' });
    return { out };
  } catch (error) {
    return { out, error: (error as Error).message };
  }
}

let server: TestServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wherry-etcdctl-'));
  server = await startOurs();
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const here = (args: readonly string[]): string[] => [...args, '--endpoints', server.address];

describe.skipIf(etcdctl === undefined)('wherry etcdctl', () => {
  /** A command that changes nothing, or the same when repeated: run by both. */
  async function same(line: string): Promise<string> {
    const args = here(line.split(' '));
    const stock = await run(etcdctl!, args, { env: { ETCDCTL_API: '3' } });
    const { out, error } = await ours(args);
    if (stock.code === 0) expect(out, line).toBe(stock.stdout);
    else {
      expect(error, line).toBeDefined();
      expect(stock.stderr, line).toContain(error);
    }
    return out;
  }

  it('prints what etcdctl prints', async () => {
    await ours(here(['put', 'dir/a', '1']));
    await ours(here(['put', 'dir/b', '2']));
    for (const line of [
      'get dir/a',
      'get dir/ --prefix',
      'get dir/ --prefix --keys-only',
      'get dir/ --prefix --print-value-only --order DESCEND',
      'get dir/a --hex',
      'get dir/ --prefix --limit 1 -w json',
      'get absent',
      'get dir/a --rev 99',
      'get dir/a dir/c --sort-by MODIFY --order DESCEND',
      'get --from-key dir/b',
      'put absent --ignore-value',
      'del nothing',
      'compaction 99',
      'lease timetolive 123abc',
      'lease revoke 123abc',
      'lease list',
      'alarm list',
      'alarm disarm',
      'member list',
      'member list -w table',
      'member list -w json',
      'endpoint hashkv',
      'user list',
      'user get nobody',
      'role get nothing',
      'get dir/a -w table',
      'get dir/a --consistency x',
      'get dir/a --order x',
      'get dir/a --sort-by x',
      'get dir/a dir/b --prefix',
      'get dir/a --print-value-only -w json',
      'put dir/a',
      'put dir/a 1 --ignore-value',
      'put dir/a 1 --lease zz',
      'del dir/a dir/b --from-key',
      'compaction x',
      'lease grant x',
      'lease list -w json',
      'lease timetolive 123abc -w json',
      'lease timetolive zz',
      'lease keep-alive 123abc --once',
      'member promote zz',
      'endpoint status -w protobuf',
    ])
      await same(line);
    expect(await ours(here(['put', 'dir/a', '3', '--prev-kv']))).toEqual({
      out: 'OK\ndir/a\n1\n',
    });
    expect((await ours(here(['endpoint', 'health']))).out).toContain('is healthy');
    const healthy = (await ours(here(['endpoint', 'health', '-w', 'json']))).out;
    expect(JSON.parse(healthy)).toMatchObject([{ endpoint: server.address, health: true }]);
    expect((await ours(here(['endpoint', 'status', '-w', 'table']))).out).toContain('IS LEADER');
    expect((await ours(here(['defrag']))).out).toContain('Finished defragmenting');
  });

  it('reads transactions as etcdctl writes them', async () => {
    const text = 'value("t") = "1"\n\nput t 2\nget t\n\nput t 1\n\n';
    expect((await ours(here(['txn']), text)).out).toBe('FAILURE\n\nOK\n');
    expect((await ours(here(['txn']), text)).out).toBe('SUCCESS\n\nOK\n\nt\n2\n');
    const escaped = '\nput "esc \\"\\x23\\"" "\\u00e4\\t\\101"\nget "esc \\"#\\""\n\n\n';
    expect((await ours(here(['txn']), escaped)).out).toBe('SUCCESS\n\nOK\n\nesc "#"\n\u00e4\tA\n');
    const { out } = await ours(here(['txn', '-w', 'json']), '\nget a/none\n\n\n');
    expect(JSON.parse(out)).toMatchObject({ responses: [{ Response: { response_range: {} } }] });
    expect((await ours(here(['txn']), 'nonsense\n\n')).error).toContain('malformed comparison');
  });

  it('heeds the flags of a transaction’s lines', async () => {
    const said = async (text: string): Promise<string> => (await ours(here(['txn']), text)).out;
    expect(await said('\nput t/1 a\nput t/2 b\n\n\n')).toBe('SUCCESS\n\nOK\n\nOK\n');
    const reads = '\nget t/ --prefix --limit 1\nget t/1 --from-key --order DESCEND --limit=1\n\n\n';
    expect(await said(reads)).toBe('SUCCESS\n\nt/1\na\n\nt/2\nb\n');
    const leased = await ours(here(['txn']), '\nput t/1 c --lease 7b\n\n\n');
    expect(leased.error).toBe('etcdserver: requested lease not found');
    for (const line of ['put t/1', 'get t/1 --frob', 'post t/1 2'])
      expect((await ours(here(['txn']), `\n${line} --lease=zz\n\n\n`)).error).toBeDefined();
  });

  it('asks an endpoint that answers', async () => {
    const some = ['--endpoints', `127.0.0.1:1,${server.address}`];
    expect(await ours(['put', 'known', '1', ...some])).toEqual({ out: 'OK\n' });
    const oneByOne = ['--endpoints', server.address, '--endpoints', '127.0.0.1:1'];
    expect(await ours(['get', 'known', ...oneByOne])).toEqual({ out: 'known\n1\n' });
    expect((await ours(['snapshot', 'save', join(folder, 'none.db'), ...some])).error).toBe(
      `snapshot must be requested to one selected node, not multiple [127.0.0.1:1 ${server.address}]`,
    );
    const health = await ours(['endpoint', 'health', ...some]);
    expect(health.out).toContain(`${server.address} is healthy`);
    expect(health.error).toBe('unhealthy cluster');
  });

  it('runs a program while it holds a lock, and for each event of a watch', async () => {
    const ran: ProgramRequest[] = [];
    const programs = {
      run: (request: ProgramRequest): Promise<ProgramEnd> => {
        ran.push(request);
        return Promise.resolve({ code: ran.length === 1 ? 0 : 3, out: '' });
      },
      files: () => Promise.resolve([]),
    };
    expect(await ours(here(['lock', 'l', 'work', 'hard']), '', programs)).toEqual({ out: '' });
    expect(ran).toMatchObject([
      { program: 'work', args: ['hard'], output: 'shared', input: 'none' },
    ]);
    expect(ran[0]!.env!['ETCD_LOCK_KEY']).toMatch(/^l\/[0-9a-f]+$/);
    expect(await ours(here(['get', 'l/', '--prefix']))).toEqual({ out: '' });
    await ours(here(['put', 'seen', 'x "y"']));
    const watch = ['watch', 'seen', '--rev=1', ...here([]), '--', 'tell'];
    expect(await ours(watch, '', programs)).toEqual({
      out: 'PUT\nseen\nx "y"\n',
      error: 'command ["tell"] error (exit status 3)',
    });
    expect(ran[1]!.env).toMatchObject({
      ...{ ETCD_WATCH_EVENT_TYPE: '"PUT"', ETCD_WATCH_KEY: '"seen"' },
      ETCD_WATCH_VALUE: String.raw`"x \"y\""`,
    });
    expect((await ours(here(['lock', 'l', 'work']))).error).toBe('no programs can be run here');
  });

  it('grants, renews and revokes leases', async () => {
    const granted = (await ours(here(['lease', 'grant', '500']))).out;
    const [, id] = /^lease ([0-9a-f]{16}) granted with TTL\(500s\)\n$/.exec(granted)!;
    await ours(here(['put', 'leased', 'x', '--lease', id!]));
    expect((await ours(here(['lease', 'timetolive', id!, '--keys']))).out).toMatch(
      /granted with TTL\(500s\), remaining\(\d+s\), attached keys\(\[leased\]\)/,
    );
    expect((await ours(here(['lease', 'keep-alive', '--once', id!]))).out).toBe(
      `lease ${id} keepalived with TTL(500)\n`,
    );
    expect((await ours(here(['lease', 'revoke', id!]))).out).toBe(`lease ${id} revoked\n`);
  });

  it('manages users, roles and permissions', async () => {
    const say = async (line: string, input = ''): Promise<string> => {
      // Hashing passwords takes its time on a busy machine.
      const words = [...line.split(' '), '--command-timeout=25s'];
      const { out, error } = await ours(here(words), input);
      return out + (error ?? '');
    };
    expect(await say('user add root:r')).toBe('User root created\n');
    expect(await say('user add ann', 'a\n')).toBe('User ann created\n');
    expect(await say('role add team')).toBe('Role team created\n');
    expect(await say('role grant-permission team readwrite team/ --prefix')).toBe(
      'Role team updated\n',
    );
    await same('role get team');
    expect(await say('user grant-role ann team')).toBe('Role team is granted to user ann\n');
    await same('user get ann');
    await say('user grant-role root root');
    expect(await say('auth enable')).toBe('Authentication Enabled\n');
    expect(await say('put team/x 1 --user ann:a')).toBe('OK\n');
    expect(await say('put other 1 --user ann:a')).toBe('etcdserver: permission denied');
    expect(await say('get team/x')).toContain('user name is empty');
    expect(await say('auth disable --user root:r')).toBe('Authentication Disabled\n');
  });
});

describe.skipIf(etcd === undefined || etcdctl === undefined)('snapshots', () => {
  it('that etcd saved are restored into a store of ours, users and all', async () => {
    const theirs = await startEtcd();
    const client = new RawClient(theirs.address);
    await client.call('LeaseGrant', { TTL: 900, ID: 5 });
    for (let i = 0; i < 300; i++)
      await client.call('Put', { key: `k${i % 90}`, value: 'v'.repeat(i * 20), lease: i % 2 && 5 });
    await client.call('DeleteRange', { key: 'k1', range_end: 'k3' });
    await client.call('Compact', { revision: 100 });
    await client.call('UserAdd', { name: 'root', password: 'secret' });
    await client.call('UserGrantRole', { user: 'root', role: 'root' });
    const file = join(folder, 'etcd.db');
    const saved = await run(etcdctl!, ['--endpoints', theirs.address, 'snapshot', 'save', file], {
      env: { ETCDCTL_API: '3' },
    });
    expect(saved.code, saved.stderr).toBe(0);
    for (const format of ['json', 'simple']) {
      const stock = await run(etcdctl!, ['snapshot', 'status', file, '-w', format], {
        env: { ETCDCTL_API: '3' },
      });
      const { out } = await ours(['snapshot', 'status', file, '-w', format]);
      if (format === 'json') {
        // The digest at the end is not counted by etcd 3.4.
        const strip = (text: string) => ({ ...(JSON.parse(text) as object), totalSize: 0 });
        expect(strip(out)).toEqual(strip(stock.stdout));
      } else expect(out.split(', ').slice(0, 3)).toEqual(stock.stdout.split(', ').slice(0, 3));
    }
    const dataDir = join(folder, 'restored');
    const restored = await ours(['snapshot', 'restore', file, '--data-dir', dataDir]);
    expect(restored.error).toBeUndefined();
    const again = await ours(['snapshot', 'restore', file, '--data-dir', dataDir]);
    expect(again.error).toContain('not empty');
    const store = await startOurs({ engine: openOnDisk, dataDir });
    const reader = new RawClient(store.address);
    const everything = { key: '\0', range_end: '\0' };
    const [a, b] = await Promise.all(
      [client, reader].map((each) => each.call('Range', everything)),
    );
    expect(b!['kvs']).toEqual(a!['kvs']);
    expect((await reader.call('HashKV'))['hash']).toBe((await client.call('HashKV'))['hash']);
    expect((await reader.refusal('Range', { key: 'k1', revision: 50 })).details).toContain(
      'compacted',
    );
    expect(await reader.call('LeaseTimeToLive', { ID: 5 })).toMatchObject({ grantedTTL: '900' });
    // The password was hashed by etcd.
    await reader.call('AuthEnable');
    await reader.login('root', 'secret');
    for (const each of [client, reader]) each.close();
    await Promise.all([theirs.stop(), store.stop()]);
  }, 60_000);

  it('of ours are saved, and restored with later revisions and a compacted past', async () => {
    const client = new RawClient(server.address);
    await client.call('Put', { key: 'kept', value: '1' });
    const file = join(folder, 'ours.db');
    expect((await ours(here(['snapshot', 'save', file]))).out).toBe(`Snapshot saved at ${file}\n`);
    const dataDir = join(folder, 'bumped');
    const bump = ['--bump-revision', '1000', '--mark-compacted'];
    await ours(['snapshot', 'restore', file, '--data-dir', dataDir, ...bump]);
    const store = await startOurs({ engine: openOnDisk, dataDir });
    const reader = new RawClient(store.address);
    const { header, kvs } = await reader.call('Range', { key: 'kept' });
    expect(kvs).toMatchObject([{ value: '1' }]);
    expect(Number((header as { revision: string }).revision)).toBeGreaterThan(1000);
    expect((await reader.refusal('Range', { key: 'kept', revision: 5 })).details).toContain(
      'compacted',
    );
    reader.close();
    client.close();
    await store.stop();
  });
});
