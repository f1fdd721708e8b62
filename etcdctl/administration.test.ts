/** Formats, members, passwords, checks and mirrors of our etcdctl, beside the machine's. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, run, temporaryFolder } from '../test/e2e/harness.ts';
import { runEtcdctl as ours } from '../test/support/etcdctl.ts';
import { runStore } from '../test/support/store-command.ts';
import { RawClient } from '../test/conformance/store/raw-client.ts';
import { etcdctl, startOurs } from '../test/conformance/store/servers.ts';
import type { TestServer } from '../test/conformance/store/servers.ts';
import { decodeMessage } from '../store/grpc/schema/codec.ts';

let server: TestServer;
let client: RawClient;
beforeAll(async () => {
  server = await startOurs({ auth: { bcryptCost: 4, tokenTtlSeconds: 300 } });
  client = new RawClient(server.address);
});
afterAll(async () => {
  client.close();
  await server.stop();
});
const here = (line: string): string[] => [...line.split(' '), '--endpoints', server.address];

/** A second may end between two questions. */
const atAnyTime = (text: string): string => text.replace(/^"TTL" : 8\d\d$/m, '"TTL" : LEFT');

describe.skipIf(etcdctl === undefined)('formats', () => {
  it('are those of etcdctl: fields and protobuf', async () => {
    await client.call('Put', { key: 'f/a', value: '1 "x"' });
    await client.call('Put', { key: 'f/b', value: 'line\nnext' });
    await client.call('LeaseGrant', { TTL: 900, ID: 77 });
    await client.call('Put', { key: 'f/leased', value: 'é', lease: 77 });
    await client.call('UserAdd', { name: 'shown', password: 'p' });
    await client.call('RoleAdd', { name: 'shown' });
    const perm = { permType: 'READWRITE', key: 'k', range_end: 'l' };
    await client.call('RoleGrantPermission', { name: 'shown', perm });
    await client.call('UserGrantRole', { user: 'shown', role: 'shown' });
    for (const line of [
      'get f/ --prefix -w fields',
      'get absent -w fields',
      'put f/a 1 -w fields --prev-kv',
      'lease list -w fields',
      'lease timetolive 4d --keys -w fields',
      'member list -w fields',
      'endpoint hashkv -w fields',
      'endpoint hashkv -w table',
      'endpoint hashkv',
      'role get shown -w fields',
      'role list -w fields',
      'user get shown -w fields',
      'user get shown --detail',
      'member remove 123abc',
    ]) {
      const stock = await run(etcdctl!, here(line), { env: { ETCDCTL_API: '3' } });
      const again = line.startsWith('put') ? await ours(here('get f/none')) : undefined;
      expect(again?.error).toBeUndefined();
      const { out, error } = await ours(here(line));
      if (stock.code !== 0) expect(stock.stderr, line).toContain(error);
      else if (line.startsWith('put')) {
        const shape = (text: string): string => text.replace(/ : .*/g, '');
        expect(shape(out)).toBe(shape(stock.stdout));
      } else expect(atAnyTime(out), line).toBe(atAnyTime(stock.stdout));
    }
    const stock = await run(etcdctl!, here('txn -w fields'), {
      env: { ETCDCTL_API: '3' },
      input: 'ver("f/a") > "0"\n\nget f/a\n\n\n',
    });
    const input = 'ver("f/a") > "0"\n\nget f/a\n\n\n';
    expect((await ours(here('txn -w fields'), { input })).out).toBe(stock.stdout);
    const { bytes } = await ours(here('get f/a -w protobuf'));
    expect(decodeMessage('RangeResponse', bytes)).toMatchObject({ count: 1 });
  });
});

