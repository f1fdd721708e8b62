import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, tool } from './harness.ts';
import { put, StoreCluster } from './store-cluster.ts';

const etcdctl = tool('etcdctl');

describe.skipIf(etcdctl === undefined)('three `wherry store` processes', () => {
  let cluster: StoreCluster;

  beforeAll(async () => {
    cluster = await StoreCluster.plan(['a', 'b', 'c']);
    for (const member of cluster.members) member.start(cluster.initialCluster());
    await Promise.all(cluster.members.map((member) => member.ready()));
  });
  afterAll(() => cluster.stop());

  it('form one cluster that all of them describe alike', async () => {
    const lists = await Promise.all(
      cluster.members.map(({ address }) =>
        cluster.etcdctl(etcdctl!, '--endpoints', address, 'member', 'list'),
      ),
    );
    const [first, ...others] = lists.map(({ stdout }) => stdout);
    expect(first!.match(/, started, [abc], /g)).toHaveLength(3);
    for (const other of others) expect(other).toBe(first);
    const statuses = await cluster.status(etcdctl!);
    expect(new Set(statuses.map(({ Status }) => Status.leader)).size).toBe(1);
  });

  it('go on when the leader is killed, and take it back', async () => {
    const kv = cluster.connect();
    await put(kv, 'before');
    const leader = await cluster.leader(etcdctl!);
    await leader.end('SIGKILL');
    await put(kv, 'after');
    leader.start(cluster.initialCluster());
    await leader.ready();
    const read = await eventually('the member to have caught up', async () => {
      const args = ['--endpoints', leader.address, 'get', 'after', '--print-value-only'];
      const { stdout } = await cluster.etcdctl(etcdctl!, ...args);
      return stdout.trim() === 'after';
    });
    expect(read).toBe(true);
    await kv.close();
  });
});
