/** First members that find each other through a running store, ours and etcd. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../platform/logger.ts';
import { realClock } from '../../../platform/node/clock.ts';
import { sha1 } from '../../../platform/node/crypto/sha1.ts';
import { discoverCluster } from '../../../store/options/discovery.ts';
import { storeFlags, type StoreFlags } from '../../../store/options/flags.ts';
import { runStore } from '../../support/store-command.ts';
import { RawClient } from './raw-client.ts';
import { contenders, freePort, type TestServer } from './servers.ts';

const size = (token: string): string => `/_etcd/registry/${token}/_config/size`;

describe.each(contenders)('discovery through $name', ({ start }) => {
  let server: TestServer;
  let client: RawClient;
  let folder: string;
  beforeAll(async () => {
    server = await start();
    client = new RawClient(server.address);
    folder = await mkdtemp(join(tmpdir(), 'wherry-discovery-'));
  });
  afterAll(async () => {
    client.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const put = (key: string, value: string) => client.call('Put', { key, value });

  function discover(token: string, name: string, ...more: string[]) {
    const flags = storeFlags()
      .parse(
        [
          ...['--name', name, '--discovery-token', token],
          ...['--discovery-endpoints', `127.0.0.1:1,${server.address}`, ...more],
          ...['--initial-advertise-peer-urls', `http://${name}:2380,http://${name}:7001`],
        ],
        { from: 'user' },
      )
      .opts<StoreFlags>();
    const signal = new AbortController().signal;
    return discoverCluster({ flags, sha1, clock: realClock, logger: silentLogger, signal });
  }

  it('tells each of so many members of all, and nobody else', async () => {
    await put(size('three'), '3');
    const found = await Promise.all(['a', 'b', 'c'].map((name) => discover('three', name)));
    const urls = found[0]!.map(({ name, url }) => `${name}=${url}`);
    expect([...urls].sort()).toEqual(
      ['a', 'b', 'c'].flatMap((name) => [
        `${name}=http://${name}:2380`,
        `${name}=http://${name}:7001`,
      ]),
    );
    expect(found[1]).toEqual(found[0]);
    expect(found[2]).toEqual(found[0]);
    // Whoever lost its data finds the others again.
    expect(await discover('three', 'b')).toEqual(found[0]);
    await expect(discover('three', 'd')).rejects.toThrow(
      'failed to join discovery cluster (discovery: cluster is full)',
    );
  });

  it('is told a wrong token or size from the others', async () => {
    await expect(discover('none', 'a')).rejects.toThrow('(discovery: size key not found)');
    for (const [token, value] of [
      ['zero', '0'],
      ['many', 'many'],
    ] as const) {
      await put(size(token), value);
      await expect(discover(token, 'a')).rejects.toThrow('(discovery: size key is bad)');
    }
    await put(size('odd'), '1');
    await put('/_etcd/registry/odd/members/1', 'x=nowhere');
    await expect(discover('odd', 'a')).rejects.toThrow('(discovery: cluster is full)');
  });

  it('forms a cluster, whose members need no discovery to start anew', async () => {
    await put(size('two'), '2');
    const names = ['one', 'other'];
    const peers = new Map(
      await Promise.all(
        names.map(async (name) => [name, `http://127.0.0.1:${await freePort()}`] as const),
      ),
    );
    let serving: () => void = () => {};
    const run = async (endpoints: string) => {
      let ready = 0;
      const all = new Promise<void>((resolve) => (serving = resolve));
      const members: string[][] = [];
      const member = async (name: string): Promise<void> =>
        runStore(
          [
            ...['--name', name, '--data-dir', join(folder, name), '--log-level', 'silent'],
            ...['--listen-client-urls', 'http://127.0.0.1:0'],
            ...['--advertise-client-urls', 'http://127.0.0.1:0'],
            ...['--listen-peer-urls', peers.get(name)!],
            ...['--initial-advertise-peer-urls', peers.get(name)!],
            ...['--discovery-token', 'two', '--discovery-endpoints', endpoints],
          ],
          async (url) => {
            const body = JSON.stringify({});
            const list = await fetch(`${url}/v3/cluster/member/list`, { method: 'POST', body });
            const answer = (await list.json()) as { members: { name: string }[] };
            members.push(answer.members.map((each) => each.name).sort());
            if (++ready === names.length) serving();
            await all;
          },
        );
      await Promise.all(names.map(member));
      return members;
    };
    expect(await run(server.address)).toEqual([names, names]);
    expect(await run('127.0.0.1:1')).toEqual([names, names]);
  });

  it('asks as a user', async () => {
    await put(size('user'), '1');
    const auth = (method: string, request: Record<string, string>) => client.call(method, request);
    await auth('UserAdd', { name: 'root', password: 'pass:word' });
    await auth('RoleAdd', { name: 'root' });
    await auth('UserGrantRole', { user: 'root', role: 'root' });
    await auth('AuthEnable', {});
    const named = ['--discovery-user', 'root:pass:word'];
    expect(await discover('user', 'a', ...named)).toHaveLength(2);
    const apart = ['--discovery-user', 'root', '--discovery-password', 'pass:word'];
    expect(await discover('user', 'a', ...apart)).toHaveLength(2);
    await expect(discover('user', 'a', '--discovery-user', 'root:wrong')).rejects.toThrow(
      'authentication failed, invalid user ID or password',
    );
  });
});