describe('members', () => {
  it('are not added to a store that listens for none', async () => {
    const added = await ours(here('member add new --peer-urls http://127.0.0.1:1 --learner'));
    expect(added.error).toBe('etcdserver: unhealthy cluster');
    expect((await ours(here('member list'))).out.trim().split('\n')).toHaveLength(1);
    expect((await ours(here('member promote nothex'))).error).toContain('expecting ID in Hex');
  });

  it('are added, told of, and removed', async () => {
    const folder = await temporaryFolder();
    const peer = 'http://127.0.0.1:0';
    const args = [
      ...['--data-dir', folder.path, '--log-level', 'silent', '--listen-client-urls', peer],
      ...['--advertise-client-urls', peer, '--listen-peer-urls', peer],
    ];
    await runStore(args, async (url) => {
      const at = (line: string): string[] => [...line.split(' '), '--endpoints', url];
      const added = await ours(at('member add new --peer-urls http://127.0.0.1:1 --learner'));
      expect(added.error).toBeUndefined();
      const [, id] = /^Member +([0-9a-f]+) added to cluster cdf818194e3a8c32\n/.exec(added.out)!;
      expect(added.out).toContain('\n\nETCD_NAME="new"\nETCD_INITIAL_CLUSTER="');
      expect(added.out).toContain('new=http://127.0.0.1:1');
      expect(added.out).toContain('ETCD_INITIAL_CLUSTER_STATE="existing"\n');
      const update = `member update ${id} --peer-urls http://127.0.0.1:2`;
      expect((await ours(at(update))).out).toContain(`${id} updated in cluster cdf8`);
      expect((await ours(at('member list'))).out).toContain('http://127.0.0.1:2, , true');
      const promoted = await ours(at(`member promote ${id}`));
      expect(promoted.error).toContain('in sync with leader');
    });
    // Its data is of a member of several now: alone it could not reach the other.
    await expect(runStore(args.slice(0, -2))).rejects.toThrow('--listen-peer-urls');
    await runStore(args, async (url) => {
      const at = (line: string): string[] => [...line.split(' '), '--endpoints', url];
      const id = /^([0-9a-f]+), unstarted/m.exec((await ours(at('member list'))).out)![1];
      expect((await ours(at(`member remove ${id}`))).out).toContain(`${id} removed from cluster`);
      expect((await ours(at('member list'))).out.trim().split('\n')).toHaveLength(1);
    });
    await folder.remove();
  }, 60_000);
});

describe('passwords', () => {
  it('are typed unseen, twice where they are new', async () => {
    const different = await ours(here('user add root'), { typed: ['one', 'two'] });
    expect(different.error).toBe('given passwords are different');
    const added = await ours(here('user add root'), { typed: ['secret', 'secret'] });
    expect(added.out).toBe('User root created\n');
    expect(added.prompts).toEqual([
      'Password of root: ',
      'Type password of root again for confirmation: ',
    ]);
    await ours(here('user grant-role root root'));
    expect((await ours(here('user add certified --no-password'))).out).toContain('created');
    await ours(here('auth enable'));
    const asked = await ours(here('user list --user root'), { typed: ['secret'] });
    expect(asked.prompts).toEqual(['Password: ']);
    expect(asked.out).toContain('certified');
    const wrong = await ours(here('user list --user root'), { typed: ['wrong'] });
    expect(wrong.error).toContain('authentication failed');
    const piped = here('user passwd certified --interactive=false --user root:secret');
    expect((await ours(piped, { input: 'new\n' })).out).toBe('Password updated\n');
    await ours(here('auth disable --user root:secret'));
  });
});

describe('check', () => {
  it('judges throughput and latency, and leaves nothing behind', async () => {
    const { out } = await ours(here('check perf --load s --duration 1 --auto-compact'));
    expect(out).toMatch(/Throughput (is|too low:) \d+ writes\/s/);
    expect(out).toMatch(/Slowest request took .*s\n.*Stddev .*s\n(PASS|FAIL)\n$/);
    const left = await client.call('Range', { key: '/', range_end: '0', count_only: true });
    expect(left['count'] ?? '0').toBe('0');
    await client.call('Put', { key: '/etcdctl-check-perf/x', value: '' });
    expect((await ours(here('check perf --duration 1'))).error).toContain('has got keys');
    expect((await ours(here('check perf --load huge'))).error).toBe('unknown load option huge');
  });
});

