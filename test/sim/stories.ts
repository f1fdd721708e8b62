/** What stories of clusters have in common: an elected leader, writes that go through, patience. */
import { expect } from 'vitest';
import { SimCluster, type ClusterOptions, type Host } from './cluster.ts';

export const bytes = (text: string): Buffer => Buffer.from(text);

/** A cluster that has elected a leader. */
export async function elected(
  members = 3,
  options: Omit<ClusterOptions, 'members'> = {},
): Promise<{ cluster: SimCluster; leader: Host; rest: Host[] }> {
  const cluster = new SimCluster(1, { members, ...options });
  for (const host of cluster.hosts) cluster.start(host);
  let leader: Host | undefined;
  await cluster.until(() => {
    void cluster.leader().then((host) => (leader = host));
    return leader !== undefined;
  }, 10_000);
  return { cluster, leader: leader!, rest: cluster.hosts.filter((host) => host !== leader) };
}

export async function put(cluster: SimCluster, host: Host, key: string): Promise<number> {
  const written = await cluster.outcome(host.member!.put({ key, value: bytes(key) }), 20_000);
  expect(written, `${key} to be written`).toBeDefined();
  return written!.revision;
}

/** What a cluster refuses for its quorum's sake it may grant a little later. */
export async function granted<T>(cluster: SimCluster, ask: () => Promise<T>): Promise<T> {
  const again = async (): Promise<T> => {
    for (;;) {
      const answer = await ask().catch(() => undefined);
      if (answer !== undefined) return answer;
      await cluster.time.sleep(200);
    }
  };
  const answer = await cluster.outcome(again(), 20_000);
  expect(answer, 'a change of the membership').toBeDefined();
  return answer!;
}

export async function newLeader(cluster: SimCluster, old: Host): Promise<Host> {
  let found: Host | undefined;
  await cluster.until(() => {
    void cluster.leader().then((host) => (found = host === old ? undefined : host));
    return found !== undefined;
  }, 20_000);
  expect(found, 'a new leader').toBeDefined();
  return found!;
}

/** All members that run are at the same revision. */
export const level = (cluster: SimCluster): boolean =>
  new Set(cluster.running.map(({ member }) => member!.head().revision)).size === 1;
