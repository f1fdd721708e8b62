import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, tool } from './harness.ts';
import { put, StoreCluster } from './store-cluster.ts';

const etcdctl = tool('etcdctl');

describe.skipIf(etcdctl === undefined)('three `wherry store` processes', () => {
  let cluster: StoreCluster;

  beforeAll(async () => {
    cluster = await StoreCluster.plan(['a', 'b', 'c']);
    await cluster.start();
  });
  afterAll(() => cluster.stop());

  it('form one cluster that all of them describe alike', async () => {
    const lists = await Promise.all(
      cluster.members.map((member) => cluster.etcdctl(etcdctl!, ['member', 'list'], [member])),
    );
    const [first, ...others] = lists.map(({ stdout }) => stdout);
    expect(first!.match(/, started, [abc], /g)).toHaveLength(3);
    for (const other of others) expect(other).toBe(first);
    const statuses = await cluster.status(etcdctl!);
    expect(new Set(statuses.map(({ Status }) => Status.leader)).size).toBe(1);
  });

  it('count what they say to each other, under the names of etcd', async () => {
    const [member] = cluster.members;
    const metrics = await eventually('round trips to be known', async () => {
      const text = await (await fetch(`http://${member!.address}/metrics`)).text();
      const counts = /^etcd_network_peer_round_trip_time_seconds_count\{To="\w+"\} [1-9]/gm;
      return text.match(counts)?.length === 2 ? text : undefined;
    });
    expect(
      metrics.match(/^etcd_network_active_peers\{Local="\w+",Remote="\w+"\} 1$/gm),
    ).toHaveLength(2);
    expect(metrics).toMatch(/^etcd_network_peer_sent_bytes_total\{To="\w+"\} [1-9]/m);
    expect(metrics).toMatch(/^etcd_network_peer_received_bytes_total\{From="\w+"\} [1-9]/m);
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
      const args = ['get', 'after', '--print-value-only'];
      const { stdout } = await cluster.etcdctl(etcdctl!, args, [leader]);
      return stdout.trim() === 'after';
    });
    expect(read).toBe(true);
    await kv.close();
  });

  it('refuse one whose data is lost, and it says what to do', async () => {
    const leader = await cluster.leader(etcdctl!);
    const lost = cluster.members.find((member) => member !== leader)!;
    await lost.end('SIGKILL');
    for (const [state, sentence] of [
      ['new', /^error: member \w+ has already been bootstrapped: .* remove the member from/m],
      ['existing', /^error: this member has confirmed entries up to \d+ and its log ends at \d:/m],
    ] as const) {
      await rm(lost.dataDir, { recursive: true, force: true });
      lost.start(cluster.initialCluster(), state);
      await eventually('it to end', async () => lost.hasExited || undefined);
      expect(lost.exitCode).toBe(1);
      expect(lost.output).toMatch(sentence);
    }
  });
});