describe('downgrade', () => {
  it('answers as etcd 3.6 does where there is nothing older to go to', async () => {
    const answers = {
      'validate 3.5': 'Downgrade validate success, cluster version 3.6\n',
      'validate 3.5.1': 'Downgrade validate success, cluster version 3.6\n',
      'validate 3.4': 'etcdserver: invalid downgrade target version',
      'validate v3.5': 'etcdserver: wrong downgrade target version format',
      'enable 3.5': 'etcdserver: invalid downgrade target version',
      cancel: 'Downgrade cancel success, cluster version 3.6\n',
      'cancel -w fields': 'fields not supported as output format',
    };
    for (const [line, answer] of Object.entries(answers)) {
      const { out, error } = await ours(here(`downgrade ${line}`));
      expect(error ?? out, line).toBe(answer);
    }
    const { out } = await ours(here('downgrade cancel -w json'));
    expect(JSON.parse(out)).toMatchObject({ header: { raft_term: 2 }, version: '3.6' });
  });
});

describe('defrag', () => {
  it('names who failed, and goes on with the others', async () => {
    const both = ['defrag', '--endpoints', `127.0.0.1:1,${server.address}`];
    const { out, error } = await ours(both);
    expect(error).toMatch(/^Failed to defragment etcd member\[127\.0\.0\.1:1\] \(.+\)$/);
    expect(out).toBe(`Finished defragmenting etcd member[${server.address}]\n`);
  });

  it('--data-dir gives back the space of a member that does not run', async () => {
    const folder = await temporaryFolder();
    const url = 'http://127.0.0.1:0';
    const args = [
      ...['--data-dir', folder.path, '--log-level', 'silent', '--listen-client-urls', url],
      ...['--advertise-client-urls', url],
    ];
    const defrag = (path: string) => ours(['defrag', '--data-dir', path]);
    const pair = { key: 'k', value: 'v'.repeat(100_000) };
    await runStore(args, async (url) => {
      const store = new RawClient(url.replace('http://', ''));
      for (let i = 0; i < 50; i++) await store.call('Put', pair);
      await store.call('Compact', { revision: 51, physical: true });
      store.close();
      expect((await defrag(folder.path)).error).toMatch(
        /^Failed to .* has this data directory open/,
      );
    });
    expect((await defrag(folder.path)).error).toBeUndefined();
    await runStore(args, async (url) => {
      const store = new RawClient(url.replace('http://', ''));
      expect((await store.call('Range', { key: 'k' }))['kvs']).toMatchObject([pair]);
      store.close();
    });
    expect((await defrag(`${folder.path}/none`)).error).toContain('no member has its data there');
    await folder.remove();
  }, 60_000);
});

describe('make-mirror', () => {
  it('copies what is there and what comes, under another prefix', async () => {
    const target = await startOurs();
    const mirrored = new RawClient(target.address);
    for (let i = 0; i < 300; i++) await client.call('Put', { key: `m/${i}`, value: String(i) });
    await client.call('Put', { key: 'other', value: 'x' });
    const termination = new AbortController();
    const line = `make-mirror ${target.address} --prefix m/ --dest-prefix copy/`;
    const mirroring = ours(here(line), { terminated: termination.signal });
    const all = { key: '\0', range_end: '\0' };
    const count = (expected: number): Promise<true> =>
      eventually(`${expected} pairs`, async () => {
        const { count } = await mirrored.call('Range', all);
        return Number(count ?? 0) === expected || undefined;
      });
    await count(300);
    await client.call('DeleteRange', { key: 'm/1', range_end: 'm/2' });
    await client.call('Put', { key: 'm/new', value: 'n' });
    const kept = await client.call('Range', { key: 'm/', range_end: 'm0' });
    await count(Number(kept['count']));
    const [pair] = (await mirrored.call('Range', { key: 'copy/new' }))['kvs'] as unknown[];
    expect(pair).toMatchObject({ value: 'n' });
    termination.abort();
    expect((await mirroring).error).toBeUndefined();
    mirrored.close();
    await target.stop();
  });
});
