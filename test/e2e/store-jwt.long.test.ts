/** Signed tokens (--auth-token jwt) of three members, of which the one that signed them is killed. */
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { RawClient } from '../conformance/store/raw-client.ts';
import { eventually, tool } from './harness.ts';
import { StoreCluster, type StoreProcess } from './store-cluster.ts';

const etcdctl = tool('etcdctl');

describe.skipIf(etcdctl === undefined)('a token of the leader', () => {
  let cluster: StoreCluster;
  const clients: RawClient[] = [];

  afterEach(async () => {
    for (const client of clients) client.close();
    await cluster.stop();
  });

  /** The flag that names a pair of keys, which is written. */
  async function signing(): Promise<string[]> {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const [pub, priv] = ['public', 'private'].map((name) => join(cluster.folder.path, name));
    await writeFile(pub!, publicKey);
    await writeFile(priv!, privateKey);
    const token = `jwt,pub-key=${pub},priv-key=${priv},sign-method=RS256,ttl=10m`;
    return ['--auth-token', token, '--bcrypt-cost', '4'];
  }

  async function ctl(line: string, members: readonly StoreProcess[]): Promise<string> {
    const args = [...line.split(' '), '--command-timeout=30s'];
    const { code, stdout, stderr } = await cluster.etcdctl(etcdctl!, args, members);
    if (code !== 0) throw new Error(`${line}: ${stdout}${stderr}`);
    return stdout;
  }

  function clientOf({ address }: StoreProcess, token?: string): RawClient {
    const client = new RawClient(address);
    if (token !== undefined) client.useToken(token);
    clients.push(client);
    return client;
  }

  it('is good at the others after the leader was killed, and at itself when it is back', async () => {
    cluster = await StoreCluster.plan(['a', 'b', 'c']);
    const flags = await signing();
    await cluster.start(cluster.members, flags);
    for (const line of [
      ...['user add root:r', 'user add ann:a', 'role add root', 'user grant-role root root'],
      ...['role add team', 'role grant-permission team readwrite team/ --prefix'],
      ...['user grant-role ann team', 'auth enable'],
    ])
      await ctl(line, cluster.members);
    const leader = await eventually('a leader', async () => {
      const line = 'endpoint status -w json --user root:r';
      const statuses = JSON.parse(await ctl(line, cluster.members)) as Awaited<
        ReturnType<StoreCluster['status']>
      >;
      const found = statuses.find(({ Status }) => Status.leader === Status.header.member_id);
      return cluster.members.find(({ address }) => address === found?.Endpoint);
    });
    const answer = await clientOf(leader).call('Authenticate', { name: 'ann', password: 'a' });
    const token = String(answer['token']);
    await clientOf(leader, token).call('Put', { key: 'team/a', value: '1' });

    await leader.end('SIGKILL');
    const others = cluster.members.filter((member) => member !== leader);
    for (const other of others) {
      const client = clientOf(other, token);
      await eventually(`${other.name} to write`, () =>
        client.call('Put', { key: 'team/a', value: other.name }),
      );
      expect(await client.refusal('Put', { key: 'theirs', value: 'x' })).toEqual({
        code: 7,
        details: 'etcdserver: permission denied',
      });
    }
    expect(await ctl('put team/b 2 --user ann:a', others)).toContain('OK');

    leader.start(cluster.initialCluster(), 'new', flags);
    await leader.ready();
    const again = clientOf(leader, token);
    const { kvs } = await again.call('Range', { key: 'team/b' });
    expect(kvs).toHaveLength(1);
    await again.call('Put', { key: 'team/c', value: '3' });
  }, 120_000);
});
